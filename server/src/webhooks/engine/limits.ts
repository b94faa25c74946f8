import { LRUCache } from "lru-cache";
import TinyQueue from "tinyqueue";
import { diskLimits } from "#platform/limits.ts";
import type { NotMade } from "#webhooks/attempts/index.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

/** A response that takes longer is slow, and its attempt moves to a slow slot. */
const slowMs = 1000;
/** Longer latencies count as this one, so that four quick responses make a receiver that hung for a minute quick again. */
const latencyMaxMs = 10_000;

/** How fast a receiver responds: not known yet, within a second, or slower. */
type Latency = "unknown" | "quick" | "slow";

/** The expected course of a lane's next attempt. `failing`: it fails quickly, or its response is too large. */
export type Pace = Latency | "failing";

/** The class in which a lane waits for a slot. `moderate`: it responds within a second, but seldom within 200 ms. */
export type SlotPace = Pace | "moderate";

/** Receivers that take longer hold slots so long that others would wait for them. */
const moderateMs = 200;

/**
 * Adaptive concurrency limit of a lane or a receiver host. Starts at 1, so that a delivery that crashes its engine cannot
 * take a full window with it when the lane is claimed again. Grows by 1 for each quick response, so that a good receiver has
 * its full window after some milliseconds. Halves when there is no response, and as soon as one is late. A receiver that
 * responds slowly gets at most an eighth of the maximum, one more for each whole window of responses.
 */
export class AdaptiveWindow {
  readonly slowMax: number;
  readonly #max: number;
  #size = 1;
  #latencyMs: number | undefined;

  /** `latencyMs` is the average that an earlier lane of the endpoint ended with. */
  constructor(max: number, latencyMs?: number) {
    this.#max = max;
    this.#latencyMs = latencyMs;
    this.slowMax = Math.max(1, Math.floor(max / 8));
  }

