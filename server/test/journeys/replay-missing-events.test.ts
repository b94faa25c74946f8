import { expect } from "vitest";
import { sendRequest } from "../chaos/api-client.ts";
import { findViolations } from "../support/find-violations.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { openWithinPortal } from "./keyboard.ts";
import { test } from "../support/test-of-starts.ts";

test(
  "an admin previews a replay, starts it, and sees it finish",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    const { username, password, accessToken } = bellwire.signIn;
    // Changes by a token are not sent while admin actions are disabled.
    const form = { org_name: "Harbour & Sons", username: "mira", email: "mira@harbour.example" };
    const api = { url: bellwire.url, token: accessToken };
    expect(await sendRequest(api, "POST", "/admin/api/signup.json", form)).toMatchObject({ status: 201 });
    await using page = await browser.newPage();
    await page.goto(`${bellwire.url}/p/admin/endpoints`);
    await page.fill("[name=username]", username);
    await page.fill("[name=password]", password);
    await page.click("button[type=submit]");
    await page.getByRole("link", { name: "default", exact: true }).click();
    await page.getByRole("tab", { name: "Deliveries" }).click();
    await page.getByRole("button", { name: "Replay…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("There is nothing to send").waitFor();
    await dialog.getByLabel("Events to send").selectOption("missing");
    await dialog.getByText("3 deliveries: 3 never sent").waitFor();
    expect(await findViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Send 3 deliveries" }).click();
    await page.getByText("Last replay: done").waitFor();

    await openWithinPortal(page, "/p/admin/deliveries");
    const delivered = page.getByRole("row").filter({ hasText: "Harbour & Sons" }).filter({ hasText: "Delivered" });
    await expect.poll(() => delivered.count()).toBe(3);
  },
);
