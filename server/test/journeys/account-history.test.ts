import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";

const wait = { timeout: 15_000 };

test(
  "five clicks lead to the changes of an account in the last week, and to its former version",
  { timeout: 240_000 },
  async () => {
    await using folder = await makeDataDir();
    await using bellwire = await startBellwire({ dataDir: folder.path });
    const { username, password, accessToken } = await readSignIn(folder.path);
    const send = async (method: string, path: string, values: object): Promise<unknown> => {
      const answer = await fetch(`${bellwire.url}/admin/api/${path}.json`, {
        method,
        headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
        body: JSON.stringify(values),
      });
      expect(answer.ok).toBe(true);
      return answer.json();
    };
    const signedUp = await send("POST", "signup", { org_name: "Harbour", username: "mira" });
    const { account } = Object(signedUp);
    await send("PUT", `accounts/${account.id}`, { org_name: "Harbour & Sons" });

    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${bellwire.url}/p/admin/`);
      await page.fill("[name=username]", username);
      await page.fill("[name=password]", password);
      await page.click("button[type=submit]");

      let clicks = 0;
      const click = async (target: Locator): Promise<void> => {
        clicks += 1;
        await target.click(wait);
      };
      await click(page.getByRole("navigation", { name: "Admin Portal" }).getByRole("link", { name: "Accounts" }));
      await click(page.getByRole("link", { name: "Harbour & Sons" }));
      await click(page.getByRole("link", { name: "History" }));
      clicks += 1; // opens the select
      await page.getByLabel("Time span").selectOption("week");
      const renamed = page.getByRole("article").filter({ hasText: "Account updated" });
      await expect.poll(() => renamed.locator("del").allInnerTexts(), wait).toEqual(["Harbour"]);
      expect(await renamed.locator("ins").allInnerTexts()).toEqual(["Harbour & Sons"]);
      await renamed.getByText("admin (access token)").waitFor(wait);
      expect(page.url()).toContain("span=week");

      const created = page.getByRole("article").filter({ hasText: "Account created" });
      await click(created.getByRole("button", { name: "As it was then" }));
      await page.getByLabel("Fields").getByText("Harbour", { exact: true }).first().waitFor(wait);
      expect(clicks).toBeLessThanOrEqual(5);
    } finally {
      await browser.close();
    }
  },
);
