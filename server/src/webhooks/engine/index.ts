import { type Clock, monotonicMsOf } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { type DueDelivery, hintedRowsChannel, parseHintedRows } from "#webhooks/deliveries/index.ts";
import type { LaneState, OwnedLane } from "#webhooks/statistics/index.ts";
import { Dispatch } from "./dispatch.ts";
import { bodyBytesMaxOf, DueReader, receiversOf } from "./due-reader.ts";
import type { Lane } from "./lane.ts";
import { OwnedLanes } from "./lanes.ts";
import { Lease } from "./lease.ts";
import type { EngineNeeds } from "./store.ts";

export type { AttemptLine, EngineLog, EngineNeeds, LaneStore } from "./store.ts";
export { postgresLaneStore } from "./store.ts";

/** Interval of the work that concerns every lane. */
const tickMs = 100;
/** A shutdown does not wait longer for a database that is away: unreleased lanes are claimed when the lease has expired. */
const shutdownMs = 2000;
/** How long a shutdown waits for the last outcomes to be recorded. Unrecorded deliveries are sent again. */
const settleMs = 3000;
/** How long a restart after a lost lease waits for outcomes to be recorded under the former id. */
const settleBeforeRestartMs = 500;

export interface RunningEngine {
  /** Something is due at these endpoints; without ids, anywhere. */
  hintDue(endpointIds: readonly number[]): void;
  /**
   * The rows of one transaction, in their order, which began to commit at that time of the monotonic clock. Those that the engine
   * cannot be sure of are read.
   */
  hintRows(rows: readonly DueDelivery[], committingAtMs: number): void;
  /** These endpoints have changed; without ids, any. */
  hintChanged(endpointIds: readonly number[]): void;
  readonly inFlight: number;
  readonly lanes: number;
  /** Number of endpoints with due deliveries that this engine cannot decrypt. */
  readonly undecryptable: number;
  /** Bodies of all lanes in memory, and how many bytes of them there may be before further ones wait in the database. */
  readonly bodies: { readonly bytes: number; readonly bytesMax: number };
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
  const reading = new Reading(needs, (endpointId) => {
    lanes.hintChanged([endpointId]);
    wakeUp.now();
  });
  const dispatch = new Dispatch(needs, lease, {
    onRoom: (lane) => {
      if (lanes.owns(lane) && lane.needsRows) reading.request(lane);
    },
    onRefused: (lane) => lanes.suspect(lane),
    onGivenUp: (lane) => lanes.reclaim(lane),
  });
  const [stopping, stoppingHeartbeat] = [new AbortController(), new AbortController()];

  await lease.register(lease.engineId);
  const heartbeat = lease.keepAlive(stoppingHeartbeat.signal);
  const loops = runLoops({ needs, lease, wakeUp, lanes, reading, dispatch, signal: stopping.signal });

  const stop = async (drainMs: number): Promise<void> => {
    stopping.abort();
    dispatch.close();
    await withTimeLimit(needs.clock, shutdownMs, loops);
    const releasing = releaseDrained({ needs, lease, lanes }, stoppingHeartbeat.signal);
    await dispatch.drainAttempts(drainMs);
    await withTimeLimit(needs.clock, settleMs, dispatch.drainOutcomes());
    stoppingHeartbeat.abort();
    await releaseLanesOnShutdown({ needs, lease, lanes }, Promise.all([heartbeat, releasing]));
  };
  return runningEngine({ needs, wakeUp, lanes, reading, dispatch }, stop);
}

type HintedParts = Pick<Parts, "needs" | "wakeUp" | "lanes" | "reading" | "dispatch">;

