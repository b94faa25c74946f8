import { expect, test } from "vitest";
import { unusedStore } from "../../../test/support/build-lane.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { Lease } from "./lease.ts";

const ignore = (): void => undefined;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A lease of 10 s at a database that responds when the test says so. */
function buildLease() {
  const clock = new HandDrivenClock();
  const calls: { readonly ids: readonly string[]; readonly respond: (isKnown: boolean) => void }[] = [];
  const call = (...ids: readonly string[]): Promise<boolean> => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const respond = (isKnown: boolean): void =>
      ids.length > 1 && !isKnown ? reject(new Error("away")) : resolve(isKnown);
    calls.push({ ids, respond });
    return promise;
  };
  const store = {
    ...unusedStore,
    register: async (id: string, formerIds: readonly string[]) => void (await call(id, ...formerIds)),
    heartbeat: (id: string) => call(id),
  };
  const log = { attempt: ignore, notMade: ignore, warn: ignore };
  let aheadMs = 0;
  const wallMs = (): number => clock.monotonicMs() + aheadMs;
  const lease = new Lease({ store, clock, wallMs, log, leaseMs: 10_000 }, "none");
  /** While a machine sleeps, its monotonic clock stands still. With a negative time, somebody sets the wall clock back. */
  const sleepFor = (ms: number): void => void (aheadMs += ms);
  const register = async (id: string, isDone = true): Promise<void> => {
    const registered = lease.register(id).catch(ignore);
    calls.at(-1)?.respond(isDone);
    await registered;
  };
  return { clock, calls, lease, register, sleepFor };
}

test("a lease holds for four fifths of its time, from before its registration or heartbeat was sent", async () => {
  const { clock, calls, lease } = buildLease();
  const stop = new AbortController();
  const registered = lease.register("a");
  await clock.advance(3000);
  expect([lease.holds, lease.graceMs]).toEqual([false, 0]);
  calls[0]?.respond(true);
  await registered;
  const alive = lease.keepAlive(stop.signal);
  await clock.advance(4000); // sends heartbeats at 5 and 7 s
  calls[2]?.respond(true);
  calls[1]?.respond(true);
  await nextTurn();
  await clock.advance(7999);
  expect([lease.holds, lease.mayStart(), lease.graceMs]).toEqual([true, true, 2001]);
  await clock.advance(1);
  expect([lease.holds, lease.mayStart(), lease.graceMs]).toEqual([false, false, 2000]);
  for (const { respond } of calls.slice(3)) respond(true);
  await nextTurn();
  expect(lease.holds).toBe(false); // others may have claimed the lanes
  stop.abort();
  await alive;
});

test("a lease ends while the machine sleeps, and at its time although the wall clock was set back", async () => {
  const { clock, lease, register, sleepFor } = buildLease();
  await register("a");
  sleepFor(7999);
  expect([lease.holds, lease.graceMs]).toEqual([true, 2001]);
  sleepFor(1);
  expect([lease.holds, lease.mayStart(), lease.graceMs]).toEqual([false, false, 2000]);
  await register("b");
  sleepFor(-60_000);
  await clock.advance(7999);
  expect(lease.holds).toBe(true);
  await clock.advance(1);
  expect(lease.holds).toBe(false);
});

test("attempts of an earlier id may not start under the next one", async () => {
  const { lease, register } = buildLease();
  await register("a");
  const { mayStart } = lease;
  await register("b");
  expect([mayStart(), lease.mayStart(), lease.engineId]).toEqual([false, true, "b"]);
});

test("a heartbeat counts only if the database knows the present id", async () => {
  const { clock, calls, lease, register } = buildLease();
  const stop = new AbortController();
  await register("a");
  const alive = lease.keepAlive(stop.signal);
  await clock.advance(1000);
  const registered = lease.register("b");
  await clock.advance(1000); // sends the heartbeat of the earlier id
  calls[1]?.respond(true);
  await registered;
  calls[2]?.respond(true);
  await clock.advance(2000);
  calls[3]?.respond(false);
  await clock.advance(4999);
  expect([lease.holds, calls.slice(2, 4).map(({ ids }) => ids)]).toEqual([true, [["a"], ["b"]]]);
  await clock.advance(1);
  expect(lease.holds).toBe(false);
  stop.abort();
  for (const { respond } of calls) respond(true);
  await alive;
});

test("a registration names all earlier ids that the database may know", async () => {
  const { calls, register } = buildLease();
  await register("a");
  await register("b", false);
  await register("c");
  await register("d");
  expect(calls.map(({ ids }) => ids)).toEqual([["a"], ["b", "a"], ["c", "a", "b"], ["d", "c"]]);
});

test("a stopped lease sends no more heartbeats, and waits for the open ones", async () => {
  const { clock, calls, lease, register } = buildLease();
  const stop = new AbortController();
  await register("a");
  let isEnded = false;
  const alive = lease.keepAlive(stop.signal).then(() => (isEnded = true));
  await clock.advance(2000);
  stop.abort();
  await nextTurn();
  expect([calls.length, isEnded]).toEqual([2, false]);
  calls[1]?.respond(true);
  await alive;
});

test("an engine without a database for days keeps the id that owns its lanes, and few others", async () => {
  const calls: (readonly string[])[] = [];
  let isAway = false;
  const store = {
    register: async (_id: string, formerIds: readonly string[]): Promise<void> => {
      calls.push(formerIds);
      if (isAway) throw new Error("away");
    },
    heartbeat: async () => true,
  };
  const log = { attempt: ignore, notMade: ignore, warn: ignore };
  const lease = new Lease({ store, log, clock: new HandDrivenClock(), wallMs: () => 0, leaseMs: 10_000 }, "owner");
  await lease.register("owner");
  isAway = true;
  for (let index = 0; index < 1000; index += 1) await lease.register(`id-${index}`).catch(() => undefined);
  isAway = false;
  await lease.register("next");
  const last = calls.at(-1) ?? [];
  expect(last.length).toBeLessThan(200);
  expect([last[0], last.at(-1)]).toEqual(["owner", "id-999"]);
  await lease.register("later");
  expect(calls.at(-1)).toEqual(["next"]);
});
