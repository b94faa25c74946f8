import Fastify from "fastify";
import { expect, vi } from "vitest";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import { systemClock } from "#platform/clock.ts";
import { createBin, createOwnBins, deleteBin, listBinRequests, readBin, updateBin } from "#request-bin/index.ts";
import { adminCookie } from "../../../test/support/admin-cookie.ts";
import { buildAttempt, buildSender, testSecret } from "../../../test/support/build-attempts.ts";
import { buildProvider } from "../../../test/support/build-webhooks.ts";
import { test as base } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { requestBinPlugin } from "./index.ts";
import { viewPath } from "./viewer.ts";

const publicUrl = "http://bins.example";

const test = base
  .extend("bin", async ({ database }) => {
    const providerId = await buildProvider(database);
    return database.inTransaction((tx) => createBin(tx, { providerId }));
  })
  .extend("http", async ({ database, bin }, { onCleanup }) => {
    expect(bin.requestsCaught).toBe(0); // its provider is there before anybody asks for it
    const http = Fastify();
    http.register(async (doors) => {
      addFindProviderHook(doors, { pool: database, clock: systemClock, baseDomain: undefined });
      await doors.register(
        requestBinPlugin({
          pool: database,
          clock: systemClock,
          originOf: () => publicUrl,
          secretsOfBin: async () => [testSecret],
        }),
      );
    });
    onCleanup(() => http.close());
    return http;
  });

test.for(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND", "REPORT", "PURGE"] as const)(
  "a bin takes %s",
  async (method, { http, bin, database }) => {
    expect((await http.inject({ method, url: `/bins/${bin.id}?a=b?c` })).statusCode).toBe(200);
    const { requests } = await listBinRequests(database, { ...bin, binId: bin.id });
    expect(requests).toMatchObject([{ method, path: `/bins/${bin.id}`, query: "a=b?c" }]);
  },
);

test.for([
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "nonsense",
  undefined,
])("a bin takes bytes that are not the %s they claim to be", async (contentType, { http, bin, database }) => {
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const body = Buffer.from([123, 0, 255]);
  expect((await http.inject({ method: "POST", url: `/bins/${bin.id}`, headers, body })).statusCode).toBe(200);
  expect((await listBinRequests(database, { ...bin, binId: bin.id })).requests).toMatchObject([{ body }]);
});

test("a bin answers what it was told", async ({ http, bin, database }) => {
  await database.inTransaction((tx) => updateBin(tx, bin, { answerStatus: 503, answerDelayMs: 30 }));
  const startedMs = performance.now();
  expect((await http.inject({ method: "POST", url: `/bins/${bin.id}` })).statusCode).toBe(503);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(29);
});

test("a body of more than 1 MiB is answered with 413", async ({ http, bin, database }) => {
  const answer = await http.inject({ method: "POST", url: `/bins/${bin.id}`, body: Buffer.alloc(1024 * 1024 + 1) });
  expect(answer.statusCode).toBe(413);
  expect((await listBinRequests(database, { ...bin, binId: bin.id })).requests).toEqual([]);
});

test("what is not there is 404, at every address of a bin", async ({ http }) => {
  const gone = "/bins/aaaaaaaaaaaaaaaaaaaaaaaaaa";
  for (const url of [gone, `${gone}/view`, `${gone}/view/stream`, `${gone}/view/requests/1/body`]) {
    expect((await http.inject({ url })).statusCode).toBe(404);
  }
  expect((await http.inject({ method: "POST", url: `${gone}/view/answer` })).statusCode).toBe(404);
});

test("the page of a bin that is not there is no dead end", async ({ http }) => {
  const { body } = await http.inject({ url: "/bins/nothing/view" });
  expect(body).toContain("There is no such bin");
  expect(body).toContain('<a href="/">Home</a>');
});

test("the receiving address takes a browser's request too, and leads nobody to what others sent", async ({
  http,
  bin,
  database,
}) => {
  const answer = await http.inject({ url: `/bins/${bin.id}`, headers: { accept: "text/html,*/*;q=0.8" } });
  expect([answer.statusCode, answer.headers.location]).toEqual([200, undefined]);
  expect(answer.body).not.toContain(bin.viewKey);
  expect((await listBinRequests(database, { ...bin, binId: bin.id })).requests).toHaveLength(1);
});

test("an empty bin says that it waits, and how to send something", async ({ http, bin }) => {
  const page = await http.inject({ url: viewPath(bin) });
  expect(page.body).toContain("Waiting for your first webhook");
  expect(page.body).toContain(`curl ${publicUrl}/bins/${bin.id} -d hello=world`);
});

