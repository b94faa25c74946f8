import { expect } from "vitest";
import { findViolations } from "../support/find-violations.ts";
import { startReceiver } from "../support/receiver.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";

test(
  "an admin creates an endpoint for a chat program, which offers alerts only, and tests it",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    await using chat = await startReceiver();
    await using page = await browser.newPage();
    await page.goto(`${bellwire.url}/p/admin/endpoints/new`);
    await page.fill("[name=username]", bellwire.signIn.username);
    await page.fill("[name=password]", bellwire.signIn.password);
    await page.click("button[type=submit]");
    await page.fill("#name", "On call");
    await page.fill("#url", `${chat.url}/s3cret`);
    await page.selectOption("#format", "chat");
    await page.getByLabel("Endpoint recovered").uncheck();
    expect(await page.getByLabel("Account created").count()).toBe(0);
    expect(await page.getByText("Include credentials").count()).toBe(0);
    expect(await findViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Create endpoint" }).click();
    await page.getByRole("heading", { name: "On call" }).waitFor();

    await page.getByRole("tab", { name: "Test" }).click();
    await page.getByLabel("Test event").selectOption("endpoint.disabled");
    await page.getByRole("button", { name: "Send test event" }).click();
    await page.getByText("/… responded with 200").waitFor();
    expect(chat.received.map(({ body }) => JSON.parse(body))).toEqual([
      { text: expect.stringContaining("🔴 Endpoint disabled: `sample`") },
    ]);
    expect(await page.getByLabel("Test event").locator("option").count()).toBe(4);
    expect(await page.content()).not.toContain("s3cret");
    await page.getByRole("tab", { name: "Settings" }).click();
    expect(await page.locator("#format").locator("option").allTextContents()).toHaveLength(3);
    expect(await page.getByLabel("Endpoint recovered").isChecked()).toBe(false);
  },
);
