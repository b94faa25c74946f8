import type { Clock } from "#platform/clock.ts";
import type { LaneState, OwnedLane } from "#webhooks/statistics/index.ts";
import { Dispatch } from "./dispatch.ts";
import { DueReader } from "./due-reader.ts";
import { OwnedLanes } from "./lanes.ts";
import { Lease } from "./lease.ts";
import type { EngineNeeds } from "./store.ts";

/** Interval of the work that concerns every lane. */
const tickMs = 100;
/** A shutdown does not wait longer for a database that is away: unreleased lanes are claimed when the lease has expired. */
const shutdownMs = 2000;
/** How long a shutdown waits for the last outcomes to be recorded. Unrecorded deliveries are sent again. */
const settleMs = 3000;
/** How long a restart after a lost lease waits for outcomes that the database may still accept under the former id. */
const settleBeforeRestartMs = 500;

export interface RunningEngine {
  /** Something is due at these endpoints; without ids, anywhere. */
  hintDue(endpointIds: readonly number[]): void;
  /** These endpoints have changed; without ids, any. */
  hintChanged(endpointIds: readonly number[]): void;
  readonly inFlight: number;
  readonly lanes: number;
  /** Number of endpoints with due deliveries that this engine cannot decrypt. */
  readonly undecryptable: number;
  /** Window size of each lane. */
  readonly windows: readonly number[];
  /** The lanes and their present states. */
  laneStates(): readonly { readonly lane: OwnedLane; readonly state: LaneState }[];
  /** Waits up to `drainMs` for attempts in flight, records their outcomes, and releases the lanes. */
  stop(drainMs: number): Promise<void>;
}

/** Delivers until it is stopped. Failures of the database and the network are logged and survived. */
export async function startEngine(needs: EngineNeeds): Promise<RunningEngine> {
  const lease = new Lease(needs, needs.newId());
  const wakeUp = new WakeUp(needs.clock);
  const lanes = new OwnedLanes(needs, lease);
  const reader = new DueReader(needs, (endpointId) => lanes.hintChanged([endpointId]));
  const dispatch = new Dispatch(needs, lease, {
    onRoom: (lane) => {
      if (!lanes.owns(lane) || !lane.needsRows) return;
      reader.request(lane);
      wakeUp.now();
    },
    onRefused: (lane) => lanes.suspect(lane),
    onGivenUp: (lane) => lanes.reclaim(lane),
  });
  const [stopping, stoppingHeartbeat] = [new AbortController(), new AbortController()];

  await lease.register(lease.engineId);
  const heartbeat = lease.keepAlive(stoppingHeartbeat.signal);
  const loop = runLoop({ needs, lease, wakeUp, lanes, reader, dispatch, signal: stopping.signal });

  const stop = async (drainMs: number): Promise<void> => {
    stopping.abort();
    dispatch.close();
    wakeUp.now();
    await withTimeLimit(needs.clock, shutdownMs, loop);
    await dispatch.drainAttempts(drainMs);
    await withTimeLimit(needs.clock, settleMs, dispatch.drainOutcomes());
    stoppingHeartbeat.abort();
    await releaseLanesOnShutdown({ needs, lease, lanes }, heartbeat);
  };
  return runningEngine({ needs, wakeUp, lanes, reader, dispatch }, stop);
}

const runningEngine = (
  { needs, wakeUp, lanes, reader, dispatch }: Pick<Parts, "needs" | "wakeUp" | "lanes" | "reader" | "dispatch">,
  stop: RunningEngine["stop"],
): RunningEngine => ({
  hintDue: (endpointIds) => {
    for (const lane of lanes.hintDue(endpointIds)) reader.request(lane);
    wakeUp.now();
  },
  hintChanged: (endpointIds) => {
    lanes.hintChanged(endpointIds);
    wakeUp.now();
  },
  get inFlight() {
    return dispatch.inFlight;
  },
  get lanes() {
    return lanes.size;
  },
  get undecryptable() {
    return lanes.undecryptable;
  },
  get windows() {
    return lanes.all().map((lane) => lane.window.size);
  },
  laneStates() {
    const nowMs = needs.clock.monotonicMs();
    return lanes.all().map((lane) => ({ lane: lane.claim, state: lane.state(nowMs) }));
  },
  stop,
});