const runningEngine = (parts: HintedParts, stop: RunningEngine["stop"]): RunningEngine => {
  const { needs, wakeUp, lanes, dispatch } = parts;
  return {
    hintDue: (endpointIds) => hintDue(parts, endpointIds),
    hintRows: (rows, committingAtMs) => hintRows(parts, rows, committingAtMs),
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
    get bodies() {
      const bytes = lanes.all().reduce((sum, { rows }) => sum + rows.heldBytes, 0);
      return { bytes, bytesMax: bodyBytesMaxOf(needs) };
    },
    get windows() {
      return lanes.all().map((lane) => lane.window.size);
    },
    laneStates() {
      const nowMs = needs.clock.monotonicMs();
      return lanes.all().map((lane) => ({ lane: lane.claim, state: lane.state(nowMs) }));
    },
    stop,
  };
};

function hintDue({ lanes, reading, wakeUp }: HintedParts, endpointIds: readonly number[]): void {
  for (const lane of lanes.hintDue(endpointIds)) reading.request(lane);
  wakeUp.now();
}

/** Sends rows without a read. After one that has to be read, the lane's other rows are read, too, so that they stay in order. */
function hintRows(parts: HintedParts, rows: readonly DueDelivery[], committingAtMs: number): void {
  const { lanes, reading, dispatch } = parts;
  const toRead = new Set<number>();
  for (const row of rows) {
    const lane = toRead.has(row.endpointId) ? undefined : lanes.find(row.endpointId);
    if (lane && reading.readerOf(lane).takeHinted(lane, row, committingAtMs)) dispatch.offer(lane);
    else toRead.add(row.endpointId);
  }
  dispatch.fill();
  if (toRead.size > 0) hintDue(parts, [...toRead]);
}

/** Returns the ids in a hint. Every role of the database may notify, so other values are ignored: without ids, a hint is about any. */
const endpointIdsOf = (values: readonly string[]): readonly number[] =>
  values.map(Number).filter((id) => Number.isSafeInteger(id));

/** Passes the hints of all processes to the engine. Returns a function that ends that. */
export function followHints(
  engine: Pick<RunningEngine, "hintDue" | "hintRows" | "hintChanged">,
  pool: Pick<Pool, "onHint">,
  clock: Pick<Clock, "monotonicMs">,
): () => void {
  const stops = [
    pool.onHint("due", (values) => engine.hintDue(endpointIdsOf(values))),
    pool.onHint(hintedRowsChannel, (values) => {
      for (const { rows, endpointIds, committingAtMs } of values.map(parseHintedRows)) {
        engine.hintRows(rows, monotonicMsOf(clock, committingAtMs));
        if (endpointIds.length > 0) engine.hintDue(endpointIds);
      }
    }),
    pool.onHint("endpoints", (values) => engine.hintChanged(endpointIdsOf(values))),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Releases each lane once none of its deliveries is unsettled: other engines need not wait for the attempts of other lanes. */
async function releaseDrained(
  { needs, lease, lanes }: Pick<Parts, "needs" | "lease" | "lanes">,
  signal: AbortSignal,
): Promise<void> {
  lanes.switchOffAll();
  // Otherwise the others would leave it a share, and claim that only after three seconds.
  await needs.store.stopClaims(lease.engineId).catch(() => undefined);
  while (!signal.aborted) {
    await lanes.releaseIdle(needs.clock.monotonicMs()).catch(() => undefined); // they are free once the engine is unregistered
    await needs.clock.sleep(tickMs, signal);
  }
}

/** Releases the remaining lanes and unregisters the engine, once its other statements have ended. */
async function releaseLanesOnShutdown(
  { needs, lease, lanes }: Pick<Parts, "needs" | "lease" | "lanes">,
  others: Promise<unknown>,
): Promise<void> {
  const release = async (): Promise<void> => {
    await others;
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
  readonly reading: Reading;
  readonly dispatch: Dispatch;
  readonly signal: AbortSignal;
}

/**
 * Three loops, each with one statement at a time. Quick receivers wait neither for claims of other lanes nor for reads of
 * others' rows: 200 new endpoints take 130 ms to claim.
 */
const runLoops = (parts: Parts): Promise<unknown> =>
  Promise.all([keepLanes(parts), readAhead(parts, parts.reading.quick), readAhead(parts, parts.reading.others)]);

/** Keeps lanes up to date, claims others, and waits for the next reason to do so. Lanes wait for their settings, but not for claims. */
async function keepLanes(parts: Parts): Promise<void> {
  const { needs, lease, wakeUp, lanes, reading, dispatch, signal } = parts;
  let tickAtMs = 0;
  while (!signal.aborted) {
    try {
      if (!lease.holds) await restartWithoutLanes(parts);
      for (const lane of await lanes.refreshSettings()) dispatch.offer(lane);
      dispatch.fill();
      for (const lane of await lanes.claim()) reading.request(lane);
      await lanes.verifyOwnership();
      if (needs.clock.monotonicMs() >= tickAtMs) tickAtMs = await tick(parts);
    } catch (error) {
      needs.log.warn({ error }, "the engine could not reach the database; trying again");
      await needs.clock.sleep(tickMs, signal);
    }
    if (!lanes.hasUnclaimed) await wakeUp.wait(tickMs);
  }
}

/**
 * Visits every lane, ten times a second: retries fall due, rate limits allow more, secrets expire, idle lanes are released. Polls lanes after
 * the poll for a fair share, which would otherwise find them waiting and give them to another engine. Ten thousand lanes do not fit into a
 * processor's cache, so that each further visit takes 2 % of the engine's time.
 */
async function tick({ needs, lanes, reading, dispatch }: Parts): Promise<number> {
  const nowMs = needs.clock.monotonicMs();
  reading.makeRoom(lanes.all(), nowMs);
  for (const lane of lanes.all()) {
    lane.rows.forgetSettled(nowMs);
    dispatch.offer(lane);
    if (lane.polls.isDue(nowMs)) reading.request(lane);
    if (lane.hasOutdatedSettings(nowMs)) lanes.markOutdated(lane);
  }
  dispatch.fill();
  await lanes.releaseIdle(nowMs);
  return nowMs + tickMs;
}

/** Reads due deliveries, fills free slots, and waits for the next reason to do so. */
async function readAhead(
  { needs, lanes, dispatch, signal }: Parts,
  { reader, wakeUp }: Reading["quick"],
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const lane of await reader.read(lanes.all())) dispatch.offer(lane);
      dispatch.fill();
    } catch (error) {
      needs.log.warn({ error }, "due deliveries could not be read; trying again");
      await needs.clock.sleep(tickMs, signal);
    }
    if (!reader.hasRequests) await wakeUp.wait(tickMs);
  }
}

