import { expect, vi } from "vitest";
import { systemClock } from "#platform/clock.ts";
import { providerMovingCode } from "#platform/database/connection.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { daysAfter } from "#platform/times.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { buildProvider } from "../../test/support/build-webhooks.ts";
import { countWaiting } from "../../test/support/count-waiting.ts";
import { test } from "../../test/support/test.ts";
import { until } from "../../test/support/until.ts";
import {
  createBin,
  createShare,
  deleteBin,
  findShare,
  listBins,
  listShares,
  readBin,
  revokeShare,
  updateBin,
} from "./bins.ts";
import { BinForwarder, type ForwarderNeeds } from "./forwards.ts";
import { type FindCell, createOwnBins, listBinRequests, readBinRequestBody, receiveRequest } from "./requests.ts";

const request = {
  method: "POST",
  path: "/bins/abc",
  query: "source=a%20b&x",
  headers: [
    ["Content-Type", "application/xml"],
    ["X-Twice", "1"],
    ["X-Twice", "2"],
  ],
  body: Buffer.from([0, 255, 1]),
} as const;

async function buildBin(pool: Pool) {
  const providerId = await buildProvider(pool);
  return pool.inTransaction((tx) => createBin(tx, { providerId }));
}

const requestsOf = async (pool: Pool, bin: { providerId: number; id: string }) =>
  (await listBinRequests(pool, { providerId: bin.providerId, binId: bin.id, limit: 1000 })).requests;

test("a bin stores a request exactly as received", async ({ database }) => {
  const bin = await buildBin(database);
  expect(await receiveRequest(database, { binId: bin.id }, request)).toEqual({ status: 200, delayMs: 0 });
  const [stored] = await requestsOf(database, bin);
  expect(stored).toEqual({
    ...request,
    bodyBytes: 3,
    number: 1,
    receivedAt: expect.any(Date),
    answerStatus: 200,
    answerDelayMs: 0,
    answerRule: null,
    forwardResult: null,
    isForwarding: false,
  });
});

test("a bin's new response applies from the next request on", async ({ database }) => {
  const bin = await buildBin(database);
  await database.inTransaction((tx) => updateBin(tx, bin, { answerStatus: 503 }));
  await database.inTransaction((tx) => updateBin(tx, bin, { answerDelayMs: 20 }));
  expect(await receiveRequest(database, { binId: bin.id }, request)).toEqual({ status: 503, delayMs: 20 });
});

test("concurrent requests are numbered without gaps in the order of their commits", async ({ database }) => {
  const bin = await buildBin(database);
  await Promise.all(Array.from({ length: 30 }, () => receiveRequest(database, { binId: bin.id }, request)));
  const numbers = (await requestsOf(database, bin)).map(({ number }) => number);
  expect(numbers).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index));
  const { requests: page } = await listBinRequests(database, {
    providerId: bin.providerId,
    binId: bin.id,
    before: 20,
    after: 10,
    limit: 3,
  });
  expect(page.map(({ number }) => number)).toEqual([19, 18, 17]);
});

test("a body over 1 MiB is refused and not stored", async ({ database }) => {
  const bin = await buildBin(database);
  const tooMuch = { ...request, body: Buffer.alloc(1024 * 1024 + 1) };
  expect(await receiveRequest(database, { binId: bin.id }, tooMuch)).toEqual({ status: 413, delayMs: 0 });
  expect(await requestsOf(database, bin)).toEqual([]);
});

test("a bin that is full when the database's clock is set back receives requests", async ({ database }) => {
  const bin = await buildBin(database);
  await database.query("update bins set allowance = 0, allowance_at = now() + interval '1 hour'");
  for (let count = 0; count < 2; count += 1)
    expect(await receiveRequest(database, { binId: bin.id }, request)).toMatchObject({ status: 200 });
});

test("a request with characters that PostgreSQL refuses is stored with replacements", async ({ database }) => {
  const bin = await buildBin(database);
  const strange = { ...request, path: "/a\0b", query: "\0", headers: [["x", "\0\ud800"]] as const };
  await receiveRequest(database, { binId: bin.id }, strange);
  expect(await requestsOf(database, bin)).toMatchObject([{ path: "/a�b", query: "�" }]);
});

test("a received request sends a hint to the watchers of its bin", async ({ database }) => {
  const bin = await buildBin(database);
  const onHint = vi.fn<(values: readonly string[]) => void>();
  database.onHint("bins", onHint);
  await receiveRequest(database, { binId: bin.id }, request);
  await vi.waitFor(() => expect(onHint).toHaveBeenCalledWith([bin.id]));
});

test("of two links that are created concurrently, only as many as a bin may have are", async ({ database, clock }) => {
  const { providerId, id: binId } = await buildBin(database);
  const lifetime = { now: clock.now(), seconds: 60 };
  const create = (tx: Transaction) => createShare(tx, { providerId, binId }, lifetime);
  for (let count = 1; count < binLimits.shares.max; count += 1) await database.inTransaction(create);
  const second = await database.inTransaction(async (tx) => {
    expect(await create(tx)).toHaveProperty("secret");
    const waiting = { outcome: database.inTransaction(create) };
    await until(() => countWaiting(database));
    return waiting;
  });
  expect(await second.outcome).toBe("full");
});

