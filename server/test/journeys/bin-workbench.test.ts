import { expect } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import type { Pool } from "#platform/database/database.ts";
import { createBin, createOwnBins, readBin } from "#request-bin/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { adminCookie } from "../support/admin-cookie.ts";
import { buildAttempt, buildSender } from "../support/build-attempts.ts";
import { findViolations } from "../support/find-violations.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { startReceiver } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import { test } from "../support/test.ts";

/** Does to the page what leaving its tab or returning to it does, which the browser of a test cannot. Text, because it runs in the page. */
const setHidden = (page: Page, isHidden: boolean): Promise<unknown> =>
  page.evaluate(`Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"))`);

/** Signs the browser in as an admin of the provider. */
async function signIn(context: BrowserContext, cookie: string, url: string): Promise<void> {
  const [name = "", value = ""] = cookie.split("=");
  await context.addCookies([{ name, value, url }]);
}

/** Serves the page of a new bin. */
async function serveBin(database: Pool) {
  const { provider } = await setUp(database);
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  const server = await openWebServer(database, {});
  const at = await server.http.listen({ port: 0, host: "127.0.0.1" });
  const viewUrl = `${at}/bins/${bin.id}/view?key=${bin.viewKey}`;
  return { bin, viewUrl, http: server.http, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("an admin scripts a bin's responses, and searches, compares, forwards and shares its requests", async ({
  browser,
  database,
}) => {
  const { provider } = await setUp(database);
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  await using receiver = await startReceiver(204);
  await using server = await openWebServer(database, { publicUrl: "http://bins.example" });
  const at = await server.http.listen({ port: 0, host: "127.0.0.1" });
  await using sender = buildSender({ ownBins: createOwnBins({ pool: database, isOurs: () => true }) });
  const deliver = (body: string) =>
    sender.send(
      buildAttempt({
        url: `http://bins.example/bins/${bin.id}`,
        body: Buffer.from(body),
        contentType: "application/json",
        headers: { authorization: "Bearer 5ec2e7" },
      }),
    );
  await using context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await signIn(context, (await adminCookie(database, provider.id)).cookie, at);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${at}/bins/${bin.id}/view`);

  await page.getByText("Give it a name").click();
  await page.getByLabel("Name of the bin").fill("long ".repeat(100));
  await page.getByRole("button", { name: "Save", exact: true }).first().click();
  await page.getByRole("link", { name: "Back to the bin" }).waitFor();
  await page.reload(); // sends nothing again: the browser would refuse to, without a person who agrees
  await page.getByText("Give it a name").click();
  await page.getByLabel("Name of the bin").fill("Billing tests");
  await page.getByRole("button", { name: "Save", exact: true }).first().click();
  await page.getByRole("heading", { name: "Billing tests" }).waitFor();

  await page.getByText("Scripted responses").click();
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rule = page.getByRole("group", { name: "Rule 1" });
  await rule.getByLabel("Name").fill("Outage");
  await rule.getByLabel("Event type is").fill("account.*");
  await rule.getByLabel("Headers, one a line").fill("retry-after: 5");
  await rule.getByLabel("Status").fill("99");
  await page.getByRole("button", { name: "Save rules" }).click();
  expect(await readBin(database, bin)).toMatchObject({ answerRules: [] }); // the browser refuses the status
  await rule.getByLabel("Status").fill("503");
  await rule.getByRole("button", { name: "Add a response" }).click();
  expect(await findViolations(page)).toEqual([]);
  const isReloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Save rules" }).click();
  await isReloaded;
  expect(await readBin(database, bin)).toMatchObject({
    name: "Billing tests",
    answerRules: [
      {
        name: "Outage",
        event_type: "account.*",
        answers: [{ status: 503, headers: { "retry-after": "5" } }, { status: 200 }],
      },
    ],
  });

  await page.getByText("Live", { exact: true }).waitFor();
  expect(await deliver('{"type":"account.created","plan":"basic"}')).toMatchObject({ status: 503 });
  // A hidden tab gives up its connection, and shows later requests once it is shown again.
  await setHidden(page, true);
  await page.getByText("Paused", { exact: true }).waitFor();
  expect(await deliver('{"type":"account.created","plan":"gold"}')).toMatchObject({ status: 200 });
  await setHidden(page, false);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.locator("#request-1 .badge", { hasText: "Responded 503" }).waitFor();
  await page.locator("#request-2 .notes", { hasText: "200, by rule Outage" }).waitFor();

  await page.locator("#request-1 .pick input").check();
  await page.locator("#request-2 .pick input").check();
  await page.getByRole("button", { name: "Compare two selected" }).click();
  await page.locator("ins", { hasText: '"plan": "gold"' }).waitFor();
  expect(await page.locator("del").allTextContents()).toContain('  "plan": "basic"');
  expect(await findViolations(page)).toEqual([]);
  await page.getByRole("link", { name: "Back to the bin" }).click();

  await page.getByLabel("Search requests").fill("GOLD");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await page.getByRole("heading", { name: "Requests with “GOLD”" }).waitFor();
  expect(await page.locator(".request").count()).toBe(1);
  expect(new URL(page.url()).searchParams.get("q")).toBe("GOLD");
  const forward = page.locator("#request-2 .more > details", { hasText: "Forward now" });
  await forward.locator("summary").click();
  await forward.getByLabel("URL to forward request 2 to").fill("http://10.0.0.1/");
  await forward.getByRole("button", { name: "Forward now" }).click();
  await page.getByText("10.0.0.1, which is not a public address").waitFor();
  await forward.getByLabel("URL to forward request 2 to").fill(receiver.url);
  await forward.getByRole("button", { name: "Forward now" }).click();
  await page.locator("#request-2 .notes", { hasText: "Forwarded: 204" }).waitFor();
  expect(receiver.received.map(({ body }) => body)).toEqual(['{"type":"account.created","plan":"gold"}']);
  // The form stays for another try, also with the keyboard.
  expect(await forward.getByLabel("URL to forward request 2 to").inputValue()).toBe(receiver.url);
  await forward.getByRole("button", { name: "Forward now" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await until(() => receiver.received.length === 2);

  await page.getByRole("link", { name: "Back to the newest" }).click();
  await page.locator("#sharing > summary").click();
  await page.getByRole("button", { name: "Create link" }).click();
  const shared = new URL(await page.locator("#share-url").innerText());
  await using stranger = await browser.newPage();
  await stranger.goto(`${at}${shared.pathname}${shared.search}`);
  await stranger.getByText("You are viewing a shared bin").waitFor();
  expect(await stranger.content()).not.toMatch(new RegExp(`5ec2e7|${bin.viewKey}`));
  expect(await findViolations(stranger)).toEqual([]);
  await page.getByRole("link", { name: "Back to the bin" }).click();
  await page.locator("#sharing > summary").click();
  await page.getByRole("button", { name: /^Revoke/ }).click();
  await stranger.getByText("This link has expired").waitFor();
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await findViolations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test("rules have the numbers of their places, and the keyboard keeps its place when one moves or goes", async ({
  browser,
  database,
}) => {
  await using served = await serveBin(database);
  await using page = await browser.newPage();
  await page.goto(served.viewUrl);
  await page.getByText("Scripted responses").click();
  const rule = (number: number) => page.getByRole("group", { name: `Rule ${number}`, exact: true });
  const namesInOrder = () =>
    page.locator(".rule").evaluateAll((rules) => rules.map((each) => each.querySelector("input")?.value));
  for (const [place, name] of ["first", "second", "third"].entries()) {
    await page.getByRole("button", { name: "Add a rule" }).click();
    await rule(place + 1)
      .getByLabel("Name")
      .fill(name);
  }

  await rule(3).getByRole("button", { name: "Move up" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  expect(await namesInOrder()).toEqual(["third", "first", "second"]);
  expect(await rule(1).getByLabel("Name").inputValue()).toBe("third");

  await rule(2).getByRole("button", { name: "Remove rule" }).focus();
  await page.keyboard.press("Enter");
  expect(await rule(2).getByLabel("Name").inputValue()).toBe("second");
  await page.keyboard.press("Enter"); // on the rule in its place
  expect(await namesInOrder()).toEqual(["third"]);
  await page.keyboard.press("Enter");
  expect(await namesInOrder()).toEqual([]);
  await page.keyboard.press("Enter"); // on "Add a rule"
  expect(await rule(1).getByLabel("Name").getAttribute("placeholder")).toBe("Rule 1");
});

test("rules that could not be sent stay, and the page says so without a reload", async ({ browser, database }) => {
  await using served = await serveBin(database);
  await using page = await browser.newPage();
  await page.goto(served.viewUrl);
  await page.getByText("Scripted responses").click();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByRole("group", { name: "Rule 1" }).getByLabel("Name").fill("Outage");
  await page.route("**/rules*", (route) => route.abort());
  await page.getByRole("button", { name: "Save rules" }).click();
  await page.getByText("The server cannot be reached. Check your connection and save again.").waitFor();
  await page.unroute("**/rules*");
  const isReloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Save rules" }).click();
  await isReloaded;
  expect(await readBin(database, served.bin)).toMatchObject({ answerRules: [{ name: "Outage" }] });
});

test("seven shown windows of a browser load, and all show a new request", async ({ browser, database }) => {
  await using served = await serveBin(database);
  await using context = await browser.newContext();
  const windows: Page[] = [];
  // Without a limit, six streams would be all connections that the browser opens.
  for (let number = 0; number < 7; number += 1) {
    const page = await context.newPage();
    await page.goto(served.viewUrl);
    await page.getByText("Live", { exact: true }).waitFor();
    windows.push(page);
  }
  await served.http.inject({ method: "POST", url: `/bins/${served.bin.id}`, payload: "{}" });
  await Promise.all(windows.map((page) => page.locator("#request-1").waitFor()));
  const states = await Promise.all(windows.map((page) => page.locator("#live-says").innerText()));
  expect(states).toEqual([...Array(3).fill("Refreshing every 3 seconds"), ...Array(4).fill("Live")]);
});

test("the last response that was chosen is the one that a bin has and shows, and a lost choice is reported", async ({
  browser,
  database,
}) => {
  await using served = await serveBin(database);
  await using page = await browser.newPage();
  await page.goto(served.viewUrl);
  const sent: string[] = [];
  const first = Promise.withResolvers<void>();
  await page.route("**/answer*", async (route) => {
    sent.push(route.request().postData() ?? "");
    if (sent.length === 1) await first.promise;
    return route.continue();
  });
  const choice = (name: string) => page.getByRole("button", { name, exact: true });
  await choice("500").click();
  await choice("503").click();
  await choice("404").click();
  await expect.poll(() => sent).toEqual(["status=500"]);
  first.resolve();
  await page.locator('button[value="404"][aria-pressed="true"]').waitFor();
  expect(await page.locator(".answer button[aria-pressed=true]").allInnerTexts()).toEqual(["404", "0 s"]);
  expect(await readBin(database, served.bin)).toMatchObject({ answerStatus: 404 });

  await page.unroute("**/answer*");
  await page.route("**/answer*", (route) => route.abort());
  await choice("410").click();
  await page.getByRole("alert").filter({ hasText: "Check your connection and choose again." }).waitFor();
  await page.unroute("**/answer*");
  await choice("410").click();
  await page.locator('button[value="410"][aria-pressed="true"]').waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("a bin's page is live again after its server was away, and lacks no request", async ({ browser, database }) => {
  await using served = await serveBin(database);
  await using page = await browser.newPage();
  await page.clock.install();
  await page.goto(served.viewUrl);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.route("**/bins/**", (route) => route.fulfill({ status: 502 }));
  await setHidden(page, true);
  await page.clock.fastForward(1000);
  await page.getByText("Paused", { exact: true }).waitFor();
  await setHidden(page, false);
  await page.getByText("No connection", { exact: true }).waitFor();
  // More than the newest page has.
  for (let number = 1; number <= 120; number += 1) {
    await served.http.inject({ method: "POST", url: `/bins/${served.bin.id}`, payload: "{}" });
  }
  await page.unroute("**/bins/**");
  await page.clock.fastForward(3000);
  await page.getByText("Refreshing every 3 seconds", { exact: true }).waitFor();
  const shown = await page
    .locator(".request")
    .evaluateAll((all) => all.map(({ dataset }) => Number(dataset["number"])));
  expect(shown).toEqual(Array.from({ length: 120 }, (_, place) => 120 - place));
  await page.clock.fastForward(3000);
  await page.getByText("Live", { exact: true }).waitFor();
});

test("a page that stays open over midnight in the provider's zone names the day of earlier requests", async ({
  browser,
  database,
}) => {
  await using served = await serveBin(database);
  await database.query("update providers set time_zone = 'Pacific/Kiritimati'");
  await served.http.inject({ method: "POST", url: `/bins/${served.bin.id}`, payload: "{}" });
  await database.query("update bin_requests set received_at = '2028-02-29T09:00:00Z'");
  await using page = await browser.newPage({ timezoneId: "Pacific/Pago_Pago" });
  await page.clock.install({ time: "2028-02-29T09:30:00Z" });
  await page.goto(served.viewUrl);
  const receivedAt = (text: string) => page.locator(".request").getByText(text, { exact: true }).first().waitFor();
  await receivedAt("23:00:00.000");
  await page.clock.fastForward(31 * 60_000);
  await receivedAt("29 Feb 2028, 23:00:00.000");
});
