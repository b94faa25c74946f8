import { expect, test } from "vitest";
import { diskLimits } from "#platform/limits.ts";
import type { NotMade } from "#webhooks/attempts/index.ts";
import type { AttemptOutcome, DueDelivery } from "#webhooks/deliveries/index.ts";
import { answered, claimed, settings } from "../../../test/support/build-lane.ts";
import {
  delivery,
  fortyDeliveries,
  giveRows,
  refused,
  startDispatch,
  widen,
} from "../../../test/support/start-dispatch.ts";
import type { Dispatch } from "./dispatch.ts";
import { Lane } from "./lane.ts";
import { ReceiverHosts } from "./receiver-host.ts";

type Started = Awaited<ReturnType<typeof startDispatch>>;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Offers a lane that has responded before, `latencyMs` after each attempt, and has so many deliveries, with its id as their body. */
function offerLane(dispatch: Dispatch, endpointId: number, count: number, latencyMs = 1): Lane {
  const lane = new Lane({ ...claimed, endpointId }, settings, new ReceiverHosts<Lane>(64), 0);
  widen(lane, 64, latencyMs);
  const body = Buffer.from(String(endpointId));
  giveRows(
    lane,
    Array.from({ length: count }, (_, number) => ({ ...delivery(1000 * endpointId + number), endpointId, body })),
  );
  dispatch.offer(lane);
  return lane;
}

test("one endpoint with a backlog leaves a fifth of the quick slots to others, and is sent all the same", async () => {
  const { dispatch, sent } = await startDispatch({ inFlightMax: 80, deliveries: [] });
  const busy = offerLane(dispatch, 3, 40);
  dispatch.fill();
  expect(busy.inFlight).toBe(32);
  const other = offerLane(dispatch, 2, 1);
  dispatch.fill();
  expect(other.inFlight).toBe(1);
  for (const { respond } of sent.slice(0, 30)) respond();
  await nextTurn();
  expect(sent).toHaveLength(41);
});

test.for([
  [0, "half"],
  [160, "a tenth"],
] as const)("a lane that responds after %i ms gets %s of the turns beside one that responds at once", async ([ms]) => {
  const { clock, dispatch, sent } = await startDispatch({ inFlightMax: 8, deliveries: [] });
  offerLane(dispatch, 4, 200, 0);
  offerLane(dispatch, 5, 200, ms);
  for (let index = 0; index < 100; index += 1) {
    dispatch.fill();
    sent[index]?.respond({ ...answered, latencyMs: String(sent[index]?.body) === "4" ? 0 : ms });
    await nextTurn();
    await clock.advance(1);
  }
  const turns = sent.filter(({ body }) => String(body) === "5").length / sent.length;
  expect(turns).toBeCloseTo(ms === 0 ? 0.5 : 0.1, 1);
});

test("any number of endpoints that take nearly a second leave slots to those that respond within 200 ms", async () => {
  const { dispatch } = await startDispatch({ inFlightMax: 80, deliveries: [] });
  const moderate = Array.from({ length: 60 }, (_, number) => offerLane(dispatch, 10 + number, 3, 900));
  dispatch.fill();
  expect(moderate.filter(({ inFlight }) => inFlight > 0)).toHaveLength(30);
  const quick = offerLane(dispatch, 2, 1, 150);
  dispatch.fill();
  expect(quick.inFlight).toBe(1);
});

test("where all slots are taken, an endpoint with a single delivery is next", async () => {
  const { dispatch, sent } = await startDispatch({ inFlightMax: 8, deliveries: [] });
  for (let endpointId = 10; endpointId < 30; endpointId += 1) offerLane(dispatch, endpointId, 20);
  dispatch.fill();
  for (let turn = 0; turn < 30; turn += 1) {
    sent[turn]?.respond();
    await nextTurn();
  }
  const single = offerLane(dispatch, 2, 1);
  sent[30]?.respond();
  await nextTurn();
  expect(single.inFlight).toBe(1);
});

test("a dispatch that is closed starts no attempt, also of lanes that waited for a slot", async () => {
  const { dispatch, sent } = await startDispatch();
  dispatch.close();
  dispatch.fill();
  expect(sent).toEqual([]);
});

test("while eight or more attempts are in flight, freed slots are filled together after one millisecond", async () => {
  const { clock, dispatch, sent } = await startDispatch();
  dispatch.fill();
  expect(sent).toHaveLength(16);
  for (const { respond } of sent.slice(0, 3)) {
    respond();
    await nextTurn();
  }
  expect(sent).toHaveLength(16);
  expect(clock.sleeping).toBe(2); // until the slots are filled, and until the next outcomes are recorded
  await clock.advance(1);
  expect(sent).toHaveLength(19);
});

