import { expect, test } from "vitest";
import { countedAttempt } from "../../../test/support/counted-attempt.ts";
import { until } from "../../../test/support/until.ts";
import { type OwnedLane, StatisticsRecorder } from "./recorder.ts";
import { idleLane, type LaneToWrite, type LaneWritten } from "./write-statistics.ts";

const lane = { endpointId: 1, providerId: 1, epoch: 7, formerThrough: 100 };

type Write = (lanes: readonly LaneToWrite[]) => Promise<ReadonlyMap<number, LaneWritten>>;
const counted: Write = async (lanes) =>
  new Map(lanes.map(({ endpointId, through }) => [endpointId, { result: "counted", through }]));

/** Starts a recorder with a clock that the test advances. */
function startRecorder(ownedLanes: readonly OwnedLane[] = []) {
  let nowMs = 0;
  let wake: (() => void) | undefined;
  const state: { write: Write; writes: number } = { write: counted, writes: 0 };
  const stop = new AbortController();
  const recorder = new StatisticsRecorder({
    clock: {
      now: () => new Date(nowMs),
      monotonicMs: () => nowMs,
      sleep: () => new Promise((resolve) => (wake = resolve)),
    },
    write: async (lanes) => {
      state.writes += 1;
      return await state.write(lanes);
    },
    ownedLanes: () => ownedLanes.map((owned) => ({ lane: owned, state: idleLane })),
    log: { warn: () => undefined },
  });
  void recorder.run(stop.signal);
  const pass = async (ms: number, write: Write): Promise<void> => {
    await until(() => wake !== undefined);
    nowMs += ms;
    state.write = write;
    const writes = state.writes;
    const wakeNow = wake;
    wake = undefined;
    wakeNow?.();
    await until(() => state.writes > writes && wake !== undefined);
  };
  return { recorder, pass };
}

const count = (recorder: StatisticsRecorder, transaction: number): void =>
  recorder.count(lane, countedAttempt(), { first: transaction, last: transaction });

test("the lag is the age of the oldest uncounted attempt", async () => {
  const { recorder, pass } = startRecorder();
  expect(recorder.lagSeconds).toBe(0);
  count(recorder, 101);
  await pass(1000, () => Promise.reject(new Error("no database")));
  expect(recorder.lagSeconds).toBe(1);
  await pass(3000, async (lanes) => {
    count(recorder, 102); // recorded during the write, so not part of it
    return await counted(lanes);
  });
  expect(recorder.lagSeconds).toBe(0);
  await pass(2000, counted);
  expect(recorder.lagSeconds).toBe(0);
});

test("an attempt recorded during a write counts towards the lag from then on", async () => {
  const { recorder, pass } = startRecorder();
  count(recorder, 101);
  await pass(1000, async (lanes) => {
    count(recorder, 102);
    return await counted(lanes);
  });
  await pass(5000, () => Promise.reject(new Error("no database")));
  expect(recorder.lagSeconds).toBe(5);
});

test("attempts to be recounted from the history count towards the lag until they are written", async () => {
  const { recorder, pass } = startRecorder();
  recorder.recount(lane, 101);
  await pass(4000, async (lanes) => new Map(lanes.map(({ endpointId }) => [endpointId, { result: "again" }])));
  expect(recorder.lagSeconds).toBe(4);
  await pass(1000, counted);
  expect(recorder.lagSeconds).toBe(0);
});

/** Adds what is written to `parts`, of which everything up to the transaction `through` is counted then. */
const countedUpTo =
  (through: number, parts: LaneToWrite[]): Write =>
  async (lanes) => {
    parts.push(...lanes);
    return new Map(lanes.map(({ endpointId }) => [endpointId, { result: "counted", through }]));
  };

// Of an idle lane, the history is read up to the last transaction that has ended, whose outcomes the engine may not know yet.
test("an attempt that becomes known while the history is read with it counts once", async () => {
  const { recorder, pass } = startRecorder([lane]);
  const parts: LaneToWrite[] = [];
  recorder.recount(lane, 101);
  await pass(1000, async (lanes) => {
    count(recorder, 105);
    return await countedUpTo(110, parts)(lanes);
  });
  await pass(1000, countedUpTo(110, parts));
  count(recorder, 111);
  await pass(1000, countedUpTo(111, parts));
  expect(parts.map(({ counts, base, known }) => [counts.size, base, known])).toEqual([
    [0, undefined, undefined],
    [0, undefined, undefined],
    [1, 110, 110],
  ]);
});

test("an attempt of a transaction that the history was read up to is left to the history", async () => {
  const { recorder, pass } = startRecorder([lane]);
  const parts: LaneToWrite[] = [];
  count(recorder, 101);
  await pass(1000, countedUpTo(110, parts));
  count(recorder, 110);
  count(recorder, 120);
  await pass(1000, countedUpTo(120, parts));
  expect(parts.map(({ counts, base, known }) => [counts.size, base, known])).toEqual([
    [1, 100, undefined],
    [1, 119, undefined],
  ]);
});

test("a recount that begins during a write is not ended by it", async () => {
  const { recorder, pass } = startRecorder([lane]);
  const parts: LaneToWrite[] = [];
  count(recorder, 103);
  await pass(1000, async (lanes) => {
    recorder.recount(lane, 102); // refused outcomes, of a transaction before
    return await countedUpTo(103, parts)(lanes);
  });
  await pass(1000, countedUpTo(103, parts));
  expect(parts.map(({ base, known, through }) => [base, known, through])).toEqual([
    [100, undefined, 103],
    [undefined, undefined, 103],
  ]);
});

test("the attempts under an epoch are written after those under the one before", async () => {
  const again = { ...lane, epoch: 8, formerThrough: 101 };
  const { recorder, pass } = startRecorder([again]);
  const parts: LaneToWrite[] = [];
  count(recorder, 101);
  recorder.count(again, countedAttempt(), { first: 102, last: 102 });
  await pass(1000, countedUpTo(101, parts));
  await pass(1000, countedUpTo(102, parts));
  expect(parts.map(({ epoch, isReleased }) => [epoch, isReleased])).toEqual([
    [7, true],
    [8, false],
  ]);
});
