import type { Clock } from "#platform/clock.ts";
import { Dispatch, atMost } from "./dispatch.ts";
import { DueReader } from "./due-reader.ts";
import { OwnedLanes } from "./lanes.ts";
import { Lease } from "./lease.ts";
import type { EngineNeeds } from "./store.ts";

/** How often lanes are looked through for one whose time has come, when nothing else wakes the engine. */
const tickMs = 100;

/** A database that is away is not waited for: giving lanes back is a courtesy to the next engine. */
const shutdownMs = 2000;

export interface RunningEngine {
  /** Something is due at these endpoints; no names: anywhere. */
  hintDue(endpointIds: readonly number[]): void;
  /** These endpoints have changed; no names: any may have. */
  hintChanged(endpointIds: readonly number[]): void;
  readonly inFlight: number;
  readonly lanes: number;
  /** Endpoints with due deliveries that this engine cannot decrypt. */
  readonly undecryptable: number;
  /** How many deliveries each lane may have in flight. */
  readonly windows: readonly number[];
  /** Lets what is in flight finish, `drainMs` at most, records it, and gives the lanes back. */
  stop(drainMs: number): Promise<void>;
}

/** Delivers until it is stopped. What the database or the network do to it is logged and survived. */
export async function startEngine(needs: EngineNeeds): Promise<RunningEngine> {
  const lease = new Lease(needs, needs.newId());
  const latch = new Latch(needs.clock);
  const keeper = new OwnedLanes(needs, lease);
  const reader = new DueReader(needs, (endpointId) => keeper.hintChanged([endpointId]));
  const dispatch = new Dispatch(needs, lease, {
    room: (lane) => {
      if (!keeper.owns(lane) || !lane.wantsMore) return;
      reader.want(lane);
      latch.open();
    },
    doubt: (lane) => keeper.doubt(lane),
    givenUp: (lane) => keeper.takeAnew(lane),
  });
  const [stopping, beating] = [new AbortController(), new AbortController()];

  await lease.enter(lease.engineId);
  const heart = lease.beat(beating.signal);
  const running = runLoop({ needs, lease, latch, keeper, reader, dispatch, signal: stopping.signal });

  return {
    hintDue: (endpointIds) => {
      for (const lane of keeper.hintDue(endpointIds)) reader.want(lane);
      latch.open();
    },
    hintChanged: (endpointIds) => {
      keeper.hintChanged(endpointIds);
      latch.open();
    },
    get inFlight() {
      return dispatch.inFlight;
    },
    get lanes() {
      return keeper.size;
    },
    get undecryptable() {
      return keeper.undecryptable;
    },
    get windows() {
      return keeper.all().map((lane) => lane.window.size);
    },
    async stop(drainMs) {
      stopping.abort();
      dispatch.close();
      latch.open();
      await atMost(needs.clock, shutdownMs, running);
      await dispatch.drain(drainMs);
      beating.abort();
      await releaseLanesOnShutdown({ needs, lease, keeper }, heart);
    },
  };
}

/** Gives the lanes back and leaves, once the heart has stopped. */
async function releaseLanesOnShutdown(
  { needs, lease, keeper }: Pick<Parts, "needs" | "lease" | "keeper">,
  heart: Promise<void>,
): Promise<void> {
  const leave = async (): Promise<void> => {
    await heart;
    await keeper.releaseAll();
    await needs.store.leave(lease.engineId);
  };
  await atMost(needs.clock, shutdownMs, leave(), (error) =>
    needs.log.warn({ error }, "the lanes could not be given back; others take them when the lease has run out"),
  );
}

interface Parts {
  readonly needs: EngineNeeds;
  readonly lease: Lease;
  readonly latch: Latch;
  readonly keeper: OwnedLanes;
  readonly reader: DueReader;
  readonly dispatch: Dispatch;
  readonly signal: AbortSignal;
}

/** The loop: take lanes, read what is due, give it to free places, wait for the next reason. */
async function runLoop(parts: Parts): Promise<void> {
  const { needs, lease, latch, keeper, reader, dispatch, signal } = parts;
  let tickAtMs = 0;
  while (!signal.aborted) {
    try {
      if (!lease.holds) await restartWithoutLanes(parts);
      for (const lane of await keeper.take()) reader.want(lane);
      await keeper.refresh();
      await keeper.confirm();
      if (needs.clock.monotonicMs() >= tickAtMs) tickAtMs = await tick(parts);
      for (const lane of await reader.read(keeper.size)) dispatch.offer(lane);
      dispatch.fill();
    } catch (error) {
      needs.log.warn({ error }, "the engine could not reach the database; trying again");
      await needs.clock.sleep(tickMs, signal);
    }
    if (!reader.isWanted) await latch.pass(tickMs);
  }
}

/** What needs a look at every lane, and so is done ten times a second only: retries fall due, rates allow more, idle lanes go back. */
async function tick({ needs, keeper, reader, dispatch }: Parts): Promise<number> {
  const nowMs = needs.clock.monotonicMs();
  for (const lane of keeper.all()) dispatch.offer(lane);
  for (const lane of keeper.toLookAt(nowMs)) reader.want(lane);
  await keeper.releaseIdle(nowMs);
  return nowMs + tickMs;
}

/** The lease ran out: the database was away, or this process stood still. Its lanes are others' now. */
async function restartWithoutLanes({ needs, lease, keeper, dispatch }: Parts): Promise<void> {
  needs.log.warn({ engineId: lease.engineId }, "the lease ran out; starting anew without lanes");
  keeper.lose();
  dispatch.clear();
  await lease.enter(needs.newId());
}

/** Something to wait at until somebody opens it. Opened while nobody waits, it lets the next one through. */
class Latch {
  readonly #clock: Clock;
  #isOpen = false;
  #waiting: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(): void {
    this.#isOpen = true;
    this.#waiting?.abort("open"); // without a reason an exception is made, each time
  }

  /** Waits at most `ms`. */
  async pass(ms: number): Promise<void> {
    if (!this.#isOpen) {
      this.#waiting = new AbortController();
      await this.#clock.sleep(ms, this.#waiting.signal);
      this.#waiting = undefined;
    }
    this.#isOpen = false;
  }
}
