import { setTimeout as wait } from "node:timers/promises";
import Fastify from "fastify";
import { expect, vi } from "vitest";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import { systemClock } from "#platform/clock.ts";
import { createBin, createOwnBins, deleteBin, listBinRequests, readBin, updateBin } from "#request-bin/index.ts";
import { adminCookie } from "../../../test/support/admin-cookie.ts";
import { buildAttempt, buildSender } from "../../../test/support/build-attempts.ts";
import {
  binsUrl as publicUrl,
  buildBinNeeds,
  testSigningSecret,
  viewPath,
} from "../../../test/support/build-bin-needs.ts";
import { buildProvider } from "../../../test/support/build-webhooks.ts";
import { test as base } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { requestBinPlugin } from "./index.ts";

const test = base
  .extend("bin", async ({ database }) => {
    const providerId = await buildProvider(database);
    return database.inTransaction((tx) => createBin(tx, { providerId }));
  })
  .extend("renderings", () => ({ count: 0, concurrent: 0, concurrentMax: 0 }))
  .extend("http", async ({ database, bin, renderings }, { onCleanup }) => {
    expect(bin.requestsCaught).toBe(0); // creates the bin and its provider first
    const http = Fastify();
    http.register(async (scope) => {
      addFindProviderHook(scope, { pool: database, clock: systemClock, baseDomain: undefined });
      await scope.register(
        requestBinPlugin(
          buildBinNeeds(database, {
            secretsOfBin: async () => {
              // Called once in each rendering, for some milliseconds, so that concurrent renderings would overlap.
              renderings.count += 1;
              renderings.concurrent += 1;
              renderings.concurrentMax = Math.max(renderings.concurrentMax, renderings.concurrent);
              await wait(10);
              renderings.concurrent -= 1;
              return [testSigningSecret];
            },
          }),
        ),
      );
    });
    onCleanup(() => http.close());
    return http;
  });

test.for(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND", "REPORT", "PURGE"] as const)(
  "a bin accepts %s, with and without a body",
  async (method, { http, bin, database }) => {
    const body = Buffer.from("hello");
    const request = { method, url: `/bins/${bin.id}?a=b?c` };
    expect((await http.inject(request)).statusCode).toBe(200);
    expect((await http.inject({ ...request, body })).statusCode).toBe(200);
    const { requests } = await listBinRequests(database, { ...bin, binId: bin.id });
    const same = { method, path: `/bins/${bin.id}`, query: "a=b?c" };
    expect(requests).toMatchObject([
      { ...same, body },
      { ...same, body: Buffer.alloc(0) },
    ]);
  },
);

test.for([
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "nonsense",
  undefined,
])("a bin accepts bytes that do not match their content type %s", async (contentType, { http, bin, database }) => {
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const body = Buffer.from([123, 0, 255]);
  expect((await http.inject({ method: "POST", url: `/bins/${bin.id}`, headers, body })).statusCode).toBe(200);
  expect((await listBinRequests(database, { ...bin, binId: bin.id })).requests).toMatchObject([{ body }]);
});

test("a bin responds with its configured status and delay", async ({ http, bin, database }) => {
  await database.inTransaction((tx) => updateBin(tx, bin, { answerStatus: 503, answerDelayMs: 30 }));
  const startedMs = performance.now();
  expect((await http.inject({ method: "POST", url: `/bins/${bin.id}` })).statusCode).toBe(503);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(29);
});

test("a body of more than 1 MiB is refused with 413", async ({ http, bin, database }) => {
  for (const method of ["POST", "GET"] as const) {
    const answer = await http.inject({ method, url: `/bins/${bin.id}`, body: Buffer.alloc(1024 * 1024 + 1) });
    expect(answer.statusCode).toBe(413);
  }
  expect((await listBinRequests(database, { ...bin, binId: bin.id })).requests).toEqual([]);
});

test("every URL of a bin that does not exist returns 404", async ({ http }) => {
  const deletedBin = "/bins/aaaaaaaaaaaaaaaaaaaaaaaaaa";
  for (const url of [
    deletedBin,
    `${deletedBin}/view`,
    `${deletedBin}/view/stream`,
    `${deletedBin}/view/requests/1/body`,
  ]) {
    expect((await http.inject({ url })).statusCode).toBe(404);
  }
  expect((await http.inject({ method: "POST", url: `${deletedBin}/view/answer` })).statusCode).toBe(404);
});

test("the 404 page of a bin links to the Admin Portal", async ({ http }) => {
  const { body } = await http.inject({ url: "/bins/nothing/view" });
  expect(body).toContain("This bin does not exist");
  expect(body).toContain('<a href="/">Home</a>');
});

test("the receiving URL accepts a browser's request and does not link to received requests", async ({
  http,
  bin,
  database,
}) => {
  const answer = await http.inject({ url: `/bins/${bin.id}`, headers: { accept: "text/html,*/*;q=0.8" } });
  expect([answer.statusCode, answer.headers.location]).toEqual([200, undefined]);
  expect(answer.body).not.toContain(bin.viewKey);
  expect((await listBinRequests(database, { ...bin, binId: bin.id })).requests).toHaveLength(1);
});