test("links that have expired leave room for new ones", async ({ database, clock }) => {
  const { providerId, id: binId } = await buildBin(database);
  const create = (now: Date) =>
    database.inTransaction((tx) => createShare(tx, { providerId, binId }, { now, seconds: 60 }));
  const now = clock.now();
  for (let count = 0; count < binLimits.shares.max; count += 1) await create(now);
  expect(await create(now)).toBe("full");
  expect(await create(daysAfter(now, 1))).toHaveProperty("share");
});

test("two processes forward a request once", async ({ database }) => {
  const providerId = await buildProvider(database);
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId, forwardUrl: "http://slow.example/" }));
  await receiveRequest(database, { binId: bin.id }, request);
  const target = slowTarget();
  const forwarders = [
    new BinForwarder(forwarderNeeds(database, target)),
    new BinForwarder(forwarderNeeds(database, target)),
  ];
  // Both have claimed before either commits.
  await database.inTransaction(async (tx) => {
    await tx.query("lock table bin_requests in share mode");
    for (const forwarder of forwarders) forwarder.start();
    await until(async () => (await countWaiting(database)) === 2);
  });
  await until(() => target.sent.length > 0);
  for (const forwarder of forwarders) await forwarder[Symbol.asyncDispose]();
  expect(target.sent).toEqual([bin.id]);
  target.respond();
});

test("the bins of one provider share neither requests nor settings nor links", async ({ database, clock }) => {
  const bin = await buildBin(database);
  const other = await database.inTransaction((tx) => createBin(tx, { providerId: bin.providerId }));
  const sent = [
    { ...request, bin, key: { providerId: bin.providerId, binId: bin.id } },
    {
      ...request,
      bin: other,
      key: { providerId: bin.providerId, binId: other.id },
      method: "PUT",
      body: Buffer.from("a"),
    },
  ] as const;
  for (const { key, ...one } of sent) await receiveRequest(database, key, one);
  for (const { bin: receiver, key, method, body } of sent) {
    expect((await requestsOf(database, receiver)).map((stored) => stored.method)).toEqual([method]);
    expect(await readBinRequestBody(database, { ...key, number: 1 })).toEqual(body);
  }

  const [ofBin, ofOther] = [sent[0].key, sent[1].key];
  const now = clock.now();
  const created = await database.inTransaction((tx) => createShare(tx, ofBin, { now, seconds: 60 }));
  if (typeof created === "string") throw new Error(created);
  const { secret, share } = created;
  expect(await listShares(database, ofOther, now)).toEqual([]);
  expect(await findShare(database, ofOther, { secret, now })).toBeUndefined();
  expect(await database.inTransaction((tx) => revokeShare(tx, ofOther, share.id))).toBe(false);
  expect(await findShare(database, ofBin, { secret, now })).toEqual(share);

  await database.inTransaction((tx) => updateBin(tx, other, { answerStatus: 500 }));
  // From this number on, the bin has dropped its first one.
  await database.query("update bins set requests_caught = 10000 where id = $1", [other.id]);
  await receiveRequest(database, ofOther, request);
  expect(await requestsOf(database, other)).toHaveLength(1);
  await database.inTransaction((tx) => deleteBin(tx, other));
  expect(await readBin(database, bin)).toMatchObject({ answerStatus: 200 });
  expect(await requestsOf(database, bin)).toHaveLength(1);
});

test("a deleted bin stores no new request and loses its old ones", async ({ database }) => {
  const bin = await buildBin(database);
  await receiveRequest(database, { binId: bin.id }, request);
  expect(await database.inTransaction((tx) => deleteBin(tx, bin))).toBe(true);
  expect(await receiveRequest(database, { binId: bin.id }, request)).toBeUndefined();
  expect(await requestsOf(database, bin)).toEqual([]);
});

test("bins are listed newest first, in pages", async ({ database }) => {
  const providerId = await buildProvider(database);
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.unshift((await database.inTransaction((tx) => createBin(tx, { providerId }))).id);
  const first = await listBins(database, { providerId, limit: 2 });
  const rest = await listBins(database, { providerId, after: first[1], limit: 2 });
  expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
});

test("a delivery to a bin of a moved provider reaches the new cell", async ({ database }) => {
  const bin = await buildBin(database);
  const delivered = { binId: bin.id, host: "acme-admin.example" };
  const refusal = Object.assign(new Error("Provider 1 is moving to another cell."), { code: providerMovingCode });
  const formerCell: Pool = {
    ...database,
    inTransaction: () => Promise.reject(refusal),
  };
  const lookUps: unknown[] = [];
  const findCell: FindCell = async (...question) => {
    lookUps.push(question);
    return lookUps.length === 1 ? formerCell : database;
  };
  const ownBins = createOwnBins({ pool: formerCell, isOurs: () => true, findCell });
  expect(await ownBins.deliver(delivered, request)).toEqual({ status: 200, delayMs: 0 });
  expect(lookUps).toEqual([[delivered.host], [delivered.host, { isAgain: true }]]);

  const stuck = createOwnBins({ pool: formerCell, isOurs: () => true, findCell: async () => formerCell });
  await expect(stuck.deliver(delivered, request)).rejects.toBe(refusal);
});

