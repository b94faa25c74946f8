import { expect, test } from "vitest";
import type { DueDelivery, LaneToRead } from "#webhooks/deliveries/index.ts";
import { newLane, settings } from "../../../test/support/build-lane.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { DueReader } from "./due-reader.ts";

/** A store with nothing behind the heads of keys, and without running transactions. */
const storeWith = (
  clock: HandDrivenClock,
  readDue: (lanes: readonly LaneToRead[]) => Promise<readonly DueDelivery[]>,
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
  const reader = new DueReader({ store, clock }, () => undefined);
  const lane = newLane();
  const times: string[] = [];
  for (let poll = 0; poll < 4; poll += 1) {
    times.push(clock.now().toISOString());
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read(1);
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
  const reader = new DueReader({ store, clock }, () => undefined);
  const lane = newLane();
  const read = async (): Promise<void> => {
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read(1);
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
  const reader = new DueReader({ store, clock }, () => undefined);
  const [one, other] = [newLane(), newLane()];
  const request = (lane: typeof one): void => {
    lane.polls.pollNow();
    reader.request(lane);
  };
  request(one);
  await reader.read(2);
  request(one);
  const next = reader.read(2);
  await clock.advance(4);
  expect(reads).toEqual([1]);
  request(other);
  await clock.advance(1);
  await next;
  expect(reads).toEqual([1, 2]);
});

const due = (endpointVersion: number, body = "{}"): DueDelivery => ({
  endpointId: settings.endpointId,
  eventId: `00000000-0000-7000-8000-00000000000${endpointVersion}`,
  dueAt: "2026-01-01T00:00:00.000Z",
  orderingKey: null,
  attemptsMade: 0,
  roundStart: 0,
  retriedAt: "-infinity",
  replay: 0,
  format: "json",
  body: Buffer.from(body),
  context: {
    type: "account.created",
    objectId: 1,
    accountId: 1,
    time: "2026-01-01T00:00:00.000Z",
    sequence: 1,
    actor: "system",
    channel: "system",
  },
  endpointVersion,
  isFollowed: false,
});

test("one statement reads fewer lanes with large bodies", async () => {
  const clock = new HandDrivenClock();
  const reads: number[] = [];
  const store = storeWith(clock, async (lanes: readonly LaneToRead[]) => {
    reads.push(lanes.length);
    return [due(settings.version, "x".repeat(10_000_000))];
  });
  const reader = new DueReader({ store, clock }, () => undefined);
  const lanes = [newLane(), newLane()];
  const request = (): void => {
    for (const lane of lanes) {
      lane.dropWaiting();
      reader.request(lane);
    }
  };
  for (let read = 0; read < 2; read += 1) {
    request();
    await reader.read(2);
    await clock.advance(1000);
  }
  await reader.read(2);
  expect(reads).toEqual([2, 1, 1]);
});

test("a read that its bodies end goes on behind its last row", async () => {
  const clock = new HandDrivenClock();
  const read: LaneToRead[] = [];
  const store = storeWith(clock, async ([lane]: readonly LaneToRead[]) => {
    if (lane) read.push(lane);
    return read.length === 2 ? [due(settings.version, "x".repeat(lane?.bytes ?? 0))] : [];
  });
  const reader = new DueReader({ store, clock }, () => undefined);
  const lane = newLane();
  for (let poll = 0; poll < 3; poll += 1) {
    if (!reader.hasRequests) lane.polls.pollNow();
    expect(reader.hasRequests).toBe(poll === 2);
    reader.request(lane);
    lane.shift(0);
    await reader.read(1);
    await clock.advance(poll === 0 ? 2000 : 100);
  }
  expect(read.map(({ after }) => after.dueAt)).toEqual(["-infinity", "-infinity", due(1).dueAt]);
});

// The hint of a changed endpoint can be lost, so the rows' endpoint version shows that the lane's settings are outdated.
test("rows of a newer endpoint version make the engine reload the lane's settings, rows of the same version do not", async () => {
  const clock = new HandDrivenClock();
  const reload = async (version: number): Promise<readonly number[]> => {
    const reloaded: number[] = [];
    const store = storeWith(clock, async () => [due(version)]);
    const reader = new DueReader({ store, clock }, (endpointId) => reloaded.push(endpointId));
    const lane = newLane();
    lane.polls.pollNow();
    reader.request(lane);
    await reader.read(1);
    return reloaded;
  };
  expect(await reload(settings.version)).toEqual([]);
  expect(await reload(settings.version + 1)).toEqual([settings.endpointId]);
});