test("with fewer than eight attempts in flight, freed slots are filled at once", async () => {
  const { dispatch, sent } = await startDispatch();
  dispatch.fill();
  for (const { respond } of sent.slice(0, 9)) respond();
  await nextTurn();
  expect(sent).toHaveLength(25);
});

// 1,000 attempts at receivers that hang keep their bodies for a minute.
test("the body of an attempt in flight is in memory once, as it was read", async () => {
  const { dispatch, sent } = await startDispatch();
  dispatch.fill();
  expect(sent[0]?.body).toBe(fortyDeliveries[0]?.body);
});

test("attempts store a KiB of each large body beyond the endpoint's limit", async () => {
  const body = new Uint8Array(diskLimits.keptBodies.max);
  const { clock, dispatch, sent, keptBytes } = await startDispatch();
  dispatch.fill();
  for (const { respond } of sent.slice(0, 3)) respond({ ...answered, body });
  await nextTurn();
  await clock.advance(100);
  expect(keptBytes).toEqual([body.byteLength, 1024, 1024]);
});

test.for([
  ["has all its attempts again", 3, null],
  ["fails after the last of them", 2, "failed"],
] as const)("a delivery that was retried manually %s", async ([, roundStart, end]) => {
  const deliveries = [{ ...delivery(1), attemptsMade: 3, roundStart }];
  const { clock, dispatch, sent, ends } = await startDispatch({ deliveries });
  dispatch.fill();
  sent[0]?.respond(refused);
  await nextTurn();
  await clock.advance(100);
  expect(ends).toEqual([end]);
});

test("attempts that the lease prevented are not recorded, and their deliveries start again without a pause", async () => {
  const { dispatch, lane, sent, batches } = await startDispatch();
  dispatch.fill();
  for (const { respond } of sent) respond({ kind: "not-made", code: "lease", resource: "lease" });
  await nextTurn();
  await dispatch.drainOutcomes();
  expect([batches, dispatch.inFlight]).toEqual([[], 0]);
  const read = lane.beginRead(0);
  if (!read) throw new Error("The lane has room for rows.");
  lane.endRead(fortyDeliveries, read, { horizon: "20", nowMs: 0 });
  dispatch.offer(lane);
  dispatch.fill();
  expect(sent).toHaveLength(32);
});

test("starting attempts stops after 5 ms and continues after responses were processed", async () => {
  const { clock, dispatch, sent } = await startDispatch({ onSend: (hand) => void hand.advance(2) });
  dispatch.fill();
  const atOnce = sent.length;
  await clock.advance(1);
  expect(atOnce).toBe(3);
  expect(sent.length).toBeGreaterThan(3);
});

test("a lane holds no slot during the look-up of its name, and starts afterwards", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { dispatch, sent } = await startDispatch({ resolved: promise });
  dispatch.fill();
  expect([sent.length, dispatch.inFlight]).toEqual([0, 0]);
  resolve();
  await nextTurn();
  expect(sent).toHaveLength(16);
});

test.each([
  [[1], true],
  [[], false],
])(
  "after an ordered delivery with promoted successors %j, the lane is read immediately: %s",
  async (promoted, isRead) => {
    const deliveries = [{ ...delivery(1), orderingKey: "account/1" }];
    const { dispatch, lane, sent } = await startDispatch({ promoted, deliveries });
    dispatch.fill();
    for (const { respond } of sent) respond();
    await nextTurn();
    expect([sent.length, lane.inFlight]).toEqual([1, 0]);
    expect(lane.polls.isImmediate).toBe(isRead);
  },
);

/** Starts a dispatch whose first 32 outcomes are being recorded, so that the next ones are gathered. */
async function startUnderLoad() {
  const { clock, dispatch, sent, batches } = await startDispatch({ window: 32, inFlightMax: 128 });
  const respond = async (from: number, to: number, outcome?: AttemptOutcome): Promise<void> => {
    for (const one of sent.slice(from, to)) one.respond(outcome);
    await nextTurn();
  };
  dispatch.fill();
  await respond(0, 32);
  return { clock, batches, respond };
}

test("under load, unordered successes are recorded together after 100 ms", async () => {
  const { clock, batches, respond } = await startUnderLoad();
  await respond(32, 34);
  await clock.advance(80);
  expect(batches).toEqual([32]);
  await clock.advance(20);
  expect(batches).toEqual([32, 2]);
});

test("under load, an attempt with a retry is recorded within 20 ms, with the successes before it", async () => {
  const { clock, batches, respond } = await startUnderLoad();
  await respond(32, 34);
  await clock.advance(40);
  expect(batches).toEqual([32]);
  await respond(34, 35, refused);
  await clock.advance(20);
  expect(batches).toEqual([32, 3]);
});

