import { expect, test } from "vitest";
import type { DueDelivery, LaneToRead, ReadLimits, RunToRead } from "#webhooks/deliveries/index.ts";
import { answered, claimed, due as dueRow, newLane, poll, settings } from "../../../test/support/build-lane.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { DueReader } from "./due-reader.ts";
import { Lane } from "./lane.ts";
import { ReceiverHosts } from "./receiver-host.ts";

/** A store with nothing behind the heads of keys, and without running transactions. */
const storeWith = (
  clock: HandDrivenClock,
  readDue: (lanes: readonly LaneToRead[], limits: ReadLimits) => Promise<readonly DueDelivery[]>,
) => ({
  sampleTransactions: async () => ({ at: clock.now().toISOString(), oldestRunning: 7n, nextToStart: 7n }),
  readRuns: async () => [],
  readDue,
});

// A transaction that commits between a read and a sample would be skipped if the sample counted for that read.
test("the cursor advances to the horizon before the read, regardless of a concurrent sample", async () => {
  const clock = new HandDrivenClock();
  const read: LaneToRead[] = [];
  const store = storeWith(clock, async (lanes: readonly LaneToRead[]) => {
    read.push(...lanes);
    await Promise.resolve(); // the sample comes first
    return [];
  });
  const reader = new DueReader({ store, clock, inFlightMax: 200 }, "others", () => undefined);
  const lane = newLane();
  const times: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    times.push(clock.now().toISOString());
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read([lane]);
    await clock.advance(1000);
  }
  expect(read.map(({ after }) => after.dueAt)).toEqual(["-infinity", "-infinity", times[0], times[1]]);
});

test("a read does not wait for a sample, and a failed sample is repeated", async () => {
  const clock = new HandDrivenClock();
  const pending = Promise.withResolvers<never>();
  let samples = 0;
  const store = {
    sampleTransactions: () => {
      samples += 1;
      return pending.promise;
    },
    readRuns: async () => [],
    readDue: async () => [],
  };
  const reader = new DueReader({ store, clock, inFlightMax: 200 }, "others", () => undefined);
  const lane = newLane();
  const read = async (): Promise<void> => {
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read([lane]);
    await clock.advance(1000);
  };
  await read();
  await read();
  expect(samples).toBe(1);
  pending.reject(new Error("the database is away"));
  await read();
  await read();
  expect(samples).toBeGreaterThan(1);
});

test("reads of few lanes start at least 5 ms apart, and the lanes requested meanwhile share one", async () => {
  const clock = new HandDrivenClock();
  const reads: number[] = [];
  const store = storeWith(clock, async (lanes: readonly LaneToRead[]) => {
    reads.push(lanes.length);
    return [];
  });
  const reader = new DueReader({ store, clock, inFlightMax: 200 }, "others", () => undefined);
  const [one, other] = [newLane(), newLane()];
  const lanes = [one, other];
  const request = (lane: typeof one): void => {
    lane.polls.pollNow();
    reader.request(lane);
  };
  request(one);
  await reader.read(lanes);
  request(one);
  const next = reader.read(lanes);
  await clock.advance(4);
  expect(reads).toEqual([1]);
  request(other);
  await clock.advance(1);
  await next;
  expect(reads).toEqual([1, 2]);
});

test("lanes that rest take no share of the memory for rows", async () => {
  const clock = new HandDrivenClock();
  const limits: number[] = [];
  const store = storeWith(clock, async (lanes: readonly LaneToRead[]) => {
    limits.push(...lanes.map(({ limit }) => limit));
    return [];
  });
  const reader = new DueReader({ store, clock, inFlightMax: 200 }, "quick", () => undefined);
  const busy = newLane();
  for (let answer = 0; answer < 100; answer += 1) busy.learn(answered, 0);
  const others = Array.from({ length: 999 }, newLane);
  const readBeside = async (lanes: readonly Lane[]): Promise<void> => {
    busy.polls.pollNow();
    reader.request(busy);
    await reader.read([busy, ...lanes]);
    await clock.advance(1000);
  };
  await readBeside(others);
  for (const lane of others) poll(lane, 0);
  await readBeside(others);
  expect(limits).toEqual([5, 80]);
});

