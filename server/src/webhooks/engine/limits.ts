import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

/** An attempt under way. */
export interface Slot {
  readonly startedMs: number;
  readonly isUnknown: boolean;
  /** It has taken more than a second, or is expected to. */
  isLate: boolean;
  room: Room;
  readonly onLate: () => void;
}

/** The two halves, and beside them. */
type Room = "quick" | "slow" | "aside";

interface Attempt {
  /** How its receiver may be expected to answer. */
  readonly pace: Pace;
  /** Its endpoint has not been answered for before. */
  readonly isFirst: boolean;
  readonly onLate: () => void;
}

/** Who answers a first attempt within that long is told from who hangs. */
const firstAnswerMs = 200;
/** So many first attempts to each place may be without an answer and without a place: each costs a socket. */
const asidePerPlace = 4;

/**
 * The engine's places for attempts, in two halves: one for receivers that answer within a second, one for those that do
 * not. An attempt that turns out to be slow moves over; so that there is room for it, those that are known to be slow
 * start in half of their half only. Those of whom nothing is known start in a quarter of the quick half.
 *
 * An endpoint's first attempt that has no answer after 200 ms steps aside and holds no place any more, so that the next
 * endpoint can be tried: 300 that hang are found out within seconds, not one timeout after another. There is one such
 * attempt for each endpoint, so no receiver gets more for it. If all room aside is taken, it is as late as any other.
 */
export class ConcurrencyLimits {
  readonly #halfMax: number;
  readonly #slowStartMax: number;
  readonly #unknownMax: number;
  readonly #asideMax: number;
  /** Not late yet, in the order of their start. */
  readonly #inTime = new Set<Slot>();
  /** First attempts that hold a place, in the same order. */
  readonly #first = new Set<Slot>();
  /** Late, while the slow half has no room. */
  readonly #overdue = new Set<Slot>();
  readonly #taken: Record<Room, number> = { quick: 0, slow: 0, aside: 0 };
  #unknown = 0;

  constructor(total: number) {
    this.#halfMax = Math.max(1, Math.floor(total / 2));
    this.#slowStartMax = Math.max(1, Math.floor(this.#halfMax / 2));
    this.#unknownMax = Math.max(1, Math.floor(this.#halfMax / 4));
    this.#asideMax = total * asidePerPlace;
  }

  get inFlight(): number {
    return this.#taken.quick + this.#taken.slow + this.#taken.aside;
  }

  hasRoom(pace: Pace): boolean {
    if (pace === "slow") return this.#taken.slow < this.#slowStartMax;
    return this.#taken.quick < this.#halfMax && (pace === "quick" || this.#unknown < this.#unknownMax);
  }

  take(startedMs: number, { pace, isFirst, onLate }: Attempt): Slot {
    const isSlow = pace === "slow";
    const room = isSlow ? "slow" : "quick";
    const place: Slot = { startedMs, isUnknown: pace === "unknown", isLate: isSlow, room, onLate };
    this.#taken[room] += 1;
    if (place.isUnknown) this.#unknown += 1;
    if (isSlow) return place;
    this.#inTime.add(place);
    if (isFirst) this.#first.add(place);
    return place;
  }

  give(place: Slot): void {
    (place.isLate ? this.#overdue : this.#inTime).delete(place);
    this.#leave(place);
  }

  /** Lets first attempts step aside, notices what has taken too long and moves it, the oldest first, as far as there is room. */
  moveSlow(nowMs: number): void {
    for (const place of this.#first) {
      if (nowMs - place.startedMs <= firstAnswerMs || this.#taken.aside >= this.#asideMax) break;
      this.#move(place, "aside");
    }
    for (const place of this.#inTime) {
      if (nowMs - place.startedMs <= slowMs) break;
      this.#inTime.delete(place);
      if (place.room === "quick") this.#overdue.add(place);
      place.isLate = true;
      place.onLate();
    }
    for (const place of this.#overdue) {
      if (this.#taken.slow >= this.#halfMax) return;
      this.#overdue.delete(place);
      this.#move(place, "slow");
    }
  }

  #move(place: Slot, room: Room): void {
    this.#leave(place);
    place.room = room;
    this.#taken[room] += 1;
  }

  #leave(place: Slot): void {
    this.#taken[place.room] -= 1;
    if (place.room !== "quick") return;
    if (place.isUnknown) this.#unknown -= 1;
    this.#first.delete(place);
  }
}

/** An answer that takes longer is slow: its place goes to the slow half, its lane with it. */
const slowMs = 1000;
/** A longer wait counts as this one: whoever hung for a minute is quick again after four quick answers. */
const countedMaxMs = 10_000;

/** How a receiver answers: it has never been asked, within a second, or not. */
export type Pace = "unknown" | "quick" | "slow";

/**
 * How many deliveries a lane, or an origin, may have in flight. Starts at one, so that a delivery that kills its engine
 * cannot take a full window with it when the lane is taken over; opens by one for each quick answer, so that a good
 * receiver has its full width after some milliseconds; halves when there is no answer, and as soon as one is late. Who
 * answers, but slowly, gets an eighth of the width at most, one more for each whole window of answers.
 */
export class AdaptiveWindow {
  readonly slowMax: number;
  readonly #max: number;
  #size = 1;
  #usualMs: number | undefined;