/** Releases the lanes and unregisters the engine, once the last heartbeat has ended. */
async function releaseLanesOnShutdown(
  { needs, lease, lanes }: Pick<Parts, "needs" | "lease" | "lanes">,
  heartbeat: Promise<void>,
): Promise<void> {
  const release = async (): Promise<void> => {
    await heartbeat;
    await lanes.releaseAll();
    await needs.store.unregister(lease.engineId);
  };
  await withTimeLimit(needs.clock, shutdownMs, release(), (error) =>
    needs.log.warn({ error }, "the lanes could not be released; other engines claim them when the lease has expired"),
  );
}

interface Parts {
  readonly needs: EngineNeeds;
  readonly lease: Lease;
  readonly wakeUp: WakeUp;
  readonly lanes: OwnedLanes;
  readonly reader: DueReader;
  readonly dispatch: Dispatch;
  readonly signal: AbortSignal;
}

/** Claims lanes, reads due deliveries, fills free slots, and waits for the next reason to do so. */
async function runLoop(parts: Parts): Promise<void> {
  const { needs, lease, wakeUp, lanes, reader, dispatch, signal } = parts;
  let tickAtMs = 0;
  while (!signal.aborted) {
    try {
      if (!lease.holds) await restartWithoutLanes(parts);
      for (const lane of await lanes.claim()) reader.request(lane);
      await lanes.refreshSettings();
      await lanes.verifyOwnership();
      if (needs.clock.monotonicMs() >= tickAtMs) tickAtMs = await tick(parts);
      for (const lane of await reader.read(lanes.size)) dispatch.offer(lane);
      dispatch.fill();
    } catch (error) {
      needs.log.warn({ error }, "the engine could not reach the database; trying again");
      await needs.clock.sleep(tickMs, signal);
    }
    if (!reader.hasRequests) await wakeUp.wait(tickMs);
  }
}

/** Visits every lane, ten times a second: retries fall due, rate limits allow more, idle lanes are released. */
async function tick({ needs, lanes, reader, dispatch }: Parts): Promise<number> {
  const nowMs = needs.clock.monotonicMs();
  for (const lane of lanes.all()) dispatch.offer(lane);
  for (const lane of lanes.dueForPoll(nowMs)) reader.request(lane);
  await lanes.releaseIdle(nowMs);
  return nowMs + tickMs;
}

/**
 * The lease has expired since the database was away or this process was frozen. Other engines may own the lanes. Those that
 * none has claimed are this engine's again with its next claim, right after the registration.
 */
async function restartWithoutLanes({ needs, lease, lanes, dispatch }: Parts): Promise<void> {
  needs.log.warn({ engineId: lease.engineId }, "the lease has expired; restarting without lanes");
  lanes.dropAll();
  dispatch.clear();
  await withTimeLimit(needs.clock, settleBeforeRestartMs, dispatch.drainOutcomes());
  await lease.register(needs.newId());
}

/** Waits until `work` settles, at most `ms`. Passes its error to `onError`. */
async function withTimeLimit(
  clock: Clock,
  ms: number,
  work: Promise<unknown>,
  onError: (error: unknown) => void = () => undefined,
): Promise<void> {
  const done = new AbortController();
  const settled = work.catch(onError).finally(() => done.abort());
  await Promise.race([settled, clock.sleep(ms, done.signal)]);
}

/** Ends the wait of the loop. A wake-up while nobody waits ends the next wait at once. */
class WakeUp {
  readonly #clock: Clock;
  #isRequested = false;
  #waiting: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): void {
    this.#isRequested = true;
    this.#waiting?.abort("wake-up"); // abort() without a reason creates an exception each time
  }

  /** Waits at most `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#isRequested) {
      this.#waiting = new AbortController();
      await this.#clock.sleep(ms, this.#waiting.signal);
      this.#waiting = undefined;
    }
    this.#isRequested = false;
  }
}
