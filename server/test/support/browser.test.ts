import { createServer } from "node:http";
import { expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";

test("the test browser runs a page's script and renders text with a font", async () => {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(page)).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`);
    await expect.poll(() => tab.textContent("#made")).toBe("made by a script");
    const [narrow, wide] = await Promise.all(
      ["i", "w"].map(async (id) => (await tab.locator(`#${id}`).boundingBox())?.width),
    );
    expect(wide).toBeGreaterThan(narrow ?? Infinity); // without a font, every letter is the same empty box
    expect((await tab.screenshot()).subarray(1, 4).toString()).toBe("PNG");
  } finally {
    await browser.close();
    server.close();
  }
});

const page = `<!doctype html><span id="i">iiii</span> <span id="w">wwww</span>
  <p id="made"></p><script>document.querySelector("#made").textContent = "made by a script"</script>`;
