import type { Page } from "playwright-core";
import { expect } from "vitest";
import { type BellwireApi, itemsAt, sendRequest, valueAt } from "../chaos/api-client.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { KeyboardVisitor } from "./keyboard.ts";

/** More than two pages of the list. */
const piers = 120;

/** Signs accounts up, all of whose names begin with "Pier", and one other. */
async function signUpMany(api: BellwireApi): Promise<readonly number[]> {
  const ids: number[] = [];
  const names = [...Array.from({ length: piers }, (_, at) => `Pier ${at + 1}`), "Quay Books"];
  for (const [at, name] of names.entries()) {
    const username = `captain-${at}`;
    const form = { org_name: name, username, email: `${username}@example.com` };
    const { body } = await sendRequest(api, "POST", "/admin/api/signup.json", form);
    ids.push(Number(valueAt(body, "account", "id")));
  }
  return ids;
}

/** Reads all pages of a list of the Bellwire API. */
async function readAll(api: BellwireApi, path: string): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for (let after: unknown = ""; typeof after === "string";) {
    const { body } = await sendRequest(
      api,
      "GET",
      `${path}&limit=200${after && `&after=${encodeURIComponent(after)}`}`,
    );
    rows.push(...itemsAt(body, "data"));
    after = valueAt(body, "next");
  }
  return rows;
}

const countIn = async (api: BellwireApi, state: string): Promise<number> => {
  const { body } = await sendRequest(api, "GET", `/api/v1/accounts/matching?state=${state}`);
  return itemsAt(body, "data").length;
};

/** Loses the response to the second request of a bulk operation, which the server has processed. */
async function loseSecondResponse(page: Page): Promise<{ readonly sizes: readonly number[] }> {
  const sizes: number[] = [];
  await page.route("**/api/v1/accounts/bulk", async (route) => {
    sizes.push(itemsAt(route.request().postDataJSON(), "ids").length);
    if (sizes.length !== 2) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  return { sizes };
}

test(
  "an operation reaches all accounts that match on three pages, once each, although a response is lost",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using bellwire = await runBellwire(databaseUrl);
    const { username, password, accessToken: token } = bellwire.signIn;
    const api = { url: bellwire.url, token };
    const [deleted = 0, renamed = 0, ...others] = await signUpMany(api);
    const approvals = async () => (await readAll(api, "/api/v1/mails?q=approved")).length;
    expect(await approvals()).toBe(0);
    const createdBefore = await countIn(api, "created");
    await using page = await browser.newPage();
    const visitor = new KeyboardVisitor(page, bellwire.url);
    await visitor.signIn("/accounts?query=pier", { username, password });

    await visitor.start("/accounts?query=pier");
    await page.getByRole("checkbox", { name: "Select all accounts on this page" }).press("Space");
    await page.getByText("The 50 accounts on this page are selected.").waitFor();
    await visitor.press("button", `Select all ${piers} accounts that match`);
    await page.getByText(`All ${piers} accounts that match are selected.`).waitFor();
    await visitor.seesFocus(page.getByRole("button", { name: "Clear selection" }));
    await visitor.press("button", `With ${piers} selected`);
    await visitor.press("menuitem", "Approve");
    await page.getByRole("heading", { name: `Approve: ${piers} accounts` }).waitFor();

    // A colleague changes two of them while the person reads the confirmation.
    await sendRequest(api, "DELETE", `/admin/api/accounts/${deleted}.json`);
    await sendRequest(api, "PUT", `/admin/api/accounts/${renamed}.json`, { org_name: "Mole" });
    const { sizes } = await loseSecondResponse(page);
    await visitor.press("button", "Approve");

    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "23 accounts were approved" }).waitFor();
    await dialog.getByText("The response about 25 accounts was lost").waitFor();
    await dialog.getByText("70 accounts were not tried.").waitFor();
    await dialog.getByText("Not found.").waitFor();
    await dialog.getByText("Pier 2", { exact: true }).waitFor();
    await dialog.getByText("This no longer matches the filter, so it was not changed.").waitFor();
    expect(await countIn(api, "approved")).toBe(48);
    await visitor.press("button", "Continue with 95 accounts");
    await dialog.getByRole("heading", { name: "93 accounts were approved" }).waitFor();
    await dialog.getByText("25 accounts were approved already.").waitFor();
    expect(sizes).toEqual([25, 25, 25, 25, 25, 20]);
    await page.keyboard.press("Escape");
    await visitor.seesFocus(page.getByRole("main"));

    // Only those, and each of them once.
    expect(await countIn(api, "approved")).toBe(others.length - 1);
    expect(await countIn(api, "created")).toBe(createdBefore - others.length);
    expect(await approvals()).toBe(others.length - 1);
    await page.unroute("**/api/v1/accounts/bulk");

    await visitor.start("/accounts?query=pier&state=approved");
    await page.getByText(`${piers - 2} accounts`, { exact: true }).waitFor();
    await page.getByRole("checkbox", { name: "Select all accounts on this page" }).press("Space");
    await visitor.press("button", `Select all ${piers - 2} accounts that match`);
    await visitor.press("button", `With ${piers - 2} selected`);
    await visitor.press("menuitem", "Suspend");
    await page.getByRole("heading", { name: `Suspend: ${piers - 2} accounts` }).waitFor();
    // The second request waits until the person has stopped.
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    let requests = 0;
    await page.route("**/api/v1/accounts/bulk", async (route) => {
      requests += 1;
      if (requests === 2) await stopped;
      return route.continue();
    });
    await visitor.press("button", "Suspend");
    await page.getByText(`25 of ${piers - 2}`, { exact: true }).waitFor();
    await visitor.seesFocus(page.getByRole("button", { name: "Stop" }));
    await page.keyboard.press("Enter");
    await page.getByText("Stopping…").waitFor();
    resolve();
    await dialog.getByRole("heading", { name: "50 accounts were suspended" }).waitFor();
    await dialog.getByText(`${piers - 52} accounts were not tried.`).waitFor();
    expect(await countIn(api, "suspended")).toBe(50);
  },
);
