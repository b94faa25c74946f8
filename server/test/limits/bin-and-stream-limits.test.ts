import { createServer } from "node:http";
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { expect, vi } from "vitest";
import { EventStream, MessageQueue } from "#http/shared/event-stream.ts";
import type { Pool } from "#platform/database/database.ts";
import { binLimits, streamLimits } from "#platform/bin-and-stream-limits.ts";
import { type Bin, createBin, receiveRequest } from "#request-bin/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { openEventStream } from "../support/event-stream.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { startForwarding } from "../support/build-bin-needs.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { startReceiver } from "../support/receiver.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { type Guarantee, type Site, openSite, signatureSecrets } from "./bin-site.ts";

const mebibyte = 1024 * 1024;

const test = base
  .extend("site", ({ database }, { onCleanup }) => openSite(database, onCleanup))
  .extend("usedSite", { scope: "file" }, ({ sharedPool }, { onCleanup }) => openSite(sharedPool, onCleanup))
  .extend("newBin", async ({ usedSite: { pool, bin, ...site } }): Promise<Site> => {
    return { ...site, pool, bin: await pool.inTransaction((tx) => createBin(tx, bin)) };
  });

const post = (http: FastifyInstance, { id }: { readonly id: string }, bytes: number, remoteAddress = "127.0.0.1") =>
  http.inject({ method: "POST", url: `/bins/${id}`, payload: Buffer.alloc(bytes), remoteAddress });

/** Stores requests past the limits of networks and of the bin's rate. */
async function fill({ pool, bin }: Site, { requests, bytes }: { requests: number; bytes: number }): Promise<void> {
  const request = { method: "POST", path: `/bins/${bin.id}`, query: "", headers: [], body: Buffer.alloc(bytes) };
  for (let n = 0; n < requests; n += 1) {
    await pool.query("update bins set allowance = $2 where id = $1", [bin.id, binLimits.bytesOfBin.max]);
    expect(await receiveRequest(pool, { binId: bin.id }, request)).toMatchObject({ status: 200 });
  }
}

interface Page {
  readonly data: readonly { readonly number: number; readonly body: string; readonly body_bytes: number }[];
  readonly next: string | null;
}

const list = async ({ http, bin, headers }: Site, after = ""): Promise<Page> =>
  (await http.inject({ url: `/api/v1/bins/${bin.id}/requests?limit=200${after}`, headers })).json<Page>();

/** Sends requests of 1 MiB, each from the next address, until one is refused. Returns the number of accepted ones. */
async function countUntilRefused({ http }: Site, addressOf: (n: number) => string): Promise<number> {
  const unknown = { id: "a".repeat(26) };
  for (let n = 0; n < 200; n += 1) {
    const { statusCode, headers } = await post(http, unknown, mebibyte, addressOf(n));
    if (statusCode === 404) continue;
    expect([statusCode, Number(headers["retry-after"])]).toEqual([429, expect.any(Number)]);
    return n;
  }
  throw new Error("200 MiB were accepted.");
}

/** Returns a function that sends the head of a request to a bin from a loopback address, and not its body of 1 MiB. */
async function sendHeads(http: FastifyInstance, { id }: Pick<Bin, "id">) {
  await http.listen({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(http.listeningOrigin).port);
  let answers = "";
  const send = (localAddress: string): void => {
    const socket = connect({ port, host: "127.0.0.1", localAddress }, () =>
      socket.write(`POST /bins/${id} HTTP/1.1\r\nHost: x\r\nContent-Length: ${mebibyte}\r\n\r\n`),
    );
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (text: string) => (answers += text));
  };
  const firstAnswer = async (): Promise<string> => {
    await until(() => answers !== "");
    return answers;
  };
  return Object.assign(send, { firstAnswer });
}

/** Sets the rules of the bin through the API and the page. Returns both statuses. */
async function setRules({ http, bin, headers }: Site, rules: readonly object[]): Promise<readonly number[]> {
  const change = { url: `/api/v1/bins/${bin.id}`, headers, payload: { answer_rules: rules } };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const payload = new URLSearchParams({ rules: JSON.stringify(rules) }).toString();
  const url = `/bins/${bin.id}/view/rules?key=${bin.viewKey}`;
  return [
    (await http.inject({ method: "PATCH", ...change })).statusCode,
    (await http.inject({ method: "POST", url, headers: form, payload })).statusCode,
  ];
}