test.for<[string, (answer: PromiseWithResolvers<boolean>) => void]>([
  ["could not be disabled in the database", ({ reject }) => reject(new Error("connection lost"))],
  ["has changed since the attempt", ({ resolve }) => resolve(false)],
])("an endpoint that %s keeps the time since which it has failed", async ([, end]) => {
  let answer = Promise.withResolvers<boolean>();
  const requested: string[] = [];
  const { dispatch, lane, sent } = await startDispatch({
    window: 2,
    failingSeconds: 86_400,
    disableEndpoint: async (_id, reason) => {
      requested.push(reason);
      return answer.promise;
    },
  });
  const failAttempts = async (): Promise<void> => {
    for (const { respond } of sent.splice(0)) respond(refused);
    await nextTurn();
  };
  dispatch.fill();
  await failAttempts();
  // Once for both attempts, and the lane stays until the database has answered.
  expect(requested).toEqual(["No attempt has succeeded for a day."]);
  expect(lane.mayBeReleased(0, 0)).toBe(false);

  end(answer);
  await nextTurn();
  expect(lane.mayBeReleased(0, 0)).toBe(true);
  expect(lane.released(0)).toMatchObject({ failingSeconds: 86_400, failedAttempts: 102 });

  answer = Promise.withResolvers();
  answer.resolve(true);
  lane.change(settings, 0);
  giveRows(lane, [delivery(50)]);
  dispatch.offer(lane);
  dispatch.fill();
  await failAttempts();
  expect(requested).toHaveLength(2);
  expect(lane.released(0)).toMatchObject({ failingSeconds: null, failedAttempts: 0 });
});

test("waiting for attempts ends with the last one, and at once if none is in flight", async () => {
  const { dispatch, sent } = await startDispatch({ window: 2 });
  const isOver: boolean[] = [];
  const wait = async (): Promise<void> => {
    await dispatch.drainAttempts(1000);
    isOver.push(true);
  };
  void wait();
  await nextTurn();
  expect(isOver).toHaveLength(1);

  dispatch.fill();
  dispatch.close();
  void wait();
  sent[0]?.respond();
  await nextTurn();
  expect(isOver).toHaveLength(1);
  sent[1]?.respond(noDescriptor);
  await nextTurn();
  expect(isOver).toHaveLength(2);
});

const noDescriptor: NotMade = { kind: "not-made", code: "EMFILE", resource: "descriptors" };

test("after a lack of descriptors, no receiver gets an attempt for a while, and then one more than are in flight", async () => {
  const { clock, dispatch, sent } = await startDispatch({ window: 2 });
  dispatch.fill();
  sent[0]?.respond(noDescriptor);
  await nextTurn();
  const other = offerLane(dispatch, 2, 1);
  const started: number[] = [];
  for (const ms of [0, 499, 1]) {
    await clock.advance(ms);
    dispatch.fill();
    started.push(other.inFlight);
  }
  expect(started).toEqual([0, 0, 1]);
});

test("a lane whose pace has changed waits in the queue of its new pace only", async () => {
  const { dispatch, lane } = await startDispatch();
  const formerQueue = lane.queue;
  lane.learn(refused, 10);
  dispatch.offer(lane);
  expect([lane.pace, formerQueue?.length, lane.queue?.length]).toEqual(["failing", 0, 1]);
});

test("while attempts at a quick receiver are late, it gets slow slots only, until one responds in time or none is left", async () => {
  const { clock, dispatch, lane, sent } = await startDispatch({ deliveries: [delivery(1)] });
  const paces: string[] = [];
  const atMs = async (ms: number): Promise<void> => {
    await clock.advance(ms - clock.monotonicMs());
    dispatch.fill();
    paces.push(lane.pace);
  };
  await atMs(0);
  giveRows(lane, [delivery(2)]);
  dispatch.offer(lane);
  await atMs(900);
  await atMs(1001);
  sent[1]?.respond();
  await nextTurn();
  await atMs(1002);
  expect(paces).toEqual(["quick", "quick", "slow", "quick"]);

  giveRows(lane, [delivery(3)]);
  dispatch.offer(lane);
  await atMs(1100);
  await atMs(2200);
  for (const { respond } of sent) respond();
  await nextTurn();
  await atMs(2201);
  expect(paces.slice(4)).toEqual(["quick", "slow", "quick"]);
});

test("with 5,000 outcomes that wait for the database, nothing is sent until some are recorded", async () => {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const deliveries = Array.from({ length: 7000 }, (_, number) => delivery(number));
  const { clock, dispatch, sent } = await startDispatch({ settled, deliveries });
  const respondToAll = async (): Promise<void> => {
    for (;;) {
      dispatch.fill();
      const responses = sent.splice(0);
      if (responses.length === 0) return;
      answers += responses.length;
      for (const { respond } of responses) respond();
      await nextTurn();
    }
  };
  let answers = 0;
  await respondToAll();
  // One batch is being recorded, and the last window was in flight when 5,000 waited.
  expect(answers).toBeGreaterThanOrEqual(5000);
  expect(answers).toBeLessThan(6100);
  resolve();
  await nextTurn();
  await clock.advance(1000);
  await respondToAll();
  expect(answers).toBe(7000);
});

