import { expect } from "vitest";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { KeyboardVisitor } from "./keyboard.ts";

test(
  "an admin reaches an account's changes of the last week and its earlier version in five keyboard steps",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    const { username, password, accessToken } = bellwire.signIn;
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

    await using page = await browser.newPage();
    const visitor = new KeyboardVisitor(page, bellwire.url);
    await visitor.signIn("/", { username, password });
    await visitor.start("/");
    const navigation = page.getByRole("navigation", { name: "Admin Portal" });
    await visitor.pressOn(navigation.getByRole("link", { name: "Accounts" }));
    await visitor.press("link", "Harbour & Sons");
    await visitor.press("link", "History");
    await visitor.choose("Time span", "Last 7");
    const renamed = page.getByRole("article").filter({ hasText: "Account updated" });
    await expect.poll(() => renamed.locator("del").allInnerTexts()).toEqual(["Harbour"]);
    expect(await renamed.locator("ins").allInnerTexts()).toEqual(["Harbour & Sons"]);
    await renamed.getByText("admin (access token)").waitFor();
    expect(page.url()).toContain("span=week");

    const created = page.getByRole("article").filter({ hasText: "Account created" });
    await visitor.pressOn(created.getByRole("button", { name: "As it was then" }));
    await page.getByLabel("Fields").getByText("Harbour", { exact: true }).first().waitFor();
  },
);