test("the page says of each request which event it is, which attempt, and how its signature looks", async ({
  http,
  bin,
  database,
}) => {
  await using sender = buildSender({ ownBins: createOwnBins({ pool: database, isOurs: () => true }) });
  const url = `${publicUrl}/bins/${bin.id}`;
  await sender.send(buildAttempt({ url, body: Buffer.from("<event><type>account</type></event>"), attempt: 2 }));
  await sender.send(buildAttempt({ url, secrets: ["whsec_AAAA"] }));
  await http.inject({ method: "POST", url: `/bins/${bin.id}`, body: "hello=world" });
  const { body: page } = await http.inject({ url: viewPath(bin) });
  const [, third = "", second = "", first = ""] = page.split(`<details class="card request"`);
  expect(first).toContain("account.created");
  expect(first).toContain("Attempt 2");
  expect(first).toContain("Signature valid");
  expect(first).toContain("&lt;event&gt;\n  &lt;type&gt;account&lt;/type&gt;\n&lt;/event&gt;");
  expect(second).toContain("Signature invalid");
  expect(third).toContain("Not signed");
});

test("nothing that was caught becomes part of the page", async ({ http, bin, database }) => {
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

test("the page of a busy bin goes on where it ends", async ({ http, bin }) => {
  for (let n = 0; n < 52; n += 1) await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  const numbersOn = async (url: string) =>
    [...(await http.inject({ url })).body.matchAll(/id="request-(\d+)"/g)].map(([, it]) => Number(it));
  const first = await numbersOn(viewPath(bin));
  expect([first.length, first.at(0), first.at(-1)]).toEqual([50, 52, 3]);
  expect(await numbersOn(viewPath(bin, "", { before: "3" }))).toEqual([2, 1]);
});

test("an answer that none of the controls stands for is shown all the same", async ({ http, bin, database }) => {
  await database.inTransaction((tx) => updateBin(tx, bin, { answerStatus: 418, answerDelayMs: 1500 }));
  const { body } = await http.inject({ url: viewPath(bin) });
  expect(body).toMatch(/value="418"[^>]* aria-pressed="true"[^>]*>418</);
  expect(body).toMatch(/value="1500" aria-pressed="true">1\.5 s</);
});

test("the page's controls say what the bin answers from then on", async ({ http, bin, database }) => {
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

  for (const wrong of ["status=199", "status=600", "status=abc", "delay_ms=120001", "delay_ms=-1"]) {
    expect((await send(wrong)).statusCode).toBe(422);
  }
  expect((await send("status=200", { "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
  expect((await send("status=200", { origin: "https://evil.example" })).statusCode).toBe(403);
  expect(await readBin(database, bin)).toMatchObject({ answerStatus: 500, answerDelayMs: 2000 });
});

/** Reads server-sent events until the test is over. */
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
      [...text.matchAll(/^id: (\d+)\nevent: request\ndata: \{"number":\1,"html":"/gm)].map(([, it]) => Number(it)),
    ended: reading,
    [Symbol.dispose]: () => over.abort(),
  };
}

test("who watches sees each request as it comes, and goes on where he was cut off", async ({ http, bin }) => {
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

test("who watches a bin that catches more than is read at once misses none of it", async ({ http, bin }) => {
  for (let n = 0; n < 52; n += 1) await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await until(() => stream.numbers().at(-1) === 52);
  expect(stream.numbers()).toEqual(Array.from({ length: 52 }, (_, place) => place + 1));
});

test("the stream of a bin ends when the bin is deleted", async ({ http, bin, database }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await database.inTransaction((tx) => deleteBin(tx, bin));
  await stream.ended;
  expect((await http.inject({ url: viewPath(bin, "/stream", { after: "0" }) })).statusCode).toBe(404);
});

test("a request is shown within half a second, although the page asks for nothing", async ({ http, bin }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  await until(() => stream.numbers().length === 1);
  await http.inject({ method: "POST", url: `/bins/${bin.id}` });
  await vi.waitFor(() => expect(stream.numbers()).toEqual([1, 2]), { timeout: 500, interval: 10 });
});

test("a server that stops ends the streams of those who watch", async ({ http, bin }) => {
  const at = await http.listen({ port: 0, host: "127.0.0.1" });
  using stream = await readStream(`${at}${viewPath(bin, "/stream", { after: "0" })}`);
  await http.close();
  await stream.ended;
});
