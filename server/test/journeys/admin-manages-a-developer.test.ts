import type { Page } from "playwright-core";
import { expect } from "vitest";
import { runBellwire } from "../support/run-bellwire.ts";
import { openWithinPortal } from "./keyboard.ts";
import { test } from "../support/test-of-starts.ts";

const switchLabel = "Actions in the admin portal also trigger webhooks";

test(
  "changes by an admin send webhooks only while admin actions are enabled",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    const { username, password } = bellwire.signIn;
    await using page = await browser.newPage();
    await page.goto(`${bellwire.url}/p/admin/accounts`);
    await page.fill("[name=username]", username);
    await page.fill("[name=password]", password);
    await page.click("button[type=submit]");
    await createAccount(page);

    await chooseAction(page, "Make pending");
    await page.getByRole("dialog").getByRole("button", { name: "Make pending" }).click();
    await page.getByText("The account was updated").waitFor();
    await inviteUser(page);
    for (const viewport of [
      { width: 1280, height: 720 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(viewport);
      expect(await pageHeight(page)).toBe(viewport.height);
      await expect.poll(() => isInside(page, "The invitation is ready, but no mail server sends it")).toBe(true);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByText("Pending", { exact: true }).first().waitFor();
    await openWithinPortal(page, "/p/admin/deliveries");
    await page.getByText("Nothing has been sent yet").waitFor();

    await openWithinPortal(page, "/p/admin/webhooks/edit");
    await page.getByLabel(switchLabel).check();
    await page.getByRole("button", { name: "Save webhook settings" }).click();
    await page.getByText("The webhook settings were saved").waitFor();

    await openWithinPortal(page, "/p/admin/accounts");
    await page.getByRole("link", { name: "Harbour & Sons" }).click();
    await chooseAction(page, "Approve");
    await page.getByText("Approved", { exact: true }).waitFor();
    await chooseAction(page, "Suspend");
    await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
    await page.getByText("Suspended", { exact: true }).waitFor();

    await openWithinPortal(page, "/p/admin/deliveries");
    const rows = page.getByRole("row").filter({ hasText: "Account updated" }).filter({ hasText: "Delivered" });
    await expect.poll(() => rows.count()).toBe(2);
  },
);

async function createAccount(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.fill("[name=org_name]", "Harbour & Sons");
  await page.fill("[name=username]", "mira");
  await page.fill("[name=password]", "correct-horse-12");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.locator("[name=email]:focus:invalid").waitFor();
  await page.fill("[name=email]", "mira@harbour.example");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "Harbour & Sons" }).waitFor();
}

/** Invites a user and leaves the confirmation visible. */
async function inviteUser(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Invite a user" }).click();
  await page.fill("[name=email]", "nora@harbour.example");
  await page.getByRole("button", { name: "Send invitation" }).click();
  await page.getByText("nora@harbour.example").waitFor();
  await page.getByText("The invitation is ready, but no mail server sends it").waitFor();
}

/** Returns the height of the page, which a confirmation lies over and does not shrink. */
const pageHeight = async (page: Page): Promise<number | undefined> =>
  (await page.locator(".pf-v6-c-page").boundingBox())?.height;

/** Returns true if a text is within the window. */
async function isInside(page: Page, text: string): Promise<boolean> {
  const box = await page.getByText(text).boundingBox();
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  return box !== null && box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height;
}

async function chooseAction(page: Page, title: string): Promise<void> {
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: title, exact: true }).click();
}
