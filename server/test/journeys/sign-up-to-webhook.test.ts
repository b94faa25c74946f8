import type { Page } from "playwright-core";
import { expect } from "vitest";
import { setUp } from "../portal/portal-fixture.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";
import { test } from "../support/test.ts";

test(
  "a sign-up's three webhooks appear live on the deliveries page and in the bin",
  { timeout: 240_000 },
  async ({ browser }) => {
    await using folder = await makeDataDir();
    await using bellwire = await startBellwire({ dataDir: folder.path });
    const { binViewUrl, username, password } = await readSignIn(folder.path);
    await using bin = await browser.newPage();
    await bin.goto(binViewUrl);
    await bin.getByText("Waiting for your first webhook").waitFor();

    await using admin = await browser.newPage();
    await admin.goto(`${bellwire.url}/p/admin/deliveries`);
    await admin.fill("[name=username]", username);
    await admin.fill("[name=password]", password);
    await admin.click("button[type=submit]");
    await admin.getByRole("heading", { name: "Deliveries", exact: true }).waitFor();

    await using developer = await browser.newPage();
    await signUp(developer, bellwire.url);
    await developer.getByText("3 webhooks sent").waitFor();

    for (const label of ["Account created", "User created", "Application created"]) {
      const row = admin.getByRole("row").filter({ hasText: label });
      await row.filter({ hasText: "Delivered" }).waitFor();
    }
    const caught = bin.locator("summary .title");
    await expect.poll(() => caught.allInnerTexts()).toHaveLength(3);
    const newestFirst = (await caught.allInnerTexts()).map((text) => /(\w+)\.created/.exec(text)?.[1]);
    expect(newestFirst).toEqual(["application", "user", "account"]);
    expect(await bin.getByText("Signature valid").count()).toBe(3);
  },
);

test("a key that the browser does not copy is selected instead", async ({ browser, database }) => {
  await setUp(database);
  await using server = await openWebServer(database);
  const at = await server.http.listen({ port: 0, host: "127.0.0.1" });
  await using page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))");
  await signUp(page, at);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Selected" }).waitFor();
  expect(await page.evaluate("getSelection().toString()")).toBe(await page.locator("input.key").inputValue());
  expect(complaints).toEqual([]);
});

async function signUp(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/signup`);
  await page.fill("[name=org_name]", "Harbour & Sons");
  await page.fill("[name=username]", "mira");
  await page.fill("[name=email]", "mira@harbour.example");
  await page.fill("[name=password]", "correct-horse-12");
  await page.fill("[name=password_confirmation]", "correct-horse-12");
  await page.click("button[type=submit]");
  await page.waitForURL(/\/applications\/\d+/);
}
