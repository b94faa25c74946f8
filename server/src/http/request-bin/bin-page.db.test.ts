import Fastify from "fastify";
import { expect } from "vitest";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createBin, createOwnBins, deleteBin, readBin } from "#request-bin/index.ts";
import { buildAttempt, buildSender } from "../../../test/support/build-attempts.ts";
import { binsUrl as publicUrl, buildBinNeeds, viewPath } from "../../../test/support/build-bin-needs.ts";
import { buildProvider } from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";
import { requestBinPlugin } from "./index.ts";

const evil = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='taken over'</script>";

async function makeBin(database: Pool) {
  const providerId = await buildProvider(database);
  return database.inTransaction((tx) => createBin(tx, { providerId }));
}

async function openServer(pool: Pool) {
  const http = Fastify();
  http.register(async (interfaces) => {
    addFindProviderHook(interfaces, { pool, clock: systemClock, baseDomain: undefined });
    await interfaces.register(requestBinPlugin(buildBinNeeds(pool)));
  });
  return http;
}

test("an open page shows new requests, and its controls work without a reload", async ({ browser, database }) => {
  const bin = await makeBin(database);
  await using http = await openServer(database);
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  await using sender = buildSender({ ownBins: createOwnBins({ pool: database, isOurs: () => true }) });
  await using page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));

  await page.goto(`${at}${viewPath(bin)}`);
  await page.getByRole("heading", { name: "Waiting for your first webhook" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();

  const url = `${publicUrl}/bins/${bin.id}`;
  await sender.send(buildAttempt({ url }));
  await page.locator("#request-1 .title", { hasText: "account.created" }).waitFor();
  await page.locator("#request-1").getByText("Signature valid").waitFor();
  expect(await page.getByText("Waiting for your first webhook").isVisible()).toBe(false);
  await sender.send(buildAttempt({ url, body: Buffer.from(evil), contentType: "text/html" }));
  await page.locator("#body-2", { hasText: "onerror" }).waitFor();
  expect(await page.locator(".request").evaluateAll((all) => all.map(({ id }) => id))).toEqual([
    "request-2",
    "request-1",
  ]);

  await page.getByRole("button", { name: "500" }).click();
  await page.locator('button[value="500"][aria-pressed="true"]').waitFor();
  expect(await readBin(database, bin)).toMatchObject({ answerStatus: 500 });
  expect(await page.title()).toBe("(2) Request bin | Bellwire");
  expect(errors).toEqual([]);

  await database.query("update bins set requests_caught = 12345 where id = $1", [bin.id]);
  await page.reload();
  await page.getByRole("heading", { name: "Received 12,345" }).waitFor();
  await sender.send(buildAttempt({ url }));
  await page.getByRole("heading", { name: "Received 12,346" }).waitFor();
});

test("an open page keeps the newest requests open, and those that the user works with", async ({
  browser,
  database,
}) => {
  const bin = await makeBin(database);
  await using http = await openServer(database);
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  await using sender = buildSender({ ownBins: createOwnBins({ pool: database, isOurs: () => true }) });
  await using page = await browser.newPage();
  await page.goto(`${at}${viewPath(bin)}`);
  await page.getByText("Live", { exact: true }).waitFor();
  const body = Buffer.from("line\n".repeat(200));
  for (let number = 1; number <= 8; number += 1) {
    await sender.send(buildAttempt({ url: `${publicUrl}/bins/${bin.id}`, body, contentType: "text/plain" }));
    await page.locator(`#request-${number}`).waitFor();
    if (number === 2) await page.locator("#request-2 .number + .title").dblclick(); // closes and opens it
  }
  const open = page.locator(".request:has(> details[open])");
  expect(await open.evaluateAll((all) => all.map(({ id }) => id))).toEqual([
    "request-8",
    "request-7",
    "request-6",
    "request-2",
  ]);
});

test("JSON that is no list of rules is reported in words, and stays in the editor", async ({ browser, database }) => {
  const bin = await makeBin(database);
  await using http = await openServer(database);
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  await using page = await browser.newPage();
  await page.goto(`${at}${viewPath(bin)}`);
  await page.getByText("Scripted responses").click();
  await page.getByRole("button", { name: "Edit as JSON" }).click();
  for (const json of ["[null]", '{"answers": 5}']) {
    await page.getByLabel("Rules as JSON").fill(json);
    await page.getByRole("button", { name: "Edit in a form" }).click();
    await page.getByText("The form cannot show this JSON.").waitFor();
    expect(await page.getByLabel("Rules as JSON").inputValue()).toBe(json);
  }
  await page.getByRole("button", { name: "Save rules" }).click();
  await page.getByText("The list of rules must be array").waitFor();
});

test("times are the provider's, as in the Admin Portal, whatever the browser's locale and zone", async ({
  browser,
  database,
}) => {
  const bin = await makeBin(database);
  await database.query("update providers set time_zone = 'Asia/Tokyo' where id = $1", [bin.providerId]);
  await using http = await openServer(database);
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  await database.query("update bin_requests set received_at = '2026-03-01T15:42:10.123Z' where bin_id = $1", [bin.id]);
  await using page = await browser.newPage({ locale: "en-US", timezoneId: "America/New_York" });
  await page.goto(`${at}${viewPath(bin)}`);
  const time = page.locator("#request-1 time");
  await expect.poll(() => time.textContent()).toBe("2 Mar 2026, 00:42:10.123");
  expect(await time.getAttribute("title")).toBe("2 Mar 2026, 00:42:10 GMT+9");
});

test("an open page links to requests that it removed, and reports the deletion of its bin", async ({
  browser,
  database,
}) => {
  const bin = await makeBin(database);
  await using http = await openServer(database);
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  const post = () => http.inject({ method: "POST", url: `/bins/${bin.id}` });
  for (let n = 0; n < 60; n += 1) await post();
  await using page = await browser.newPage();
  await page.goto(`${at}${viewPath(bin)}`);
  await page.getByText("Live", { exact: true }).waitFor();
  const older = page.getByRole("link", { name: "Older" });
  expect(await older.getAttribute("href")).toBe(viewPath(bin, "", { before: "11" }));

  for (let n = 60; n < 220; n += 1) await post();
  await page.locator("#request-220").waitFor();
  expect(await page.locator(".request").count()).toBe(200);
  expect(await older.getAttribute("href")).toBe(`${at}${viewPath(bin, "", { before: "21" })}`);

  await database.inTransaction((tx) => deleteBin(tx, bin));
  await page.getByText("This bin was deleted").waitFor();
});
