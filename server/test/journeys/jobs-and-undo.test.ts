import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { type BellwireApi, ask, itemsAt, valueAt } from "../chaos/ask-bellwire.ts";
import { launchBrowser } from "../support/browser.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { startReceiver } from "../support/receiver.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const wait = { timeout: 15_000 };
const accounts = 4;

/** Counts the clicks of a journey, so that it stays short. */
function countClicks(page: Page) {
  let clicks = 0;
  return {
    click: async (role: "button" | "link" | "tab" | "menuitem", name: string | RegExp) => {
      clicks += 1;
      await page.getByRole(role, { name }).last().click(wait);
    },
    count: () => clicks,
  };
}

/** Makes an endpoint without retries whose receiver refuses everything, and signs accounts up. */
async function failAll(api: BellwireApi, url: string): Promise<number> {
  const settings = { name: "crm", url, all_actors: true, event_types: ["account.created"], retry_waits_seconds: [] };
  const made = await ask(api, "POST", "/api/v1/endpoints", { ...settings, provider_actions: true });
  expect(made.status).toBe(201);
  for (let number = 0; number < accounts; number += 1) {
    const form = { org_name: `Quay ${number}`, username: `quay${number}`, email: `quay${number}@example.com` };
    expect(await ask(api, "POST", "/admin/api/signup.json", form)).toMatchObject({ status: 201 });
  }
  await until(async () => {
    const { body } = await ask(api, "GET", "/api/v1/failures");
    return itemsAt(body, "data").length === accounts;
  });
  return Number(valueAt(made.body, "id"));
}

test(
  "failures are retried as a job, exported, deleted and brought back in at most five clicks each",
  { timeout: 240_000 },
  async () => {
    await using folder = await makeDataDir();
    await using receiver = await startReceiver(500);
    await using bellwire = await startBellwire({ dataDir: folder.path });
    const { username, password, accessToken: token } = await readSignIn(folder.path);
    const api = { url: bellwire.url, token };
    const endpointId = await failAll(api, receiver.url);
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${bellwire.url}/p/admin/failures?endpoint_id=${endpointId}`);
      await page.fill("[name=username]", username);
      await page.fill("[name=password]", password);
      await page.click("button[type=submit]");

      const deletion = countClicks(page);
      await deletion.click("button", "More");
      await deletion.click("menuitem", `Delete ${accounts} failures…`);
      await page.getByRole("dialog").getByText(`This applies to ${accounts} failures`).waitFor(wait);
      await deletion.click("button", `Delete ${accounts} failures`);
      await page.getByText("No failures of this endpoint").waitFor(wait);
      await deletion.click("button", "Undo");
      await page.getByText("The failures are on the list again").waitFor(wait);
      expect(deletion.count()).toBeLessThanOrEqual(5);

      const exporting = countClicks(page);
      await exporting.click("tab", "List");
      await exporting.click("button", "With all failures");
      await exporting.click("menuitem", "Export failures…");
      await exporting.click("button", `Export ${accounts} failures`);
      const downloading = page.waitForEvent("download", wait);
      await exporting.click("link", /^Download CSV/);
      const file = await (await downloading).path();
      const rows = parse<Record<string, string>>(await readFile(file, "utf8"), { columns: true });
      expect(rows.map((row) => row["error"])).toEqual(Array.from({ length: accounts }, () => "Answered 500"));
      expect(exporting.count()).toBeLessThanOrEqual(5);

      const narrowing = countClicks(page);
      await page.goto(`${bellwire.url}/p/admin/failures?view=list&endpoint_id=${endpointId}`);
      await narrowing.click("button", "Time: Any time");
      await narrowing.click("button", "Yesterday");
      await page.getByText("No failures match these filters").waitFor(wait);
      await narrowing.click("button", /^Time: /);
      await narrowing.click("button", "Last 24 hours");
      await page.getByText(`${accounts} failures`, { exact: true }).waitFor(wait);
      await narrowing.click("button", "Retry all failures…");
      await page.getByRole("dialog").getByText(`This applies to ${accounts} failures`).waitFor(wait);
      await page.keyboard.press("Escape");
      expect(narrowing.count()).toBeLessThanOrEqual(5);

      receiver.answer(200);
      const retrying = countClicks(page);
      await retrying.click("tab", "By cause");
      await retrying.click("button", `Retry ${accounts} failures…`);
      await page.getByRole("dialog").getByText(`This applies to ${accounts} failures`).waitFor(wait);
      await retrying.click("button", `Retry ${accounts} failures`);
      await page.getByText(`${accounts} failures retried`).first().waitFor(wait);
      await page.getByText("No failures of this endpoint").waitFor(wait);
      expect(retrying.count()).toBeLessThanOrEqual(5);
      const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
      await until(() => receiver.received.length === 2 * accounts);
      expect(new Set(ids).size).toBe(accounts);

      const undoing = countClicks(page);
      await page.goto(`${bellwire.url}/p/admin/endpoints/${endpointId}`);
      await undoing.click("button", "Delete");
      await page.getByRole("dialog").waitFor(wait);
      await undoing.click("button", "Delete");
      await undoing.click("button", "Undo");
      await page.getByText("The endpoint crm is back").waitFor(wait);
      await page.getByRole("link", { name: "crm", exact: true }).first().waitFor(wait);
      expect(undoing.count()).toBeLessThanOrEqual(5);
    } finally {
      await browser.close();
    }
  },
);