test("the page of an empty bin explains how to send a request", async ({ http, bin }) => {
  const page = await http.inject({ url: viewPath(bin) });
  expect(page.body).toContain("Waiting for your first webhook");
  expect(page.body).toContain(`curl ${publicUrl}/bins/${bin.id} -d hello=world`);
});

test("the page shows event type, attempt and signature check of each request", async ({ http, bin, database }) => {
  await using sender = buildSender({ ownBins: createOwnBins({ pool: database, isOurs: () => true }) });
  const url = `${publicUrl}/bins/${bin.id}`;
  await sender.send(buildAttempt({ url, body: Buffer.from("<event><type>account</type></event>"), attempt: 2 }));
  await sender.send(buildAttempt({ url, secrets: ["whsec_AAAA"] }));
  await http.inject({ method: "POST", url: `/bins/${bin.id}`, body: "hello=world" });
  const { body: page } = await http.inject({ url: viewPath(bin) });
  const [, third = "", second = "", first = ""] = page.split(`<div class="card request"`);
  expect(first).toContain("account.created");
  expect(first).toContain("Attempt 2");
  expect(first).toContain("Signature valid");
  expect(first).toContain("&lt;event&gt;\n  &lt;type&gt;account&lt;/type&gt;\n&lt;/event&gt;");
  expect(second).toContain("Signature invalid");
  expect(third).toContain("Not signed");
});

test.for([
  [{ answers: [{ status: 99 }] }, "Rule 1, response 1, status must be >= 200"],
  [
    { path_starts_with: "orders", answers: [{ status: 500 }] },
    expect.stringMatching(/^Rule 1, path starts with is not valid\. Matches the beginning of the path/),
  ],
  [
    { answers: [{ status: 500 }, { status: 500, headers: { "set-cookie": "x" } }] },
    expect.stringMatching(/^Rule 1, response 2, headers may not contain "set-cookie"/),
  ],
] as const)("the error of a rule of a bin is in the words of its page: %j", async ([rule, sentence], { http, bin }) => {
  const answer = await http.inject({
    method: "POST",
    url: viewPath(bin, "/rules"),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams({ rules: JSON.stringify([rule]) }).toString(),
  });
  expect([answer.statusCode, answer.json().errors]).toEqual([422, [sentence]]);
});

