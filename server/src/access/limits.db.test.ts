import { expect } from "vitest";
import { withoutWaiting } from "../../test/support/count-waiting.ts";
import { test as base } from "../../test/support/test.ts";
import {
  attemptCounter,
  countAttempt,
  createAttemptLimiter,
  createNetworkLimiter,
  deleteExpiredCounters,
  readCounts,
} from "./limits.ts";

let limits = 0;
const test = base
  .extend("limit", () => ({ name: `test ${(limits += 1)}`, of: "key", max: 3, windowSeconds: 60, note: "" }))
  .extend("limiter", ({ sharedPool, clock, limit }) => createAttemptLimiter({ pool: sharedPool, clock }, limit));

test("an attempt beyond the limit is refused with the time to wait", async ({ limiter, clock }) => {
  for (const wait of [0, 0, 0]) expect(await limiter.secondsToWait("ada")).toBe(wait);
  await clock.advance(20_500);
  expect(await limiter.secondsToWait("ada")).toBe(40);
  expect(await limiter.secondsToWait("bob")).toBe(0);
});

test("the count of attempts restarts when the window has ended", async ({ limiter, clock }) => {
  for (let attempt = 0; attempt < 4; attempt += 1) await limiter.secondsToWait("ada");
  await clock.advance(60_000);
  for (const wait of [0, 0, 0, 60]) expect(await limiter.secondsToWait("ada")).toBe(wait);
});

test("forgetting an attempt counter allows the next attempt at once", async ({ limiter }) => {
  for (let attempt = 0; attempt < 3; attempt += 1) await limiter.secondsToWait("ada");
  await limiter.forget("ada");
  expect(await limiter.secondsToWait("ada")).toBe(0);
});

test("concurrent attempts in several processes share one count", async ({ sharedPool, clock, limit }) => {
  const processes = [1, 2, 3].map(() => createAttemptLimiter({ pool: sharedPool, clock }, limit));
  const waits = await Promise.all([...processes, ...processes].map((one) => one.secondsToWait("ada")));
  expect(waits.filter((seconds) => seconds === 0)).toHaveLength(3);
});

test("counts from a process with a clock days ahead do not block attempts in other processes", async ({
  sharedPool,
  clock,
  limit,
}) => {
  const ahead = { now: () => new Date(clock.now().getTime() + 60 * 24 * 3600_000) };
  const counters = [attemptCounter(limit, "ada")];
  for (let attempt = 0; attempt < 5; attempt += 1) await countAttempt({ pool: sharedPool, clock: ahead }, counters);
  expect(await readCounts({ pool: sharedPool, clock }, counters)).toEqual([{ attempts: 0, secondsLeft: 0 }]);
  const here = createAttemptLimiter({ pool: sharedPool, clock }, limit);
  for (const wait of [0, 0, 0, 60]) expect(await here.secondsToWait("ada")).toBe(wait);
});

test("a refusal ends although the clock is set back by days", async ({ sharedPool, clock, limit }) => {
  let aheadMs = 60 * 24 * 3600_000;
  const wrong = { now: () => new Date(clock.now().getTime() + aheadMs) };
  const limiter = createAttemptLimiter({ pool: sharedPool, clock: wrong }, limit);
  while ((await limiter.secondsToWait("ada")) === 0);
  aheadMs = 0;
  expect(await limiter.secondsToWait("ada")).toBe(0);
});

test("an IPv6 /64, /56 and /48 have one, four and sixteen times the limit", async ({ sharedPool, clock, limit }) => {
  const limiter = createNetworkLimiter({ pool: sharedPool, clock }, limit);
  const countAttempts = async (addresses: readonly string[]): Promise<number> => {
    const waits: number[] = [];
    for (const address of addresses) waits.push(await limiter.secondsToWait(address));
    return waits.filter((seconds) => seconds === 0).length;
  };
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  expect(await countAttempts(numbers.map((index) => `2001:db8:1:2::${index}`))).toBe(3);
  expect(await countAttempts(numbers.map((index) => `2001:db8:2:${index.toString(16)}::1`))).toBe(12);
  expect(await countAttempts(numbers.map((index) => `2001:db8:3:${(index * 256).toString(16)}::1`))).toBe(48);
});

test("counters are deleted once their window has ended, and no sooner", async ({ sharedPool, clock, limiter }) => {
  await limiter.secondsToWait("ada");
  const count = async () =>
    (await sharedPool.query<{ n: number }>("select count(*)::int n from attempt_counters"))[0]?.n;
  const all = await count();
  expect(all).toBeGreaterThan(0);
  expect(await deleteExpiredCounters(sharedPool, new Date(0))).toBe(0);
  expect(await count()).toBe(all);
  await clock.advance(100 * 24 * 3600_000);
  while ((await deleteExpiredCounters(sharedPool, clock.now())) > 0);
  expect(await count()).toBe(0);
});

test("a counter whose window begins again while ended ones are deleted is kept, without a wait", async ({
  database,
  clock,
  limit,
}) => {
  const limiter = createAttemptLimiter({ pool: database, clock }, limit);
  await limiter.secondsToWait("ada");
  await clock.advance(100 * 24 * 3600_000);
  await database.inTransaction(async (tx) => {
    await tx.query("update attempt_counters set attempts = 2, ends_at = $1::timestamptz + interval '60 seconds'", [
      clock.now(),
    ]);
    expect(await withoutWaiting(database, (other) => deleteExpiredCounters(other, clock.now()))).toBe(0);
  });
  expect(await limiter.secondsToWait("ada")).toBe(0);
  expect(await limiter.secondsToWait("ada")).toBeGreaterThan(0);
});