test("only URLs of this installation match its bins", async ({ database }) => {
  const bin = await buildBin(database);
  const ownBins = createOwnBins({ pool: database, isOurs: ({ origin }) => origin === "http://localhost:3000" });
  const matching = (url: string) => ownBins.matches(new URL(url));
  for (const below of ["", "?a=b", "/", "/?a=b", "/orders/7", "/viewer"])
    expect(matching(`http://localhost:3000/bins/${bin.id}${below}`)).toBe(bin.id);
  expect(matching(`http://elsewhere.example/bins/${bin.id}`)).toBeUndefined();
  expect(matching(`http://localhost:3000/bins/${bin.id}/view`)).toBeUndefined();
  expect(matching(`http://localhost:3000/bins/../admin/api/accounts.xml`)).toBeUndefined();
  expect(await ownBins.deliver({ binId: bin.id, host: "localhost:3000" }, request)).toEqual({
    status: 200,
    delayMs: 0,
  });
});

/** A target that responds to nothing until it is told to. */
function slowTarget() {
  const sent: (string | undefined)[] = [];
  const ended = Promise.withResolvers<void>();
  const respond = (): void => ended.resolve();
  const send: ForwarderNeeds["send"] = async ({ headers }) => {
    sent.push(headers.at(-1));
    await ended.promise;
    return { status: 200, error: null, latencyMs: 1, body: "" };
  };
  return { sent, send, respond };
}

const forwarderNeeds = (pool: Pool, { send }: Pick<ForwarderNeeds, "send">): ForwarderNeeds => ({
  pool,
  clock: systemClock,
  send,
  isOurs: () => false,
  onError: (error) => expect(error).toBeUndefined(),
});

test("a provider with many requests to slow targets does not keep another's request from being forwarded", async ({
  database,
}) => {
  const buildForwardingBin = async (providerId: number) =>
    database.inTransaction((tx) => createBin(tx, { providerId, forwardUrl: "http://slow.example/" }));
  const busy = await buildProvider(database);
  for (let count = 0; count < 10; count += 1) {
    const { id: binId } = await buildForwardingBin(busy);
    for (let place = 0; place < 3; place += 1) await receiveRequest(database, { binId }, request);
  }
  const other = await buildForwardingBin(await buildProvider(database));
  for (let place = 0; place < 3; place += 1) await receiveRequest(database, { binId: other.id }, request);

  const target = slowTarget();
  await using forwarder = new BinForwarder(forwarderNeeds(database, target));
  forwarder.start();
  await until(() => target.sent.length === 10);
  expect(target.sent.filter((id) => id === other.id)).toHaveLength(2); // a bin has no more under way
  target.respond();
});

test("a request that is forwarded to another URL on demand is still forwarded to its bin's", async ({ database }) => {
  const providerId = await buildProvider(database);
  const { id: binId } = await database.inTransaction((tx) =>
    createBin(tx, { providerId, forwardUrl: "http://own.example/" }),
  );
  await receiveRequest(database, { binId }, request);
  const sent: string[] = [];
  const send: ForwarderNeeds["send"] = async ({ url }) => {
    sent.push(new URL(url).host);
    return { status: 200, error: null, latencyMs: 1, body: "" };
  };
  await using forwarder = new BinForwarder(forwarderNeeds(database, { send }));
  await forwarder.forward({ providerId, binId, number: 1 }, "http://other.example/");
  forwarder.start();
  await until(async () => (await database.query("select from bin_requests where forward_due_at is null")).length > 0);
  expect(sent).toEqual(["other.example", "own.example"]);
});

test("a provider with manual forwards to slow targets leaves slots to others", async ({ database }) => {
  const [busy, other] = [await buildBin(database), await buildBin(database)];
  for (const { id: binId } of [busy, other]) await receiveRequest(database, { binId }, request);
  const target = slowTarget();
  await using forwarder = new BinForwarder(forwarderNeeds(database, target));
  const forward = ({ providerId, id: binId }: typeof busy) =>
    forwarder.forward({ providerId, binId, number: 1 }, "http://slow.example/");

  const ofBusy = Array.from({ length: 20 }, () => forward(busy));
  const ofOther = [forward(other), forward(other)];
  target.respond();
  expect((await Promise.all(ofBusy)).filter((result) => result !== "busy")).toHaveLength(5);
  expect(await Promise.all(ofOther)).toMatchObject([{ status: 200 }, { status: 200 }]);

  await database.query("update providers set state = 'suspended' where id = $1", [other.providerId]);
  expect(await forward(other)).toBeUndefined();
  expect(target.sent).toHaveLength(7);
});