  get size(): number {
    return Math.floor(this.#size);
  }

  /** Moving average of the latency; undefined before the first response. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  get pace(): Latency {
    if (this.#latencyMs === undefined) return "unknown";
    return this.#latencyMs > slowMs ? "slow" : "quick";
  }

  /** True if the receiver has responded, but seldom within 200 ms. */
  get isModerate(): boolean {
    return (this.#latencyMs ?? 0) > moderateMs;
  }

  learn(outcome: AttemptOutcome): void {
    const latencyMs = Math.min(outcome.latencyMs, latencyMaxMs);
    // Rises by an eighth of the difference and falls by half, so that one slow response among many quick ones changes no pace.
    this.#latencyMs ??= latencyMs;
    this.#latencyMs += (latencyMs - this.#latencyMs) / (latencyMs > this.#latencyMs ? 8 : 2);
    if (outcome.kind !== "answered") this.narrow();
    else if (latencyMs <= slowMs) this.#size = Math.min(this.#max, this.#size + 1);
    else if (this.#size < this.slowMax) this.#size = Math.min(this.slowMax, this.#size + 1 / this.#size);
    else if (this.pace === "slow") this.#size = Math.max(this.slowMax, this.#size / 2);
  }

  /** Halves the window: an attempt has had no response, or none within a second. */
  narrow(): void {
    this.#size = Math.max(1, this.#size / 2);
  }
}

/** The slot of an attempt in flight. */
export interface Slot {
  readonly startedMs: number;
  readonly pace: SlotPace;
  /** Has taken more than a second, or is expected to. */
  isLate: boolean;
  pool: SlotPool;
  readonly onLate: () => void;
}

/** `parked`: in flight without a slot. */
type SlotPool = "quick" | "slow" | "parked";

interface SlotRequest {
  /** The expected pace of the receiver. */
  readonly pace: SlotPace;
  /** The endpoint has never responded to this engine. */
  readonly isFirst: boolean;
  readonly onLate: () => void;
}

/** A first attempt without a response after this time gives up its slot. */
const firstResponseMs = 200;
/** Bounds the parked first attempts per slot, since each holds a socket. */
const parkedPerSlot = 4;
/** A lane's attempts in flight, at most, for each free slot of its class. */
const heldPerFreeSlot = 4;

/**
 * The engine's concurrency limit, in two halves: quick slots for receivers that respond within a second, slow slots for
 * others. An attempt that turns out to be slow moves to a slow slot. To leave room for these, receivers known to be slow
 * start in half of the slow slots only. Receivers with an unknown pace start in half of the quick slots, so that a good one
 * waits for few of them where most are hostile. Failing ones start in a twelfth: a hostile response takes up to 2 ms of the
 * event loop, and 8 of them delay a good one by 16 ms. Moderate ones start in three quarters: where many take 0.9 s, their
 * slots are free once a second. All these together leave an eighth to receivers that respond within 200 ms.
 *
 * A lane takes another slot only while it has fewer than four attempts in flight for each free one (a dynamic threshold:
 * Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998). So one lane leaves a fifth of the slots free, three
 * lanes leave a thirteenth, and the next one to come waits for none of their responses.
 *
 * An endpoint's first attempt that has no response after 200 ms is parked: it gives up its slot, so that the next endpoint
 * can be tried. 300 endpoints that hang are detected within seconds instead of one timeout after another. Each endpoint has
 * one first attempt, so no receiver gains by it. When the maximum is parked, first attempts wait like any other.
 *
 * Slots and parked attempts together are at most `attemptsMax`, since each attempt holds a socket.
 */
export class ConcurrencyLimits {
  readonly #halfMax: number;
  readonly #slowStartMax: number;
  /** Quick slots of all but quick receivers. */
  readonly #othersMax: number;
  readonly #parkedMax: number;
  /** Slots that are not late yet, in the order of their start. */
  readonly #onTime = new Set<Slot>();
  /** First attempts that hold a slot, in the order of their start. */
  readonly #first = new Set<Slot>();
  /** Late, while no slow slot is free. */
  readonly #overdue = new Set<Slot>();
  readonly #used: Record<SlotPool, number> = { quick: 0, slow: 0, parked: 0 };
  /** Maximum and number of quick slots by the pace of their attempts. */
  readonly #quickMax: Readonly<Record<Exclude<SlotPace, "slow">, number>>;
  readonly #quick = { unknown: 0, quick: 0, moderate: 0, failing: 0 };

  constructor(total: number, attemptsMax = Number.POSITIVE_INFINITY) {
    const slots = Math.min(total, attemptsMax);
    this.#halfMax = Math.max(1, Math.floor(slots / 2));
    this.#slowStartMax = Math.max(1, Math.floor(this.#halfMax / 2));
    this.#othersMax = Math.max(1, Math.floor((this.#halfMax * 7) / 8));
    this.#quickMax = {
      quick: this.#halfMax,
      moderate: Math.max(1, Math.floor((this.#halfMax * 3) / 4)),
      unknown: Math.max(1, Math.floor(this.#halfMax / 2)),
      failing: Math.max(1, Math.floor(this.#halfMax / 12)),
    };
    this.#parkedMax = Math.min(slots * parkedPerSlot, attemptsMax - slots);
  }

  get inFlight(): number {
    return this.#used.quick + this.#used.slow + this.#used.parked;
  }

  hasSlot(pace: SlotPace): boolean {
    if (pace === "slow") return this.#used.slow < this.#slowStartMax;
    const { [pace]: used, quick } = this.#quick;
    if (this.#used.quick >= this.#halfMax || used >= this.#quickMax[pace]) return false;
    return pace === "quick" || this.#used.quick - quick < this.#othersMax;
  }

  /** Returns whether a lane with so many attempts in flight may take one of the free slots. */
  hasSlotFor(pace: SlotPace, held: number): boolean {
    return held < heldPerFreeSlot * this.#freeSlots(pace);
  }

  #freeSlots(pace: SlotPace): number {
    if (pace === "slow") return this.#slowStartMax - this.#used.slow;
    return Math.min(this.#halfMax - this.#used.quick, this.#quickMax[pace] - this.#quick[pace]);
  }

  acquire(startedMs: number, { pace, isFirst, onLate }: SlotRequest): Slot {
    const isSlow = pace === "slow";
    const pool = isSlow ? "slow" : "quick";
    const slot: Slot = { startedMs, pace, isLate: isSlow, pool, onLate };
    this.#used[pool] += 1;
    if (pace === "slow") return slot;
    this.#quick[pace] += 1;
    this.#onTime.add(slot);
    if (isFirst) this.#first.add(slot);
    return slot;
  }

  release(slot: Slot): void {
    (slot.isLate ? this.#overdue : this.#onTime).delete(slot);
    this.#leavePool(slot);
  }

  /** Parks first attempts and moves late attempts to slow slots, oldest first, as far as there is room. */
  moveLate(nowMs: number): void {
    for (const slot of this.#first) {
      if (nowMs - slot.startedMs <= firstResponseMs || this.#used.parked >= this.#parkedMax) break;
      this.#move(slot, "parked");
    }
    for (const slot of this.#onTime) {
      if (nowMs - slot.startedMs <= slowMs) break;
      this.#onTime.delete(slot);
      if (slot.pool === "quick") this.#overdue.add(slot);
      slot.isLate = true;
      slot.onLate();
    }
    for (const slot of this.#overdue) {
      if (this.#used.slow >= this.#halfMax) return;
      this.#overdue.delete(slot);
      this.#move(slot, "slow");
    }
  }

  #move(slot: Slot, pool: SlotPool): void {
    this.#leavePool(slot);
    slot.pool = pool;
    this.#used[pool] += 1;
  }

  #leavePool(slot: Slot): void {
    this.#used[slot.pool] -= 1;
    if (slot.pool !== "quick" || slot.pace === "slow") return;
    this.#quick[slot.pace] -= 1;
    this.#first.delete(slot);
  }
}

/** The turn of an item in a `TurnQueue`. */
interface Turn<Item> {
  readonly item: Item;
  readonly startMs: number;
  /** Turns with a lower rank go before others with the same start. */
  readonly rank: number;
  readonly number: number;
}

const newHeap = <Item>(): TinyQueue<Turn<Item>> =>
  new TinyQueue<Turn<Item>>(
    [],
    (one, other) => one.startMs - other.startMs || one.rank - other.rank || one.number - other.number,
  );

/**
 * Items that wait for slots. Takes them by start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): the turns of an item
 * are as far apart as it is charged for each. So items that always wait get the same time in slots, however long each of
 * their turns takes. One that comes seldom goes before all that have waited since their last turn; it gains nothing else by
 * that, since its next turn is as far away as theirs.
 */
export class TurnQueue<Item extends object> {
  #turns = newHeap<Item>();
  /** Turns of items that are deleted stay in the heap until they are at its top. */
  readonly #waiting = new Map<Item, Turn<Item>>();
  readonly #nextMs = new WeakMap<Item, number>();
  /** The start of the last turn that was taken, in the queue's own time. */
  #startedMs = 0;
  #added = 0;

  get length(): number {
    return this.#waiting.size;
  }

  /** Adds an item, unless it waits already. `isNext`: before all others with the same start. */
  add(item: Item, isNext = false): void {
    if (this.#waiting.has(item)) return;
    this.#added += 1;
    const nextMs = this.#nextMs.get(item) ?? 0;
    const startMs = Math.max(this.#startedMs, nextMs);
    const rank = isNext ? 0 : nextMs < startMs ? 1 : 2;
    const turn = { item, startMs, rank, number: this.#added };
    this.#waiting.set(item, turn);
    this.#turns.push(turn);
  }

  delete(item: Item): void {
    this.#waiting.delete(item);
  }

  take(): Item | undefined {
    for (let turn = this.#turns.pop(); turn; turn = this.#turns.pop()) {
      if (this.#waiting.get(turn.item) !== turn) continue;
      this.#waiting.delete(turn.item);
      this.#startedMs = turn.startMs;
      return turn.item;
    }
    return undefined;
  }

  /** Puts the next turn of the item that was taken last off. */
  charge(item: Item, ms: number): void {
    this.#nextMs.set(item, this.#startedMs + ms);
  }

  clear(): void {
    this.#waiting.clear();
    this.#turns = newHeap();
  }
}

/** Sends that started within one millisecond. */
interface Sends {
  readonly fromMs: number;
  /** Start of the last of them. */
  toMs: number;
  count: number;
}

const windowMs = 1000;

/**
 * Token bucket that also bounds every one-second window: at most `perSecond` sends start in any second, in bursts of up to
 * a quarter of it. Remembers the sends of the last second, one entry per millisecond. Sends of earlier owners within the
 * last second are covered by `notBeforeMs`. Starts with one token, so that a new owner gets no burst.
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

  /** Changes the limit. The sends of the last second still count. */
  change(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  allows(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(Math.max(1, this.#perSecond / 4), this.#tokens + earned);
    this.#filledAtMs = nowMs;
    this.#expire(nowMs);
    return nowMs >= this.#notBeforeMs && this.#tokens >= 1 && this.#inWindow < this.#perSecond;
  }

  /** Returns whether the limit allows no send at the moment. Changes nothing. */
  isUsedUp(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    return nowMs < this.#notBeforeMs || this.#tokens + earned < 1;
  }

  record(nowMs: number): void {
    this.#tokens -= 1;
    this.#inWindow += 1;
    const last = this.#recent.at(-1);
    if (!last || nowMs - last.fromMs >= 1) this.#recent.push({ fromMs: nowMs, toMs: nowMs, count: 1 });
    else {
      last.toMs = nowMs;
      last.count += 1;
    }
  }

  /** Returns for how long sends still count against a new owner, at most a second. */
  busyMs(nowMs: number): number {
    const last = this.#recent.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, this.#notBeforeMs - nowMs, last + windowMs - nowMs);
  }

  #expire(nowMs: number): void {
    const first = this.#recent.findIndex(({ toMs }) => nowMs - toMs < windowMs);
    const expired = first === -1 ? this.#recent.splice(0) : this.#recent.splice(0, first);
    for (const { count } of expired) this.#inWindow -= count;
  }
}

/** How long nothing is started after a lack of descriptors, and the interval at which more is allowed again. */
const stepMs = 250;
/** Interval of log lines, whatever the number of attempts that could not be made. */
const logEveryMs = 10_000;

interface ExhaustionLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Counts an attempt that could not be made. */
  notMade(notMade: NotMade): void;
}

/**
 * Concurrency limit of a process that lacks file descriptors or socket memory, of which each attempt needs some. After a lack,
 * nothing is started for a moment. Then as many attempts may be in flight as were then, plus a quarter more at each step
 * without a lack: from 1 to 200 within six seconds.
 */
export class Exhaustion {
  readonly #log: ExhaustionLog;
  #inFlightMax = Number.POSITIVE_INFINITY;
  #raisedAtMs = Number.NEGATIVE_INFINITY;
  /** The limit above which there is none: that of the engine. */
  readonly #slots: number;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(slots: number, log: ExhaustionLog) {
    this.#slots = slots;
    this.#log = log;
  }

  /** True if another attempt may start. */
  allows(inFlight: number, nowMs: number): boolean {
    if (this.#inFlightMax === Number.POSITIVE_INFINITY) return true;
    if (nowMs < this.#raisedAtMs) return false;
    for (; this.#raisedAtMs + stepMs <= nowMs && this.#inFlightMax < this.#slots; this.#raisedAtMs += stepMs)
      this.#inFlightMax += Math.max(1, Math.floor(this.#inFlightMax / 4));
    if (this.#inFlightMax >= this.#slots) this.#inFlightMax = Number.POSITIVE_INFINITY;
    return inFlight < this.#inFlightMax;
  }

  /** An attempt could not be made while `inFlight` others were under way. */
  learn(notMade: NotMade, inFlight: number, nowMs: number): void {
    this.#log.notMade(notMade);
    this.#unlogged += 1;
    if (nowMs - this.#loggedAtMs >= logEveryMs) {
      this.#log.warn(
        { code: notMade.code, notMade: this.#unlogged, inFlight },
        "no connection could be opened for want of file descriptors, ports or socket memory; trying again, and no attempt counts",
      );
      this.#loggedAtMs = nowMs;
      this.#unlogged = 0;
    }
    if (notMade.resource === "ports") return; // one receiver is concerned, and its lane pauses
    this.#inFlightMax = Math.min(this.#inFlightMax, Math.max(1, inFlight));
    this.#raisedAtMs = nowMs + stepMs;
  }
}

/** Kept of each body, however many there are. */
const keptAlwaysBytes = 1024;
const endpointsMax = 10_000;

/**
 * Bounds the response bodies that an endpoint's attempts store: a receiver that fails with a page of 64 KiB would turn each small event into
 * 64 KiB for each attempt.
 */
export class KeptBodies {
  readonly #buckets = new LRUCache<number, { readonly bytes: number; readonly atMs: number }>({
    maxSize: endpointsMax,
    sizeCalculation: () => 1,
  });

  /** Returns the part of a body to store. */
  cut(endpointId: number, body: Uint8Array, nowMs: number): Uint8Array {
    if (body.byteLength <= keptAlwaysBytes) return body;
    const { max, perSecond } = diskLimits.keptBodies;
    const before = this.#buckets.get(endpointId) ?? { bytes: max, atMs: nowMs };
    const left = Math.min(max, before.bytes + ((nowMs - before.atMs) / 1000) * perSecond) - body.byteLength;
    if (left < 0) return body.subarray(0, keptAlwaysBytes);
    this.#buckets.set(endpointId, { bytes: left, atMs: nowMs });
    return body;
  }
}