test("a key with 256 unrecorded deliveries continues as soon as one is recorded", async () => {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const ofKey = (number: number): DueDelivery => ({
    ...delivery(number),
    orderingKey: "account/1",
    context: { ...delivery(number).context, sequence: number },
    isFollowed: true,
  });
  const { dispatch, lane, sent } = await startDispatch({ settled, deliveries: [ofKey(1)] });
  dispatch.fill();
  for (let responses = 0; responses < 256; responses += 1) {
    const runs = lane.beginRuns(0, 1000);
    const rows = runs.flatMap(({ afterSequence, limit }) =>
      Array.from({ length: limit }, (_, index) => ({ ...ofKey(afterSequence + 1 + index), dueAt: "infinity" })),
    );
    lane.endRuns(runs, rows, 0);
    sent[responses]?.respond();
    await nextTurn();
  }
  expect(sent).toHaveLength(256);
  resolve();
  await nextTurn();
  expect(sent).toHaveLength(257);
});

test("a lane that responds slowly is sent to while others of its host hang, at most an eighth of the window at once", async () => {
  const { dispatch, lane, sent } = await startDispatch();
  const slowly: AttemptOutcome = { ...answered, latencyMs: 9000 };
  lane.learn(slowly, 0);
  for (let hangs = 0; hangs < 2; hangs += 1) lane.host.begin(true);
  dispatch.offer(lane);
  dispatch.fill();
  expect([lane.pace, sent.length]).toEqual(["slow", 2]);
  for (const { respond } of sent.slice(0, 2)) respond(slowly);
  await nextTurn();
  expect(sent).toHaveLength(4);
});

test.for<readonly [string, (lane: Lane) => void]>([
  ["whose settings are to be read", (lane) => void (lane.awaitsSettings = true)],
  ["that has paused", (lane) => lane.learn(answered, 0, 60)],
  ["that is released", (lane) => lane.switchOff()],
])("a queued lane %s starts no attempt", async ([, change]) => {
  const { dispatch, lane, sent } = await startDispatch();
  change(lane);
  dispatch.fill();
  expect(sent).toEqual([]);
});

test("no attempt starts once the lease has expired", async () => {
  const { clock, dispatch, sent } = await startDispatch();
  await clock.advance(48_000);
  dispatch.fill();
  expect(sent).toEqual([]);
});

test.for<readonly [string, number, (started: Started) => Promise<void>]>([
  ["has a response", 1, async ({ sent }) => sent[0]?.respond()],
  ["is late", 1, ({ clock }) => clock.advance(1001)],
  ["starts at a slow receiver", 9000, async () => undefined],
])("the next delivery of a change is sent as soon as the first one %s", async ([, latencyMs, end]) => {
  const [first, next] = [delivery(1), { ...delivery(2), context: delivery(1).context }];
  const started = await startDispatch({ deliveries: [first, next] });
  const { dispatch, lane, sent } = started;
  lane.learn({ ...answered, latencyMs }, 0);
  dispatch.offer(lane);
  dispatch.fill();
  expect(lane.inFlight).toBe(latencyMs === 1 ? 1 : 2);
  await end(started);
  await nextTurn();
  dispatch.fill();
  expect(sent).toHaveLength(2);
});

test("an error of the sender counts as a failed attempt, so that it is not repeated at once", async () => {
  const { dispatch, lane, ends } = await startDispatch({
    deliveries: [delivery(1)],
    onSend: () => {
      throw new Error("a bug");
    },
  });
  dispatch.fill();
  await nextTurn();
  expect([ends, lane.rows.held]).toEqual([[null], 0]);
});

test("the endpoint `default` is not disabled, however long it fails", async () => {
  const { dispatch, lane, sent } = await startDispatch({ failingSeconds: 86_400 });
  lane.change({ ...settings, isDefault: true }, 0);
  dispatch.fill();
  sent[0]?.respond(refused);
  await nextTurn();
  expect(lane.isDisabling).toBe(false);
});

test("a lane is read when the retry of a recorded attempt is due", async () => {
  const { dispatch, lane, sent } = await startDispatch({ deliveries: [delivery(1)] });
  dispatch.fill();
  lane.polls.rest();
  sent[0]?.respond(refused);
  await nextTurn();
  expect([999, 1000].map((atMs) => lane.polls.isDue(atMs))).toEqual([false, true]);
});