test("received text is escaped in the page", async ({ http, bin, database }) => {
  const { cookie } = await adminCookie(database, bin.providerId);
  const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
  await http.inject({
    method: "POST",
    url: `/bins/${bin.id}?${evil}`,
    headers: {
      "content-type": evil,
      "bellwire-event-type": evil,
      "bellwire-attempt": evil,
      "webhook-id": evil,
      "x-evil": evil,
    },
    body: evil,
  });
  const page = await http.inject({ url: viewPath(bin), headers: { cookie } });
  expect(page.body).not.toContain("<script>alert");
  expect(page.body).not.toContain("<img src=x");
  expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
  expect(page.headers["content-security-policy"]).not.toContain("unsafe-inline");
  const saved = await http.inject({ url: viewPath(bin, "/requests/1/body"), headers: { cookie } });
  expect(saved.body).toBe(evil);
  expect(saved.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="request-1"`,
    "x-content-type-options": "nosniff",
  });
});

test("the page of a busy bin links to older requests", async ({ http, bin }) => {
  for (let n = 0; n < 52; n += 1) await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  const numbersOn = async (url: string) =>
    [...(await http.inject({ url })).body.matchAll(/id="request-(\d+)"/g)].map(([, number]) => Number(number));
  const first = await numbersOn(viewPath(bin));
  expect([first.length, first.at(0), first.at(-1)]).toEqual([50, 52, 3]);
  expect(await numbersOn(viewPath(bin, "", { before: "3" }))).toEqual([2, 1]);
});

test("bodies with too many differences to align are listed one after the other, with an explanation", async ({
  http,
  bin,
}) => {
  const linesOf = (word: string) => Array.from({ length: 300 }, (_, line) => `${word} ${line}`).join("\n");
  for (const payload of [linesOf("first"), linesOf("other")])
    await http.inject({ method: "POST", url: `/bins/${bin.id}`, payload });
  const { body } = await http.inject({ url: viewPath(bin, "/compare", { from: "2", to: "1" }) });
  expect(body).toContain("Up to 500 lines of #2 are listed, then up to 500 of #1.");
  expect([body.match(/class="removed"/g)?.length, body.match(/class="added"/g)?.length]).toEqual([300, 300]);
  expect(body.lastIndexOf('class="removed"')).toBeLessThan(body.indexOf('class="added"'));
});

test("a configured response without a control is shown as an additional choice", async ({ http, bin, database }) => {
  await database.inTransaction((tx) => updateBin(tx, bin, { answerStatus: 418, answerDelayMs: 1500 }));
  const { body } = await http.inject({ url: viewPath(bin) });
  expect(body).toMatch(/value="418"[^>]* aria-pressed="true"[^>]*>418</);
  expect(body).toMatch(/value="1500" aria-pressed="true">1\.5 s</);
});

test("the page's controls change the bin's response", async ({ http, bin, database }) => {
  const send = (payload: string, headers = {}) =>
    http.inject({
      method: "POST",
      url: viewPath(bin, "/answer"),
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      payload,
    });
  const changed = await send("status=500", { "sec-fetch-site": "same-origin" });
  expect([changed.statusCode, changed.headers.location]).toEqual([303, viewPath(bin)]);
  await send("delay_ms=2000");
  expect(await readBin(database, bin)).toMatchObject({ answerStatus: 500, answerDelayMs: 2000 });

  for (const invalid of ["status=199", "status=600", "status=abc", "delay_ms=120001", "delay_ms=-1"]) {
    expect((await send(invalid)).statusCode).toBe(422);
  }
  expect((await send("status=200", { "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
  expect((await send("status=200", { origin: "https://evil.example" })).statusCode).toBe(403);
  expect(await readBin(database, bin)).toMatchObject({ answerStatus: 500, answerDelayMs: 2000 });
});

/** Reads server-sent events until the end of the test. */
async function readStream(url: string, headers = {}) {
  const over = new AbortController();
  const response = await fetch(url, { headers, signal: over.signal });
  let text = "";
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  return {
    contentType: response.headers.get("content-type"),
    numbers: () =>
      [...text.matchAll(/^id: (\d+)\nevent: request\ndata: \{"number":\1,"html":"/gm)].map(([, number]) =>
        Number(number),
      ),
    data: () => (text.match(/^data: .*$/gm) ?? []).join(""),
    ended: reading,
    [Symbol.dispose]: () => over.abort(),
  };
}

test("a stream sends each request as it arrives and resumes after the last id", async ({ http, bin }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  const post = () => http.inject({ method: "POST", url: `/bins/${bin.id}`, body: "a\r\nb" });
  await post();
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  expect(stream.contentType).toBe("text/event-stream");
  await until(() => stream.numbers().length === 1);
  await post();
  await post();
  await until(() => stream.numbers().length === 3);
  expect(stream.numbers()).toEqual([1, 2, 3]);
  using later = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`, { "last-event-id": "2" });
  await until(() => later.numbers().length === 1);
  expect(later.numbers()).toEqual([3]);
});

test("a stream skips no request of a backlog that is larger than one read", async ({ http, bin }) => {
  for (let n = 0; n < 52; n += 1) await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await until(() => stream.numbers().at(-1) === 52);
  expect(stream.numbers()).toEqual(Array.from({ length: 52 }, (_, place) => place + 1));
});

test("viewers of one bin with the same rights share one rendering of a request", async ({
  http,
  bin,
  database,
  renderings,
}) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  const url = `${at}${viewPath(bin, "/stream", { after: "0" })}`;
  const { cookie } = await adminCookie(database, bin.providerId);
  using first = await readStream(url);
  using second = await readStream(url);
  using admin = await readStream(url, { cookie });
  await http.inject({
    method: "POST",
    url: `/bins/${bin.id}`,
    headers: { "content-type": "application/json" },
    payload: '{"password":"hunter2"}',
  });
  await until(() => [first, second, admin].every((stream) => stream.numbers().length === 1));
  expect(renderings.count).toBe(2); // one with masked credentials, one for the admin
  expect(first.data()).toBe(second.data());
  expect(first.data()).not.toContain("hunter2");
  expect(admin.data()).toContain("hunter2");
});

test("streams of several bins render one request at a time", async ({ http, bin, database, renderings }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  const other = await database.inTransaction((tx) => createBin(tx, bin));
  for (const { id } of [bin, other, bin, other]) await http.inject({ method: "POST", url: `/bins/${id}`, body: "a" });
  using first = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  using second = await readStream(`${at}${viewPath(other, "/stream", { after: "0" })}`);
  await until(() => first.numbers().length === 2 && second.numbers().length === 2);
  expect(renderings).toMatchObject({ count: 4, concurrentMax: 1 });
});

test("deleting a bin ends its streams", async ({ http, bin, database }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await database.inTransaction((tx) => deleteBin(tx, bin));
  await stream.ended;
  expect((await http.inject({ url: viewPath(bin, "/stream", { after: "0" }) })).statusCode).toBe(404);
});

test("a stream sends a new request within half a second", async ({ http, bin }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  await until(() => stream.numbers().length === 1);
  await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  await vi.waitFor(() => expect(stream.numbers()).toEqual([1, 2]), { timeout: 500, interval: 10 });
});

test("closing the server ends its streams", async ({ http, bin }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await http.close();
  await stream.ended;
});