const due = (endpointVersion: number, body = "{}"): DueDelivery => ({
  ...dueRow(`00000000-0000-7000-8000-00000000000${endpointVersion}`, "2026-01-01T00:00:00.000Z"),
  body: Buffer.from(body),
  endpointVersion,
});

test("one statement reads fewer lanes with large bodies", async () => {
  const clock = new HandDrivenClock();
  const reads: number[] = [];
  const store = storeWith(clock, async (lanes: readonly LaneToRead[]) => {
    reads.push(lanes.length);
    return [due(settings.version, "x".repeat(10_000_000))];
  });
  const reader = new DueReader({ store, clock, inFlightMax: 200 }, "others", () => undefined);
  const lanes = [newLane(), newLane()];
  const request = (): void => {
    for (const lane of lanes) {
      lane.dropWaiting();
      reader.request(lane);
    }
  };
  for (let read = 0; read < 2; read += 1) {
    request();
    await reader.read(lanes);
    await clock.advance(1000);
  }
  await reader.read(lanes);
  expect(reads).toEqual([2, 1, 1]);
});

test("a read that its bodies end goes on behind its last row", async () => {
  const clock = new HandDrivenClock();
  const read: LaneToRead[] = [];
  const store = storeWith(clock, async ([lane]: readonly LaneToRead[]) => {
    if (lane) read.push(lane);
    return read.length === 2 ? [due(settings.version, "x".repeat(lane?.bytes ?? 0))] : [];
  });
  const reader = new DueReader({ store, clock, inFlightMax: 200 }, "others", () => undefined);
  const lane = newLane();
  for (let turn = 0; turn < 3; turn += 1) {
    if (!reader.hasRequests) lane.polls.pollNow();
    expect(reader.hasRequests).toBe(turn === 2);
    reader.request(lane);
    lane.shift(0);
    await reader.read([lane]);
    await clock.advance(turn === 0 ? 2000 : 100);
  }
  expect(read.map(({ after }) => after.dueAt)).toEqual(["-infinity", "-infinity", due(1).dueAt]);
});

// The hint of a changed endpoint can be lost, so the rows' endpoint version shows that the lane's settings are outdated.
test("rows of a newer endpoint version make the engine reload the lane's settings, rows of the same version do not", async () => {
  const clock = new HandDrivenClock();
  const reload = async (version: number): Promise<readonly number[]> => {
    const reloaded: number[] = [];
    const store = storeWith(clock, async () => [due(version)]);
    const reader = new DueReader({ store, clock, inFlightMax: 200 }, "others", (endpointId) =>
      reloaded.push(endpointId),
    );
    const lane = newLane();
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read([lane]);
    return reloaded;
  };
  expect(await reload(settings.version)).toEqual([]);
  expect(await reload(settings.version + 1)).toEqual([settings.endpointId]);
});

/** A row of a lane, with a body of this size. */
const dueOf = ({ endpointId }: Lane, eventId: string, bytes: number): DueDelivery => ({
  ...due(settings.version),
  endpointId,
  eventId,
  body: Buffer.alloc(bytes),
});

const laneOf = (endpointId: number): Lane => new Lane({ ...claimed, endpointId }, settings, new ReceiverHosts(8), 0);

const ignore = (): void => undefined;

// 32 MB for each half of the receivers.
const inFlightMax = 200;
const half = 32_000_000;

test("a statement reads bodies of 10 MB, and the lanes that they leave out are read next, from where they were", async () => {
  const clock = new HandDrivenClock();
  const reads: { readonly lanes: readonly (readonly [number, string])[]; readonly bytesMax: number }[] = [];
  const store = {
    ...storeWith(clock, async () => []),
    readDue: async (toRead: readonly LaneToRead[], { bytesMax }: ReadLimits) => {
      reads.push({ lanes: toRead.map(({ endpointId, after }) => [endpointId, after.dueAt] as const), bytesMax });
      return reads.length === 2 ? [dueOf(one, "a", 1), dueOf(two, "b", bytesMax - 1)] : [];
    },
  };
  const reader = new DueReader({ store, clock, inFlightMax }, "others", ignore);
  const [one, two, three] = [laneOf(1), laneOf(2), laneOf(3)];
  const owned = [one, two, three];
  reader.request(one);
  await reader.read(owned); // takes the sample that lets cursors advance
  one.polls.pollNow();
  for (const lane of owned) reader.request(lane);
  await clock.advance(100);
  expect(await reader.read(owned)).toEqual([one, two]);
  expect(owned.map(({ rows }) => rows.heldBytes)).toEqual([1, 9_999_999, 0]);
  two.shift(0);
  await clock.advance(100);
  await reader.read(owned);
  const lanes = [
    [2, due(1).dueAt],
    [3, "-infinity"],
  ];
  expect(reads[2]).toEqual({ lanes, bytesMax: 10_000_000 });
});