  /** `usualMs`: what it was when somebody last sent there. */
  constructor(max: number, usualMs?: number) {
    this.#max = max;
    this.#usualMs = usualMs;
    this.slowMax = Math.max(1, Math.floor(max / 8));
  }

  get size(): number {
    return Math.floor(this.#size);
  }

  /** How long answers take; undefined while there was none. */
  get usualMs(): number | undefined {
    return this.#usualMs;
  }

  get pace(): Pace {
    if (this.#usualMs === undefined) return "unknown";
    return this.#usualMs > slowMs ? "slow" : "quick";
  }

  learn(outcome: AttemptOutcome): void {
    const tookMs = Math.min(outcome.latencyMs, countedMaxMs);
    // Up by an eighth of the newest, down by half: one slow answer among many quick ones makes nobody slow.
    this.#usualMs ??= tookMs;
    this.#usualMs += (tookMs - this.#usualMs) / (tookMs > this.#usualMs ? 8 : 2);
    if (outcome.kind !== "answered") this.narrow();
    else if (tookMs <= slowMs) this.#size = Math.min(this.#max, this.#size + 1);
    else if (this.#size < this.slowMax) this.#size = Math.min(this.slowMax, this.#size + 1 / this.#size);
    else if (this.pace === "slow") this.#size = Math.max(this.slowMax, this.#size / 2);
  }

  /** There is no answer, or none yet after a second. */
  narrow(): void {
    this.#size = Math.max(1, this.#size / 2);
  }
}

/** Sends within one millisecond. */
interface Sends {
  readonly fromMs: number;
  /** Of the last of them. */
  toMs: number;
  count: number;
}

const windowMs = 1000;

/**
 * Lets at most `perSecond` sends begin in any one second, wherever that second begins, and in bursts of a quarter of it. It
 * remembers the sends of the last second, one entry per millisecond. A lane has one owner at a time; what earlier owners may
 * have sent within the last second is covered by `notBeforeMs`. Begins with one token, so that a new owner gets no burst.
 */
export class RateLimit {
  #perSecond: number;
  #tokens = 1;
  #filledAtMs: number;
  readonly #notBeforeMs: number;
  readonly #recent: Sends[] = [];
  #inWindow = 0;

  constructor(perSecond: number, nowMs: number, notBeforeMs: number) {
    this.#perSecond = perSecond;
    this.#filledAtMs = nowMs;
    this.#notBeforeMs = notBeforeMs;
  }

  /** The sends of the last second still count. */
  change(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  has(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(Math.max(1, this.#perSecond / 4), this.#tokens + earned);
    this.#filledAtMs = nowMs;
    this.#forget(nowMs);
    return nowMs >= this.#notBeforeMs && this.#tokens >= 1 && this.#inWindow < this.#perSecond;
  }

  take(nowMs: number): void {
    this.#tokens -= 1;
    this.#inWindow += 1;
    const last = this.#recent.at(-1);
    if (!last || nowMs - last.fromMs >= 1) this.#recent.push({ fromMs: nowMs, toMs: nowMs, count: 1 });
    else {
      last.toMs = nowMs;
      last.count += 1;
    }
  }

  /** How long until sends no longer count against a new owner: up to a second. */
  busyMs(nowMs: number): number {
    const last = this.#recent.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, this.#notBeforeMs - nowMs, last + windowMs - nowMs);
  }

  #forget(nowMs: number): void {
    const first = this.#recent.findIndex(({ toMs }) => nowMs - toMs < windowMs);
    const old = first === -1 ? this.#recent.splice(0) : this.#recent.splice(0, first);
    for (const { count } of old) this.#inWindow -= count;
  }
}
