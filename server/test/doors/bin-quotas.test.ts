import { connect, type Socket } from "node:net";
import { expect } from "vitest";
import type { FastifyInstance } from "fastify";
import type { Pool } from "#platform/database/database.ts";
import { catchRequest, createBin, type Bin } from "#request-bin/index.ts";
import { setUp } from "../portal/house.ts";
import { openEveryDoor } from "../support/open-every-door.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";

const mebibyte = 1024 * 1024;

const test = base.extend("house", async ({ database }, { onCleanup }) => {
  const { provider, accessToken } = await setUp(database);
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  const { http, ...doors } = await openEveryDoor(database);
  onCleanup(() => doors[Symbol.asyncDispose]());
  return { pool: database, http, bin, headers: { authorization: `Bearer ${accessToken}` } };
});

const post = (http: FastifyInstance, bin: Bin, bytes: number) =>
  http.inject({ method: "POST", url: `/bins/${bin.id}`, payload: Buffer.alloc(bytes) });

/** As many as the test wants, without the limits of one network. */
async function fill(pool: Pool, bin: Bin, { requests, bytes }: { requests: number; bytes: number }): Promise<void> {
  const request = { method: "POST", path: `/bins/${bin.id}`, query: "", headers: [], body: Buffer.alloc(bytes) };
  for (let n = 0; n < requests; n += 1) {
    await pool.query("update bins set allowance = 16 * 1024 * 1024 where id = $1", [bin.id]);
    expect(await catchRequest(pool, { binId: bin.id }, request)).toMatchObject({ status: 200 });
  }
}

test("a page of requests holds 1 MiB at most and 64 KiB of each body; the pages lead to all of them", async ({
  house,
}) => {
  const { pool, http, bin, headers } = house;
  await fill(pool, bin, { requests: 14, bytes: mebibyte });
  const numbers: number[] = [];
  for (let after = ""; ;) {
    const page = await http.inject({ url: `/api/v1/bins/${bin.id}/requests?limit=200${after}`, headers });
    const { data, next } = page.json<{ data: { number: number; body: string; body_bytes: number }[]; next: string }>();
    expect(data.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(mebibyte);
    for (const it of data) expect([it.body.length, it.body_bytes]).toEqual([64 * 1024, mebibyte]);
    numbers.push(...data.map(({ number }) => number));
    if (next === null) break;
    after = `&after=${next}`;
  }
  expect(numbers).toEqual(Array.from({ length: 14 }, (_, at) => 14 - at));

  const body = await http.inject({ url: `/api/v1/bins/${bin.id}/requests/3/body`, headers });
  expect(body.rawPayload.byteLength).toBe(mebibyte);
  const view = await http.inject({ url: `/bins/${bin.id}/view?key=${bin.viewKey}` });
  expect(view.body.length).toBeLessThan(2 * mebibyte);
});

test("a bin keeps 16 MiB at most, the newest", async ({ house }) => {
  const { pool, bin } = house;
  await fill(pool, bin, { requests: 40, bytes: mebibyte });
  const [kept] = await pool.query<{ bytes: number; first: number; last: number }>(
    `select sum(octet_length(body)) as bytes, min(number) as first, max(number) as last from bin_requests`,
  );
  expect(kept).toEqual({ bytes: 15 * mebibyte, first: 26, last: 40 });
});

test("a bin that gets more than it may says when it takes more, keeps none of it, and then takes it", async ({
  house,
}) => {
  const { pool, http, bin } = house;
  expect((await post(http, bin, mebibyte)).statusCode).toBe(200);
  await pool.query("update bins set allowance = 0");
  const refused = await post(http, bin, mebibyte);
  expect([refused.statusCode, refused.body]).toEqual([429, expect.stringContaining("256 KiB a second")]);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect(await pool.query("select number from bin_requests where number > 1")).toEqual([]);

  const waited = `update bins set allowance_at = allowance_at - make_interval(secs => $1)`;
  await pool.query(waited, [Number(refused.headers["retry-after"])]);
  expect((await post(http, bin, mebibyte)).statusCode).toBe(200);
});

test("a network that sends more than 32 MiB at once is refused, whichever bins it sends to", async ({ house }) => {
  const { http, bin } = house;
  const unknown = { ...bin, id: "a".repeat(26) };
  const statuses: number[] = [];
  for (let n = 0; n < 60; n += 1) statuses.push((await post(http, unknown, mebibyte)).statusCode);
  expect(new Set(statuses.slice(0, 31))).toEqual(new Set([404]));
  expect(statuses).toContain(429);
  const elsewhere = { remoteAddress: "203.0.113.9", method: "POST", url: `/bins/${bin.id}`, payload: "x" } as const;
  expect((await http.inject(elsewhere)).statusCode).toBe(200);
});

test("bodies of 32 MiB are received at once at most: who comes then is told to come again", async ({ house }) => {
  const { http, bin } = house;
  await http.listen({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(http.listeningOrigin).port);
  const sockets: Socket[] = [];
  // Each from a network of its own, as far as the loopback has some, and without its body.
  const received = Array.from({ length: 33 }, (_, at) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${at + 2}` }, () =>
      socket.write(`POST /bins/${bin.id} HTTP/1.1\r\nHost: x\r\nContent-Length: ${mebibyte}\r\n\r\n`),
    );
    sockets.push(socket);
    return new Promise<string>((resolve) => socket.setEncoding("utf8").once("data", resolve));
  });
  const first = await Promise.race(received);
  for (const socket of sockets) socket.destroy(); // the server waits for them when it closes
  expect(first).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1/i);
});

test("a delayed answer keeps no room for other bodies", async ({ house }) => {
  const { pool, http, bin } = house;
  await pool.query("update bins set answer_delay_ms = 100000 where id = $1", [bin.id]);
  const at = await http.listen({ host: "127.0.0.1", port: 0 });
  const over = new AbortController();
  const send = () =>
    fetch(`${at}/bins/${bin.id}`, { method: "POST", body: Buffer.alloc(mebibyte), signal: over.signal });
  const waiting = Array.from({ length: 15 }, () => send().catch(() => undefined));
  const kept = async () => (await pool.query("select number from bin_requests")).length;
  await until(async () => (await kept()) === 15);
  const others = [
    await pool.inTransaction((tx) => createBin(tx, bin)),
    await pool.inTransaction((tx) => createBin(tx, bin)),
  ];
  await pool.query("update bins set answer_delay_ms = 0");
  const fromElsewhere = { method: "POST", remoteAddress: "203.0.113.9", payload: Buffer.alloc(mebibyte) } as const;
  const sent = others.flatMap(({ id }) =>
    Array.from({ length: 9 }, () => http.inject({ ...fromElsewhere, url: `/bins/${id}` })),
  );
  const statuses = (await Promise.all(sent)).map(({ statusCode }) => statusCode);
  expect(new Set(statuses)).toEqual(new Set([200]));
  over.abort();
  await Promise.all(waiting);
});

test("a bin takes nothing at another provider's host", async ({ database }) => {
  const [{ provider }, other] = [await setUp(database), await setUp(database)];
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  await using doors = await openEveryDoor(database, { baseDomain: "bellwire.test" });
  const send = async (subdomain: string): Promise<number> => {
    const headers = { host: `${subdomain}-admin.bellwire.test` };
    return (await doors.http.inject({ method: "POST", url: `/bins/${bin.id}`, headers })).statusCode;
  };
  expect([await send(provider.subdomain), await send(other.provider.subdomain)]).toEqual([200, 404]);
});
