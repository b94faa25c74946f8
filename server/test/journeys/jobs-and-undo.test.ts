import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import type { Locator } from "playwright-core";
import { expect } from "vitest";
import { type BellwireApi, sendRequest, itemsAt, valueAt } from "../chaos/api-client.ts";
import { startReceiver } from "../support/receiver.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { until } from "../support/until.ts";
import { test } from "../support/test-of-starts.ts";
import { KeyboardVisitor } from "./keyboard.ts";

const accounts = 4;

/** Creates an endpoint without retries whose receiver refuses every request, and signs accounts up. */
async function failAll(api: BellwireApi, url: string): Promise<number> {
  const settings = { name: "crm", url, all_actors: true, event_types: ["account.created"], retry_waits_seconds: [] };
  const created = await sendRequest(api, "POST", "/api/v1/endpoints", { ...settings, provider_actions: true });
  expect(created.status).toBe(201);
  for (let number = 0; number < accounts; number += 1) {
    const form = { org_name: `Quay ${number}`, username: `quay${number}`, email: `quay${number}@example.com` };
    expect(await sendRequest(api, "POST", "/admin/api/signup.json", form)).toMatchObject({ status: 201 });
  }
  await until(async () => {
    const { body } = await sendRequest(api, "GET", "/api/v1/failures");
    return itemsAt(body, "data").length === accounts;
  });
  return Number(valueAt(created.body, "id"));
}

/** Returns the number of lines that the items of a toolbar take. */
const linesOf = (toolbar: Locator): Promise<number> =>
  toolbar.evaluate(({ children }) => {
    const starts = [...children].map((item) => item.getBoundingClientRect().left);
    return starts.filter((start, at) => start <= (starts[at - 1] ?? Infinity)).length;
  });

test(
  "failures are retried as a job, exported, deleted and restored in five keyboard steps each",
  { timeout: 240_000 },
  async ({ browser, databaseUrl }) => {
    await using receiver = await startReceiver(500);
    await using bellwire = await runBellwire(databaseUrl);
    const { username, password, accessToken: token } = bellwire.signIn;
    const api = { url: bellwire.url, token };
    const endpointId = await failAll(api, receiver.url);
    await using page = await browser.newPage();
    const visitor = new KeyboardVisitor(page, bellwire.url);
    await visitor.signIn(`/failures?endpoint_id=${endpointId}`, { username, password });

    await visitor.start(`/failures?endpoint_id=${endpointId}`);
    await visitor.press("button", "More");
    await visitor.press("menuitem", `Delete ${accounts} failures…`);
    await page.getByRole("dialog").getByText(`This applies to ${accounts} failures`).waitFor();
    await visitor.press("button", `Delete ${accounts} failures`);
    await page.getByText("No failures of this endpoint").waitFor();
    await visitor.press("button", /^Undo/);
    await page.getByText(`${accounts} failures are on the list again`).waitFor();

    await visitor.start(`/failures?endpoint_id=${endpointId}`);
    await visitor.press("tab", "List");
    await page.setViewportSize({ width: 1366, height: 768 }); // of small laptops
    expect(await linesOf(page.locator(".bellwire-filter-bar .pf-v6-c-toolbar__content-section").first())).toBe(1);
    await visitor.press("button", "With all failures");
    await visitor.press("menuitem", "Export failures…");
    await visitor.press("button", `Export ${accounts} failures`);
    const downloading = page.waitForEvent("download");
    await visitor.press("link", /^Download CSV/);
    const file = await (await downloading).path();
    const rows = parse<Record<string, string>>(await readFile(file, "utf8"), { columns: true });
    expect(rows.map((row) => row["error"])).toEqual(Array.from({ length: accounts }, () => "Answered 500"));

    await visitor.start(`/failures?view=list&endpoint_id=${endpointId}`);
    await visitor.press("button", "Time: Any time");
    await visitor.press("button", "Yesterday");
    await page.getByText("No failure matches these filters").waitFor();
    await visitor.press("button", /^Time: /);
    await visitor.press("button", "Last 24 hours");
    await page.getByText(`${accounts} failures`, { exact: true }).waitFor();
    await visitor.press("button", "Retry all failures…");
    await page.getByRole("dialog").getByText(`This applies to ${accounts} failures`).waitFor();
    await page.keyboard.press("Escape");

    receiver.answer(200);
    await visitor.start(`/failures?endpoint_id=${endpointId}`);
    await visitor.press("tab", "By cause");
    await visitor.press("button", `Retry ${accounts} failures…`);
    await page.getByRole("dialog").getByText(`This applies to ${accounts} failures`).waitFor();
    await visitor.press("button", `Retry ${accounts} failures`);
    await page.getByText(`${accounts} failures retried`).first().waitFor();
    await page.getByText("No failures of this endpoint").waitFor();
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
    await until(() => receiver.received.length === 2 * accounts);
    expect(new Set(ids).size).toBe(accounts);

    await visitor.start(`/endpoints/${endpointId}`);
    await visitor.press("button", "Delete");
    await page.getByRole("dialog").waitFor();
    await visitor.press("button", "Delete");
    await visitor.press("button", "Undo");
    await page.getByText("The endpoint crm is back").waitFor();
    await page.getByRole("link", { name: "crm", exact: true }).first().waitFor();
  },
);
