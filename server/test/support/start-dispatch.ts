import type { NotMade } from "#webhooks/attempts/index.ts";
import type { AttemptOutcome, DueDelivery } from "#webhooks/deliveries/index.ts";
import type { EngineNeeds, LaneStore } from "#webhooks/engine/index.ts";
import { Dispatch } from "../../src/webhooks/engine/dispatch.ts";
import { Lane } from "../../src/webhooks/engine/lane.ts";
import { Lease } from "../../src/webhooks/engine/lease.ts";
import { ReceiverHosts } from "../../src/webhooks/engine/receiver-host.ts";
import { answered, claimed, due, noStatistics, settings, unused, unusedStore } from "./build-lane.ts";
import { HandDrivenClock } from "./hand-driven-clock.ts";

/** Each is of another account. */
export function delivery(number: number): DueDelivery {
  const { context, ...row } = due(`event-${number}`, "10");
  return { ...row, body: Buffer.from("{}"), context: { ...context, objectId: number, accountId: number } };
}

export const refused: AttemptOutcome = { kind: "unreachable", code: "ECONNREFUSED", reason: "refused", latencyMs: 1 };

interface Sent {
  readonly body: Uint8Array;
  readonly respond: (outcome?: AttemptOutcome | NotMade) => void;
}

interface DispatchOptions {
  /** Runs whenever an attempt starts. */
  readonly onSend?: (clock: HandDrivenClock) => void;
  readonly resolved?: Promise<void>;
  readonly window?: number;
  readonly inFlightMax?: number;
  readonly promoted?: readonly number[];
  readonly deliveries?: readonly DueDelivery[];
  /** Settles later than at once. */
  readonly settled?: Promise<void>;
  readonly disableEndpoint?: LaneStore["disableEndpoint"];
  /** How long everything has failed before. */
  readonly failingSeconds?: number;
}

const dayMs = 86_400_000;
export const fortyDeliveries = Array.from({ length: 40 }, (_, number) => delivery(number));

/** Starts a dispatch with a lane of 40 deliveries. */
export async function startDispatch(options: DispatchOptions = {}) {
  const { onSend, resolved, settled, window = 16, promoted = [], deliveries = fortyDeliveries } = options;
  const { disableEndpoint = unused, failingSeconds = null, inFlightMax = 64 } = options;
  const clock = new HandDrivenClock();
  const sent: Sent[] = [];
  const batches: number[] = [];
  const ends: unknown[] = [];
  const keptBytes: (number | undefined)[] = [];
  const store: LaneStore = {
    ...unusedStore,
    disableEndpoint,
    register: async () => undefined,
    settle: async (_engineId, settlements) => {
      batches.push(settlements.length);
      ends.push(...settlements.map(({ end }) => end));
      keptBytes.push(...settlements.map(({ responseBody }) => responseBody?.byteLength));
      await settled;
      return { recorded: settlements.length, transactions: { first: 2, last: 2 }, lastTransaction: 2, promoted };
    },
  };
  const needs: EngineNeeds = {
    store,
    statistics: noStatistics,
    clock,
    wallMs: () => clock.monotonicMs(),
    sender: {
      resolve: () => resolved,
      send: ({ body }) => {
        onSend?.(clock);
        return new Promise((resolve) => sent.push({ body, respond: (outcome = answered) => resolve(outcome) }));
      },
    },
    log: { attempt: () => undefined, notMade: () => undefined, warn: () => undefined },
    chance: () => 0,
    newId: () => "engine",
    inFlightMax,
    leaseMs: 60_000,
    disableAfterMs: dayMs,
  };
  const lease = new Lease(needs, "engine");
  await lease.register("engine");
  const ignore = (): void => undefined;
  const dispatch = new Dispatch(needs, lease, { onRoom: ignore, onRefused: ignore, onGivenUp: ignore });
  const claim = { ...claimed, failingSeconds, failedAttempts: 100 };
  const lane = new Lane(claim, settings, new ReceiverHosts<Lane>(window), 0);
  widen(lane, window);
  giveRows(lane, deliveries);
  dispatch.offer(lane);
  return { clock, dispatch, lane, sent, batches, ends, keptBytes };
}

/** Reads rows into the lane, and no more for a second. */
export function giveRows(lane: Lane, deliveries: readonly DueDelivery[]): void {
  lane.polls.pollNow();
  const read = lane.beginRead(0);
  if (!read) throw new Error("The lane has room for rows.");
  lane.endRead(deliveries, read, { horizon: "20", nowMs: 0 });
  lane.polls.begin(0, 1000);
}

/** Gives the lane and its host their full windows. */
export function widen(lane: Lane, window: number, latencyMs = 1): void {
  for (let response = 0; response < window; response += 1) {
    lane.learn({ ...answered, latencyMs }, 0);
    lane.host.begin(false);
    lane.host.end(false, answered);
  }
}
