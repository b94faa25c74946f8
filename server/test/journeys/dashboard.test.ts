import type { Page } from "playwright-core";
import { expect } from "vitest";
import { findViolations } from "../support/find-violations.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { openWithinPortal } from "./keyboard.ts";
import { signUpByForm } from "./sign-up-over-http.ts";

/** 300 kB, with headers, for everything that the browser loads after the sign-in. */
const firstPageBytesMax = 300_000;

/** A menu and a dialog without an edge cannot be told from the text that they cover. Text, because it runs in the page. */
const menuEdge = `getComputedStyle(document.querySelector(".pf-v6-c-menu")).outlineStyle`;

/** Text, because it runs in the page. */
const colouredSwatches = `[...document.querySelectorAll(".bellwire-swatch")].filter(
  (each) => getComputedStyle(each).forcedColorAdjust === "none").length`;
const currentLinkBorder = `getComputedStyle(document.querySelector("nav a[aria-current=page]")).borderInlineStartWidth`;

test(
  "the dashboard counts real deliveries, leads to them, and loads within 300 kB",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    const signIn = bellwire.signIn;
    const fields = { org_name: "Harbour & Sons", username: "mira", email: "mira@harbour.example", motto: "", nick: "" };
    expect((await signUpByForm(bellwire.url, fields)).isAccepted).toBe(true);
    await using page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${bellwire.url}/p/login`);
    const bytes = await countBytes(page);
    await page.fill("[name=username]", signIn.username);
    await page.fill("[name=password]", signIn.password);
    // Without the pointer: a link below it would load its page in advance.
    await page.press("[name=password]", "Enter");
    await page.getByRole("heading", { name: "Failure causes" }).waitFor();
    await page.waitForLoadState("load");
    await page.getByRole("slider", { name: "Attempts per hour by outcome" }).waitFor();
    const { sum, list } = bytes();
    expect(sum).toBeGreaterThan(100_000);
    expect(sum, list).toBeLessThan(firstPageBytesMax);

    await page.getByRole("button", { name: "1 h", exact: true }).click();
    await page.waitForURL(/\?span=1h$/);
    // Attempts are counted a few seconds after they ended, and the page follows by itself.
    await page.getByRole("link", { name: "3 attempts: 2xx" }).waitFor();
    for (const name of ["3 Delivered", "Harbour & Sons"]) {
      await expect.poll(() => page.getByRole("link", { name }).count()).toBe(1);
    }

    await page.getByRole("button", { name: "Attempts per minute by outcome as a table" }).click();
    const table = page.getByRole("grid", { name: "Attempts per minute by outcome" });
    await table.getByRole("row").nth(1).waitFor();
    await expect.poll(() => findViolations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => findViolations(page, { rules: ["color-contrast"] })).toEqual([]);
    await page.emulateMedia({ forcedColors: "active" });
    expect(await page.evaluate(colouredSwatches), "legends that keep their colours").toBeGreaterThan(1);
    expect(await page.evaluate(currentLinkBorder)).toBe("4px");
    await page.getByRole("button", { name: "Help", exact: true }).click();
    await page.getByRole("menuitem", { name: "API Docs" }).waitFor();
    expect(await page.evaluate(menuEdge)).toBe("solid");
    await page.keyboard.press("Escape");
    await page.emulateMedia({ forcedColors: "none" });

    await page.getByRole("link", { name: "3 Delivered" }).click();
    await page.waitForURL(/\/deliveries\?.*state=/);
    const rows = page.getByRole("row").filter({ hasText: "Delivered" });
    await expect.poll(() => rows.count()).toBe(3);

    await openWithinPortal(page, "/p/admin/endpoints");
    await page.getByText("Healthy").waitFor();
    await page.getByRole("img", { name: "Last hour: 3 delivered, 0 failed" }).waitFor();
    await page.getByRole("link", { name: "default" }).click();
    await page.getByRole("slider", { name: "Response time" }).waitFor();
    expect(await findViolations(page)).toEqual([]);
  },
);

/**
 * Counts the bytes that a page receives from now on, compressed and with headers. A file or an API read that is repeated, as
 * live updates repeat them while a busy machine still draws the page, counts once.
 */
async function countBytes(page: Page): Promise<() => { sum: number; list: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const targets = new Map<string, string>();
  const sizes = new Map<string, number>();
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    const { pathname, searchParams } = new URL(request.url);
    for (const moving of ["since", "until"]) searchParams.delete(moving);
    targets.set(requestId, `${request.method} ${pathname}?${searchParams.toString()}`);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const target = targets.get(requestId) ?? requestId;
    sizes.set(target, Math.max(encodedDataLength, sizes.get(target) ?? 0));
  });
  return () => ({
    sum: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    list: [...sizes].map(([target, size]) => `${size} ${target}`).join("\n"),
  });
}