test("bodies of receivers that are not quick fill half of the memory, and then only small ones are read until one is settled", async () => {
  const clock = new HandDrivenClock();
  const slow = laneOf(1);
  const quick = laneOf(2);
  quick.learn(answered, 0);
  const read: number[] = [];
  const store = storeWith(clock, async (toRead, { bytesMax, bodyMax }) => {
    // Large bodies behind heads of keys, which stay, do not end the statement.
    if (bodyMax < half) return bytesMax > half ? [dueOf(slow, "small", bodyMax)] : [];
    read.push(...toRead.map(({ endpointId }) => endpointId));
    return toRead.map(({ endpointId }) => dueOf(endpointId === 1 ? slow : quick, `event ${read.length}`, 16_000_000));
  });
  const needs = { store, clock, inFlightMax };
  const [others, forQuick] = [new DueReader(needs, "others", ignore), new DueReader(needs, "quick", ignore)];
  const readAll = async (): Promise<void> => {
    others.request(slow);
    forQuick.request(quick);
    const reading = Promise.all([others, forQuick].map((reader) => reader.read([slow, quick])));
    await new Promise(setImmediate); // until a reader without room sleeps
    await clock.advance(1000); // until the next poll
    await reading;
    for (const lane of [slow, quick]) lane.shift(0);
  };
  await readAll();
  await readAll();
  expect([slow.rows.heldBytes, quick.rows.heldBytes]).toEqual([half, half]);
  quick.rows.settled({ eventId: "event 2", orderingKey: null }, 0);
  await readAll();
  expect(read).toEqual([1, 2, 1, 2, 2]);
  expect(slow.rows.heldBytes - half).toBe(4000);
  for (const eventId of ["event 1", "small"]) slow.rows.settled({ eventId, orderingKey: null }, 0);
  await readAll();
  expect(read).toEqual([1, 2, 1, 2, 2, 1]);
});

test("bodies of receivers that stop responding stay in memory, and quick ones are read one by one when they fill all of it", async () => {
  const clock = new HandDrivenClock();
  const lanes = [laneOf(1), laneOf(2), laneOf(3)];
  const reads: number[] = [];
  const store = {
    ...storeWith(clock, async () => []),
    readDue: async (toRead: readonly LaneToRead[], { bytesMax }: ReadLimits) => {
      reads.push(bytesMax);
      return lanes
        .filter(({ endpointId }) => endpointId === toRead[0]?.endpointId)
        .map((lane) => dueOf(lane, "a", half));
    },
  };
  const reader = new DueReader({ store, clock, inFlightMax }, "quick", ignore);
  for (const lane of lanes) {
    lane.learn(answered, 0);
    reader.request(lane);
    await reader.read(lanes);
    lane.isStalled = true;
    await clock.advance(100);
  }
  expect(reads).toEqual([10_000_000, 10_000_000, 1]);

  const hinted = laneOf(4);
  poll(hinted, 0);
  const take = (by: DueReader, bytes: number) => by.takeHinted(hinted, dueOf(hinted, `${bytes} bytes`, bytes), 1);
  expect([take(reader, 4001), take(reader, 4000)]).toEqual([false, true]);
  hinted.shift(0);
  expect(take(new DueReader({ store, clock, inFlightMax }, "quick", ignore), 4001)).toBe(true);
});

test("a read has room for the bodies of rows that it finds again", async () => {
  const clock = new HandDrivenClock();
  const lane = laneOf(1);
  const reads: number[] = [];
  const store = {
    ...storeWith(clock, async () => []),
    readDue: async (_lanes: readonly LaneToRead[], { bytesMax }: ReadLimits) => {
      reads.push(bytesMax);
      return [dueOf(lane, "a", 5_000_000)];
    },
  };
  const reader = new DueReader({ store, clock, inFlightMax }, "others", ignore);
  for (let read = 0; read < 2; read += 1) {
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read([lane]);
    lane.shift(0);
    await clock.advance(100);
  }
  expect(reads).toEqual([10_000_000, 15_000_000]);
});