/** Reads ahead for quick receivers, and for others beside it. */
class Reading {
  readonly quick: { readonly reader: DueReader; readonly wakeUp: WakeUp };
  readonly others: { readonly reader: DueReader; readonly wakeUp: WakeUp };

  constructor(needs: EngineNeeds, onNewVersion: (endpointId: number) => void) {
    this.quick = { reader: new DueReader(needs, "quick", onNewVersion), wakeUp: new WakeUp(needs.clock) };
    this.others = { reader: new DueReader(needs, "others", onNewVersion), wakeUp: new WakeUp(needs.clock) };
  }

  request(lane: Lane): void {
    const { reader, wakeUp } = this[receiversOf(lane)];
    reader.request(lane);
    wakeUp.now();
  }

  readerOf(lane: Lane): DueReader {
    return this[receiversOf(lane)].reader;
  }

  makeRoom(lanes: readonly Lane[], nowMs: number): void {
    for (const { reader } of [this.quick, this.others]) reader.makeRoom(lanes, nowMs);
  }
}

/**
 * The lease has expired since the database was away, has failed over, or this process was frozen. Other engines may own the
 * lanes. Those that none has claimed are this engine's again with its next claim, right after the registration. Before that,
 * attempts in flight may end and be recorded as long as nobody else may claim their lanes: they would be repeated.
 */
async function restartWithoutLanes({ needs, lease, lanes, dispatch }: Parts): Promise<void> {
  needs.log.warn({ engineId: lease.engineId }, "the lease has expired; restarting without lanes");
  lanes.dropAll();
  dispatch.clear();
  await dispatch.drainAttempts(lease.graceMs);
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