/** A limit without a guarantee does not compile. */
const guarantees: Readonly<Record<keyof typeof binLimits | keyof typeof streamLimits, Guarantee>> = {
  bodyBytes: {
    guarantee: "a request with a longer body is refused and not stored",
    async holds(site) {
      const { max } = binLimits.bodyBytes;
      expect((await post(site.http, site.bin, max)).statusCode).toBe(200);
      expect((await post(site.http, site.bin, max + 1)).statusCode).toBe(413);
      expect((await list(site)).data.map((each) => each.body_bytes)).toEqual([max]);
    },
  },
  keptRequests: {
    guarantee: "a bin keeps only its newest requests",
    async holds(site) {
      const { pool, bin } = site;
      const { max } = binLimits.keptRequests;
      await pool.query("update bins set requests_caught = $2 where id = $1", [bin.id, max]);
      await pool.query(
        `insert into bin_requests (provider_id, bin_id, number, method, path, query, headers, body)
         select $1, $2, number, 'POST', '/', '', '[]', '' from generate_series(1, $3::integer) number`,
        [bin.providerId, bin.id, max],
      );
      await fill(site, { requests: 3, bytes: 1 });
      const [remaining] = await pool.query(
        "select count(*)::integer as count, min(number) as first from bin_requests where bin_id = $1",
        [bin.id],
      );
      expect(remaining).toEqual({ count: max, first: 4 });
    },
  },
  keptBytes: {
    guarantee: "a bin keeps only its newest requests",
    async holds(site) {
      await fill(site, { requests: 40, bytes: mebibyte });
      const [remaining] = await site.pool.query(
        "select count(*)::integer as count, min(number) as first, max(number) as last from bin_requests where bin_id = $1",
        [site.bin.id],
      );
      const count = binLimits.keptBytes.max / mebibyte - 1; // the texts and the row itself count too
      expect(remaining).toEqual({ count, first: 41 - count, last: 40 });
    },
  },
  bytesOfBin: {
    guarantee:
      "a bin over its rate responds 429 with Retry-After, stores nothing, and accepts requests after that time",
    async holds(site) {
      const { pool, http, bin } = site;
      const { max, perSecond } = binLimits.bytesOfBin;
      expect((await post(http, bin, mebibyte)).statusCode).toBe(200);
      const [remaining] = await pool.query<{ allowance: number }>("select allowance from bins where id = $1", [bin.id]);
      expect(max - (remaining?.allowance ?? 0)).toBeGreaterThan(mebibyte);
      await pool.query("update bins set allowance = 0, allowance_at = clock_timestamp() where id = $1", [bin.id]);
      const refused = await post(http, bin, mebibyte);
      expect([refused.statusCode, refused.body]).toEqual([429, expect.stringContaining("256 KiB a second")]);
      const seconds = Number(refused.headers["retry-after"]);
      expect([seconds > 0, seconds <= Math.ceil((mebibyte + 4096) / perSecond)]).toEqual([true, true]);
      expect((await list(site)).data.map(({ number }) => number)).toEqual([1]);

      const passed = "update bins set allowance_at = allowance_at - make_interval(secs => $1) where id = $2";
      await pool.query(passed, [seconds, bin.id]);
      expect((await post(http, bin, mebibyte)).statusCode).toBe(200);
      const setBack = "update bins set allowance_at = allowance_at + interval '1 hour' where id = $1";
      await pool.query(setBack, [bin.id]);
      expect((await post(http, bin, mebibyte)).statusCode).toBe(200);
    },
  },
  bytesOfProvider: {
    guarantee: "requests to all bin addresses of a provider are limited together, across client networks",
    async holds(site) {
      const accepted = await countUntilRefused(site, (n) => `203.0.113.${n}`);
      expect(accepted).toBeGreaterThanOrEqual(binLimits.bytesOfProvider.max / mebibyte - 1);
    },
  },
  bytesOfNetwork: {
    guarantee: "a client network is limited across all bins, without limiting other networks",
    async holds(site) {
      const accepted = await countUntilRefused(site, () => "203.0.113.1");
      expect(accepted).toBeGreaterThanOrEqual(binLimits.bytesOfNetwork.max / mebibyte - 1);
      expect(accepted).toBeLessThan(binLimits.bytesOfProvider.max / mebibyte - 1);
      expect((await post(site.http, site.bin, 1, "203.0.113.2")).statusCode).toBe(200);
    },
  },
  bytesInFlight: {
    guarantee: "a request beyond the limit is answered with 503 before its body is read",
    async holds({ http, bin }) {
      const send = await sendHeads(http, bin);
      // Each request comes from another loopback address.
      for (let at = 0; at <= binLimits.bytesInFlight.max / mebibyte; at += 1) send(`127.0.0.${at + 2}`);
      expect(await send.firstAnswer()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1/i);
    },
  },
  bytesInFlightOfNetwork: {
    guarantee: "slow bodies of one network leave room for those of others",
    async holds({ http, bin }) {
      const send = await sendHeads(http, bin);
      for (let at = 0; at <= binLimits.bytesInFlightOfNetwork.max / mebibyte; at += 1) send("127.0.0.2");
      expect(await send.firstAnswer()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1/i);
      expect((await post(http, bin, mebibyte)).statusCode).toBe(200);
    },
  },
  storing: {
    guarantee: "a flood of a bin leaves connections to the database for other requests",
    async holds({ pool, http, bin, headers }) {
      const sent = await pool.inTransaction(async (tx) => {
        await tx.query("select from bins where id = $1 for update", [bin.id]);
        const requests = Array.from({ length: 30 }, (_, n) => post(http, bin, 1, `203.0.113.${n}`));
        await expect.poll(() => countWaiting(pool)).toBe(binLimits.storing.max);
        expect((await http.inject({ url: "/api/v1/endpoints", headers })).statusCode).toBe(200);
        return { requests };
      });
      const statuses = (await Promise.all(sent.requests)).map(({ statusCode }) => statusCode);
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
  },
  waiting: {
    guarantee: "only the sender with most waiting requests is refused with 503",
    async holds({ pool, http, bin }) {
      const { storing, waiting } = binLimits;
      const { many, other } = await pool.inTransaction(async (tx) => {
        await tx.query("delete from bins where id = $1", [bin.id]);
        const statuses: number[] = [];
        const flood = Array.from({ length: storing.max + waiting.max + 1 }, async () => {
          const { statusCode } = await post(http, bin, 0, "203.0.113.1");
          statuses.push(statusCode);
          return statusCode;
        });
        await until(() => statuses.length === 1);
        const another = [post(http, bin, 0, "203.0.113.2")];
        await until(() => statuses.length === 2);
        return { many: flood, other: another };
      });
      expect((await Promise.all(other)).map(({ statusCode }) => statusCode)).toEqual([404]);
      const answered = Map.groupBy(await Promise.all(many), (status) => status);
      expect([answered.get(503)?.length, answered.get(404)?.length]).toEqual([2, storing.max + waiting.max - 1]);
    },
  },
  answerDelaySeconds: {
    guarantee: "the API and the page refuse a longer delay",
    async holds({ http, bin, headers }) {
      const maxMs = binLimits.answerDelaySeconds.max * 1000;
      const url = `/bins/${bin.id}/view/answer?key=${bin.viewKey}`;
      const set = async (ms: number) => {
        const change = { url: `/api/v1/bins/${bin.id}`, headers, payload: { answer_delay_ms: ms } };
        const form = { "content-type": "application/x-www-form-urlencoded" };
        return [
          (await http.inject({ method: "PATCH", ...change })).statusCode,
          (await http.inject({ method: "POST", url, headers: form, payload: `delay_ms=${ms}` })).statusCode,
        ];
      };
      expect([await set(maxMs), await set(maxMs + 1)]).toEqual([
        [200, 303],
        [422, 422],
      ]);
    },
  },
  answerRules: {
    guarantee: "the API and the page refuse one more rule",
    async holds(site) {
      const rules = (count: number) => Array.from({ length: count }, () => ({ answers: [{ status: 500 }] }));
      const { max } = binLimits.answerRules;
      expect([await setRules(site, rules(max)), await setRules(site, rules(max + 1))]).toEqual([
        [200, 303],
        [422, 422],
      ]);
    },
  },
  answerRulesCharacters: {
    guarantee: "the API and the page refuse longer rules",
    async holds(site) {
      const body = "x".repeat(8000);
      const rules = (count: number) => [{ answers: Array.from({ length: count }, () => ({ status: 200, body })) }];
      const count = Math.floor(binLimits.answerRulesCharacters.max / 8100);
      expect([await setRules(site, rules(count)), await setRules(site, rules(count + 1))]).toEqual([
        [200, 303],
        [422, 422],
      ]);
    },
  },
  shares: {
    guarantee: "one more share is refused until another is revoked",
    async holds({ http, bin, headers }) {
      const url = `/api/v1/bins/${bin.id}/shares`;
      const share = () => http.inject({ method: "POST", url, headers, payload: {} });
      const shares: { id: number }[] = [];
      for (let n = 0; n < binLimits.shares.max; n += 1) shares.push((await share()).json());
      expect((await share()).json()).toMatchObject({ code: "limit-reached" });
      await http.inject({ method: "DELETE", url: `${url}/${shares[0]?.id}`, headers });
      expect((await share()).statusCode).toBe(201);
    },
  },
  shareHours: {
    guarantee: "a share with a longer lifetime is refused",
    async holds({ http, bin, headers }) {
      const share = (hours: number) =>
        http.inject({ method: "POST", url: `/api/v1/bins/${bin.id}/shares`, headers, payload: { hours } });
      const { max } = binLimits.shareHours;
      expect([(await share(max)).statusCode, (await share(max + 1)).statusCode]).toEqual([201, 422]);
    },
  },
  signatureSecrets,
  forwards: {
    guarantee:
      "a provider's manual forward beyond half of the slots is refused, and an engine forwards two requests of a bin concurrently",
    async holds({ pool, http, bin, headers }) {
      await using _engine = startForwarding(pool, () => false);
      await using receiver = await startReceiver("hang");
      for (let n = 0; n < 20; n += 1) await post(http, bin, 1);
      await http.ready();
      const forward = (number: number) =>
        http.inject({
          method: "POST",
          url: `/api/v1/bins/${bin.id}/requests/${number}/forward`,
          headers,
          payload: { url: receiver.url },
        });
      await pool.query("update bins set forward_url = $1", [receiver.url]);
      for (let n = 0; n < 5; n += 1) await post(http, bin, 1);
      await until(() => receiver.received.length === 2);
      const half = binLimits.forwards.max / 2;
      const onDemand = Array.from({ length: half }, (_, at) => forward(at + 1));
      await until(() => receiver.received.length === half + 2);
      expect((await forward(20)).statusCode).toBe(429);
      await receiver[Symbol.asyncDispose]();
      await Promise.all(onDemand);
    },
  },
  forwardSeconds: {
    guarantee: "a forward ends if its receiver does not respond in time",
    async holds({ http, bin, headers }) {
      await using receiver = await startReceiver("hang");
      await post(http, bin, 1);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const url = `/api/v1/bins/${bin.id}/requests/1/forward`;
        const forwarded = http.inject({ method: "POST", url, headers, payload: { url: receiver.url } });
        await vi.waitUntil(() => receiver.received.length === 1);
        vi.advanceTimersByTime(binLimits.forwardSeconds.max * 1000);
        expect((await forwarded).json()).toMatchObject({ status: null, error: "No complete answer within 15 s" });
      } finally {
        vi.useRealTimers();
      }
    },
  },
  shownBodyBytes: {
    guarantee: "lists and pages show only the beginning of a longer body, and a download returns all of it",
    async holds(site) {
      const { http, bin, headers } = site;
      await fill(site, { requests: 8, bytes: mebibyte });
      const { data } = await list(site);
      expect(data.map((each) => [each.body.length, each.body_bytes])).toEqual(
        data.map(() => [binLimits.shownBodyBytes.max, mebibyte]),
      );
      const body = await http.inject({ url: `/api/v1/bins/${bin.id}/requests/3/body`, headers });
      expect(body.rawPayload.byteLength).toBe(mebibyte);
      const view = await http.inject({ url: `/bins/${bin.id}/view?key=${bin.viewKey}` });
      expect(view.body.length).toBeLessThan(2 * mebibyte);
    },
  },
  pageBytes: {
    guarantee: "no page exceeds the limit, and paging returns all requests",
    async holds(site) {
      await fill(site, { requests: 40, bytes: 100 * 1024 });
      const numbers: number[] = [];
      for (let after = ""; ;) {
        const { data, next } = await list(site, after);
        expect(data.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(binLimits.pageBytes.max);
        numbers.push(...data.map(({ number }) => number));
        if (next === null) break;
        after = `&after=${next}`;
      }
      expect(numbers).toEqual(Array.from({ length: 40 }, (_, at) => 40 - at));
    },
  },
  streams: {
    guarantee: "one more stream is refused until another ends",
    async holds({ http, bin }) {
      await http.listen({ host: "127.0.0.1", port: 0 });
      const open = () => openEventStream(`${http.listeningOrigin}/bins/${bin.id}/view/stream?key=${bin.viewKey}`);
      const streams = await Promise.all(Array.from({ length: streamLimits.streams.max }, open));
      expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await open()).status).toBe(429);
      streams[0]?.[Symbol.dispose]();
      await until(async () => (await open()).status === 200);
    },
  },
  downloads: {
    guarantee: "one more is refused until the others end, by themselves or with their clients",
    async holds({ pool, headers }) {
      let read = Promise.withResolvers<void>();
      const slow: Pool = {
        ...pool,
        async query(text, values) {
          if (text.includes("audit_records")) await read.promise;
          return pool.query(text, values);
        },
      };
      await using server = await openWebServer(slow);
      await server.http.listen({ host: "127.0.0.1", port: 0 });
      const open = (signal: AbortSignal | null = null): Promise<Response> =>
        fetch(`${server.http.listeningOrigin}/api/v1/audit_records/export`, { headers, signal });
      // In the second round those of the first may be ending.
      const openInTime = (signal: AbortSignal | null) =>
        until(async () => {
          const response = await open(signal);
          return response.status === 200 && response;
        });
      for (let round = 0; round < 2; round += 1) {
        const leaving = new AbortController();
        const opened = await Promise.all(
          Array.from({ length: streamLimits.downloads.max }, (_, n) => openInTime(n % 2 === 0 ? leaving.signal : null)),
        );
        const refused = await open();
        expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining("too-many-streams")]);
        leaving.abort();
        read.resolve();
        await Promise.allSettled(opened.map((response) => response.text()));
        read = Promise.withResolvers();
      }
    },
  },
  slowReaderSeconds: {
    guarantee: "the stream of a client that stops reading buffers one message, and is closed after the limit",
    async holds() {
      const clock = new HandDrivenClock();
      const opened = Promise.withResolvers<EventStream>();
      let sent = 0;
      const sendForever = async (stream: EventStream): Promise<void> => {
        for (; !stream.isOver && sent < 1000; sent += 1) await stream.send("x".repeat(256 * 1024));
      };
      const server = createServer((_request, response) => {
        const stream = new EventStream(response, clock);
        stream.open();
        opened.resolve(stream);
        void sendForever(stream);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      if (typeof address !== "object" || address === null) throw new Error("The server listens on no port.");
      const socket = connect(address.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      socket.pause().on("error", () => undefined);
      try {
        const stream = await opened.promise;
        await until(() => clock.sleeping === 1); // the socket's own buffers are full
        const sentUntilFull = sent;
        await clock.advance(streamLimits.slowReaderSeconds.max * 1000 - 1);
        expect([stream.isOver, sent]).toEqual([false, sentUntilFull]);
        await clock.advance(1);
        expect(stream.isOver).toBe(true);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  },
  waitingCharacters: {
    guarantee: "a queue over the limit reports the overflow and drops its messages",
    async holds() {
      let overflows = 0;
      const queue = new MessageQueue(new HandDrivenClock(), () => (overflows += 1));
      for (let n = 0; n < streamLimits.waitingCharacters.max / mebibyte; n += 1) queue.push("x".repeat(mebibyte));
      expect(overflows).toBe(0);
      queue.push("x");
      expect([overflows, await queue.take(0)]).toEqual([1, undefined]);
    },
  },
};

const limits = Object.entries(guarantees).map(([name, { guarantee, holds }]) => [name, guarantee, holds] as const);
const limitsByName: Readonly<Record<string, { readonly of: string }>> = { ...binLimits, ...streamLimits };
/** What a process has counted before would change these. */
const isOfProcess = ([name]: readonly [string, ...unknown[]]): boolean =>
  limitsByName[name]?.of.includes("process") === true;

test.for(limits.filter(isOfProcess))("%s: %s", ([, , holds], { site }) => holds(site));

test.for(limits.filter((limit) => !isOfProcess(limit)))("%s: %s", ([, , holds], { newBin }) => holds(newBin));

test("requests to bins that do not exist hold no capacity for request bodies", async ({ site }) => {
  const { http, bin } = site;
  const send = await sendHeads(http, { id: "a".repeat(26) });
  for (let at = 0; at < binLimits.bytesInFlight.max / mebibyte; at += 1) send(`127.0.0.${at + 2}`);
  expect(await send.firstAnswer()).toMatch(/^HTTP\/1\.1 404 /);
  await until(async () => (await post(http, bin, mebibyte, "203.0.113.9")).statusCode === 200);
});
