import { expect, test } from "vitest";
import type { AttemptOutcome, DueDelivery } from "#webhooks/deliveries/index.ts";
import { claimed, settings, unusedStore, noStatistics } from "../../../test/support/build-lane.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { Dispatch } from "./dispatch.ts";
import { Lane } from "./lane.ts";
import { Lease } from "./lease.ts";
import { ReceiverHosts } from "./receiver-host.ts";
import type { EngineNeeds, LaneStore } from "./store.ts";

const answered: AttemptOutcome = { kind: "answered", status: 200, headers: {}, body: Buffer.alloc(0), latencyMs: 1 };

const delivery = (number: number): DueDelivery => ({
  endpointId: 1,
  eventId: `event-${number}`,
  dueAt: "10",
  orderingKey: null,
  attemptsMade: 0,
  roundStart: 0,
  replay: 0,
  format: "json",
  body: "",
  context: {
    type: "account.created",
    objectId: number,
    accountId: number,
    time: "2026-01-01T00:00:00.000Z",
    sequence: 1,
    actor: "system",
    channel: "api",
  },
  endpointVersion: 1,
  isFollowed: false,
});

const store: LaneStore = {
  ...unusedStore,
  register: async () => undefined,
  settle: async (_engineId, settlements) => ({
    recorded: settlements.length,
    transactions: { first: 2, last: 2 },
    promoted: [],
  }),
};

interface Sent {
  readonly respond: () => void;
}

/** Starts a dispatch with a lane of 40 deliveries and a window of 16. `onSend` runs whenever an attempt starts. */
async function startDispatch(
  options: {
    readonly onSend?: (clock: HandDrivenClock) => void;
    readonly resolved?: Promise<void>;
    readonly promoted?: readonly number[];
    readonly deliveries?: readonly DueDelivery[];
  } = {},
) {
  const clock = new HandDrivenClock();
  const sent: Sent[] = [];
  const { promoted = [] } = options;
  const needs: EngineNeeds = {
    store: { ...store, settle: async (...batch) => ({ ...(await store.settle(...batch)), promoted }) },
    statistics: noStatistics,
    clock,
    sender: {
      resolve: () => options.resolved,
      send: () => {
        options.onSend?.(clock);
        return new Promise((resolve) => sent.push({ respond: () => resolve(answered) }));
      },
    },
    log: { attempt: () => undefined, notMade: () => undefined, warn: () => undefined },
    chance: () => 0,
    newId: () => "engine",
    inFlightMax: 64,
    leaseMs: 60_000,
    disableAfterMs: Number.POSITIVE_INFINITY,
  };
  const lease = new Lease(needs, "engine");
  await lease.register("engine");
  const ignore = (): void => undefined;
  const dispatch = new Dispatch(needs, lease, { onRoom: ignore, onRefused: ignore, onGivenUp: ignore });
  const lane = new Lane(claimed, settings, new ReceiverHosts<Lane>(16), 0);
  widen(lane);
  const read = lane.beginRead(0);
  if (!read) throw new Error("The lane has room for rows.");
  lane.endRead(options.deliveries ?? Array.from({ length: 40 }, (_, number) => delivery(number)), read, {
    horizon: "20",
    nowMs: 0,
  });
  dispatch.offer(lane);
  lane.polls.begin(1000);
  return { clock, dispatch, lane, sent };
}

/** Gives the lane and its host their full windows. */
function widen(lane: Lane): void {
  for (let response = 0; response < 16; response += 1) {
    lane.learn(answered, 0);
    lane.host.begin(false);
    lane.host.end(false, answered);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("slots that become free are filled together after a millisecond while eight attempts or more are in flight", async () => {
  const { clock, dispatch, sent } = await startDispatch();
  dispatch.fill();
  expect(sent).toHaveLength(16);
  for (const { respond } of sent.slice(0, 3)) {
    respond();
    await nextTurn();
  }
  expect(sent).toHaveLength(16);
  await clock.advance(1);
  expect(sent).toHaveLength(19);
});

test("with fewer attempts in flight, a slot that becomes free is filled at once", async () => {
  const { dispatch, sent } = await startDispatch();
  dispatch.fill();
  for (const { respond } of sent.slice(0, 9)) respond();
  await nextTurn();
  expect(sent).toHaveLength(25);
});

test("starting attempts stops after 5 ms, and goes on after responses were processed", async () => {
  const { clock, dispatch, sent } = await startDispatch({ onSend: (hand) => void hand.advance(2) });
  dispatch.fill();
  const atOnce = sent.length;
  await clock.advance(1);
  expect(atOnce).toBe(3);
  expect(sent.length).toBeGreaterThan(3);
});

test("a lane whose name is being looked up holds no slot, and starts when the look-up has ended", async () => {
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
  "after an ordered delivery with successors %j in the database, a read waits for nothing: %s",
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
