import { expect, test } from "vitest";
import { HandDrivenClock } from "../../test/support/hand-driven-clock.ts";
import { DatabaseClock } from "./clock.ts";

const hourMs = 3_600_000;

/** Opens a clock on a machine `aheadMs` ahead of the database, which takes `takesMs` to respond. */
async function open({ aheadMs = 0, takesMs = 0 }) {
  const truth = new HandDrivenClock();
  const database = { aheadMs: 0, isAway: false };
  const machine = {
    now: () => new Date(truth.now().getTime() + aheadMs),
    monotonicMs: () => truth.monotonicMs(),
    sleep: (ms: number, signal?: AbortSignal) => truth.sleep(ms, signal),
  };
  const warnings: string[] = [];
  const opening = DatabaseClock.open({
    machine,
    read: async () => {
      if (database.isAway) throw new Error("away");
      await truth.sleep(takesMs / 2);
      const databaseTime = new Date(truth.now().getTime() + database.aheadMs);
      await truth.sleep(takesMs / 2);
      return databaseTime;
    },
    log: { warn: (_fields, sentence) => warnings.push(sentence) },
  });
  await truth.advance(takesMs);
  const clock = await opening;
  const aheadOfTruthMs = (): number => clock.now().getTime() - truth.now().getTime();
  return { clock, truth, database, warnings, aheadOfTruthMs };
}

test.each([24 * 60 * hourMs, -24 * 60 * hourMs])(
  "a machine whose clock is off by %i ms uses the database's time and logs one warning",
  async (aheadMs) => {
    const { clock, truth, warnings, aheadOfTruthMs } = await open({ aheadMs });
    await using _closing = clock;
    expect(aheadOfTruthMs()).toBe(0);
    await truth.advance(hourMs);
    expect(aheadOfTruthMs()).toBe(0);
    expect(warnings).toHaveLength(1);
  },
);

test("a machine's time within the uncertainty of a slow database response is kept", async () => {
  const { clock, aheadOfTruthMs, warnings } = await open({ aheadMs: 7, takesMs: 20 });
  await using _closing = clock;
  expect(aheadOfTruthMs()).toBe(7);
  expect(warnings).toEqual([]);
});

test("the clock keeps running while the database is away, and follows a database clock that was changed meanwhile", async () => {
  const { clock, truth, database, aheadOfTruthMs } = await open({});
  await using _closing = clock;
  database.isAway = true;
  await truth.advance(hourMs);
  expect(aheadOfTruthMs()).toBe(0);
  database.isAway = false;
  database.aheadMs = hourMs;
  await truth.advance(hourMs);
  expect(aheadOfTruthMs()).toBe(hourMs);
});