test("a body larger than all room is read once nothing else is in memory", async () => {
  const clock = new HandDrivenClock();
  const lane = laneOf(1);
  const bytes: number[] = [];
  const store = {
    ...storeWith(clock, async () => []),
    readDue: async (_lanes: readonly LaneToRead[], { bytesMax }: ReadLimits) => {
      bytes.push(bytesMax);
      return [dueOf(lane, "large", 2 * half)];
    },
  };
  const other = laneOf(2);
  const reader = new DueReader({ store, clock, inFlightMax: 1 }, "others", ignore);
  reader.request(lane);
  await reader.read([lane, other]);
  expect([bytes, lane.rows.heldBytes]).toEqual([[160_000], 2 * half]);
});

test("a lane that sends nothing for a second drops its rows if others wait for their memory", async () => {
  const clock = new HandDrivenClock();
  const [stuck, sending, next] = [laneOf(1), laneOf(2), laneOf(3)];
  const store = storeWith(clock, async (toRead, { bodyMax }) => {
    if (bodyMax < half) return [];
    return toRead.map(({ endpointId }) => dueOf(endpointId === 1 ? stuck : sending, `event ${endpointId}`, half / 2));
  });
  const reader = new DueReader({ store, clock, inFlightMax }, "others", ignore);
  const owned = [stuck, sending, next];
  for (const lane of [stuck, sending]) reader.request(lane);
  await reader.read(owned);
  sending.shift(900);
  sending.polls.begin(0, 20_000);
  reader.makeRoom(owned, 5000);
  expect(stuck.rows.heldBytes).toBe(half / 2); // nobody waits
  reader.request(next);
  const reading = reader.read(owned);
  await new Promise(setImmediate);
  await clock.advance(10);
  expect(clock.sleeping).toBe(1); // a reader without room does not read all the time
  await clock.advance(100);
  expect(await reading).toEqual([]);
  reader.makeRoom(owned, 1000);
  expect(stuck.rows.heldBytes).toBe(half / 2);
  reader.makeRoom(owned, 1100);
  expect(owned.map(({ rows }) => rows.heldBytes)).toEqual([0, half / 2, 0]);
  expect(stuck.needsRows).toBe(true);
  reader.makeRoom(owned, 9000);
  expect(sending.needsRows).toBe(false); // an attempt in flight keeps its body
});

test("of ordering keys that do not fit into a statement, the rest is read by the next one", async () => {
  const clock = new HandDrivenClock();
  const lane = laneOf(1);
  lane.learn(answered, 0);
  const ofKey = (key: number, sequence: number, bytes: number): DueDelivery => {
    const row = dueOf(lane, `${key} ${sequence}`, bytes);
    const dueAt = sequence === 1 ? row.dueAt : "infinity";
    return { ...row, dueAt, orderingKey: `account/${key}`, isFollowed: true, context: { ...row.context, sequence } };
  };
  const reads: (readonly (readonly [string, number])[])[] = [];
  const store = {
    ...storeWith(clock, async () => [ofKey(1, 1, 0), ofKey(2, 1, 0), ofKey(3, 1, 0)]),
    readRuns: async (runs: readonly RunToRead[], { bytesMax }: ReadLimits) => {
      reads.push(runs.map(({ orderingKey, afterSequence }) => [orderingKey, afterSequence]));
      return reads.length === 2 ? [ofKey(1, 2, 1), ofKey(2, 2, bytesMax)] : [];
    },
  };
  const reader = new DueReader({ store, clock, inFlightMax }, "quick", ignore);
  for (let read = 0; read < 4; read += 1) {
    reader.request(lane);
    await reader.read([lane]);
    await clock.advance(100);
  }
  expect(reads.slice(1)).toEqual([
    [
      ["account/1", 1],
      ["account/2", 1],
      ["account/3", 1],
    ],
    [["account/2", 2]],
    [["account/3", 1]],
  ]);
});
