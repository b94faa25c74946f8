import {
  retryAfterSeconds,
  startOfLane,
  type AttemptOutcome,
  type DueDelivery,
  type LaneCursor,
  type LaneToRead,
  type TakenLane,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";

import { Breaker } from "./breaker.ts";
import { LaneWindow } from "./lane-window.ts";
import { SameChange } from "./same-change.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Rows read ahead for each place of the window, so that reading and sending overlap. */
const readAhead = 10;

/** One endpoint's deliveries, while this engine owns them. */
export class Lane {
  readonly endpointId: number;
  readonly epoch: number;
  readonly window: LaneWindow;
  readonly #breaker = new Breaker();
  #bucket: TokenBucket | undefined;
  #settings: DeliverySettings;
  /** When to look for more, in the clock's monotonic milliseconds. */
  lookAtMs = 0;
  idleSinceMs: number | undefined;
  /** The receiver asked for peace, or does not answer: nothing is read or sent until then. */
  #peaceUntilMs = 0;
  inFlight = 0;
  /** Its answers take so long at present that it may use slow places only. */
  isStalled = false;

  #cursor: LaneCursor = startOfLane;
  #waiting: DueDelivery[] = [];
  #next = 0;
  /** What has been read and not settled, and what was settled while a read was under way: none is taken twice. */
  readonly #held = new Map<string, DueDelivery>();
  #settledMeanwhile: string[] = [];
  #isReading = false;
  #isOff = false;
  readonly #sameChange = new SameChange();

  constructor(
    taken: TakenLane,
    settings: DeliverySettings,
    { windowMax, nowMs }: { windowMax: number; nowMs: number },
  ) {
    this.endpointId = taken.endpointId;
    this.epoch = taken.epoch;
    this.window = new LaneWindow(windowMax);
    this.#settings = settings;
    this.change(settings, nowMs);
  }

  get settings(): DeliverySettings {
    return this.#settings;
  }

  /** What counts from the next attempt on. */
  change(settings: DeliverySettings, nowMs: number): void {
    const { maxPerSecond } = settings;
    if (maxPerSecond === null) this.#bucket = undefined;
    else if (!this.#bucket || maxPerSecond !== this.#settings.maxPerSecond)
      this.#bucket = new TokenBucket(maxPerSecond, nowMs);
    // While it was off, nothing could be read: that was not the end of what is due.
    if (settings.version !== this.#settings.version) this.#cursor = { ...startOfLane };
    this.#settings = settings;
  }

  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  get isSlow(): boolean {
    return this.isStalled || this.window.isSlow;
  }

  mayStart(nowMs: number): boolean {
    if (this.#isStopped(nowMs) || this.#bucket?.has(nowMs) === false) return false;
    const widthMax = this.settings.maxInFlight ?? Number.POSITIVE_INFINITY;
    return this.waiting > 0 && this.inFlight < Math.min(this.#breaker.isOpen ? 1 : this.window.size, widthMax);
  }

  /** So little is at hand that the next places would find nothing. */
  get wantsMore(): boolean {
    return this.lookAtMs === 0 && this.waiting <= (this.window.size * readAhead) / 2;
  }

  /** Begins a read, when there is not enough at hand: what to read. */
  beginRead(nowMs: number): LaneToRead | undefined {
    const wanted = this.window.size * readAhead;
    if (this.#isStopped(nowMs) || nowMs < this.lookAtMs || this.waiting > wanted / 2) return undefined;
    this.#isReading = true;
    // Rows that are held are read again while the cursor has to wait before them: room for them too.
    return { endpointId: this.endpointId, after: this.#cursor, limit: wanted + this.#held.size };
  }

  /** Takes what was read, in order. `horizon` is how far the cursor may go. Gives how many rows were new. */
  endRead(rows: readonly DueDelivery[], asked: LaneToRead, horizon: string): number {
    // What waited was dropped meanwhile, perhaps what these rows come after: it is all read again, from the start.
    if (asked.after !== this.#cursor) return this.cancelRead();
    const fresh = rows.filter((row) => !this.#held.has(row.eventId));
    // Written, without the engine having heard of it yet: once it has, the row must be found again.
    const isMoved = rows.some((row) => (this.#held.get(row.eventId) ?? row).dueAt !== row.dueAt);
    for (const row of fresh) this.#held.set(row.eventId, row);
    this.#waiting.push(...fresh);
    const last = rows.length === asked.limit ? rows.at(-1) : undefined;
    const reached = last && last.dueAt < horizon ? last : { ...startOfLane, dueAt: horizon };
    if (!isMoved && this.#cursor.dueAt < horizon) this.#cursor = reached;
    this.cancelRead();
    return fresh.length;
  }

  /** Nothing came of a read: no row is new. */
  cancelRead(): 0 {
    this.#isReading = false;
    for (const eventId of this.#settledMeanwhile) this.#held.delete(eventId);
    this.#settledMeanwhile = [];
    return 0;
  }

  /** The next that may be sent, of those at hand. */
  shift(): DueDelivery | undefined {
    for (;;) {
      const delivery = this.#waiting[this.#next];
      if (!delivery) return undefined;
      this.#next += 1;
      if (this.#next === this.#waiting.length || this.#next > 1000) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      if (!this.#sameChange.mayGo(delivery)) continue;
      this.#bucket?.take();
      return delivery;
    }
  }

  /** It is answered, or has been out for too long: what waited for it may go. */
  letFollow(delivery: DueDelivery): void {
    const behind = this.#sameChange.done(delivery);
    if (behind.length > 0) this.#waiting.splice(this.#next, 0, ...behind);
  }

  /** Settled. A read that began before may still bring the row, so until that read is done it stays held. */
  settled(eventId: string): void {
    if (this.#isReading) this.#settledMeanwhile.push(eventId);
    else this.#held.delete(eventId);
  }

  /** Learns from an attempt: how many may be in flight, and whether to leave the receiver alone for a while. */
  learn(outcome: AttemptOutcome, nowMs: number): void {
    this.window.learn(outcome);
    const pauseMs = Math.max(this.#breaker.learn(outcome) ?? 0, (retryAfterSeconds(outcome) ?? 0) * 1000);
    if (pauseMs === 0) return;
    this.dropWaiting();
    this.#peaceUntilMs = Math.max(this.#peaceUntilMs, nowMs + pauseMs);
  }

  /** How long the next owner is to wait, in seconds. */
  pauseLeftSeconds(nowMs: number): number {
    return Math.max(0, (this.#peaceUntilMs - nowMs) / 1000);
  }

  /** Stops reading and sending: its endpoint is off, or it is others' now. What is in flight is settled under its epoch. */
  switchOff(): void {
    this.dropWaiting();
    this.#isOff = true;
  }

  /** The endpoint may be sent to. A receiver that asked for peace still has it. */
  resume(): void {
    this.#isOff = false;
  }

  /** Nothing is left to do here: it has been idle for that long, or is stopped. */
  mayBeReleased(nowMs: number, idleMs: number): boolean {
    if (this.#held.size > 0 || this.#isOff) return this.#held.size === 0;
    // What an open breaker knows would be lost with the lane: the next owner would spend fifty attempts to learn it.
    if (this.#breaker.isOpen) return false;
    return this.#isStopped(nowMs) || (this.idleSinceMs !== undefined && nowMs - this.idleSinceMs >= idleMs);
  }

  /** Forgets what was read and not yet sent: it stays due, and is read again from the start. */
  dropWaiting(): void {
    const dropped = [...this.#waiting.slice(this.#next), ...this.#sameChange.clear()];
    for (const delivery of dropped) this.#held.delete(delivery.eventId);
    this.#waiting = [];
    this.#next = 0;
    this.#cursor = { ...startOfLane };
    this.lookAtMs = 0;
  }

  #isStopped(nowMs: number): boolean {
    return this.#isOff || nowMs < this.#peaceUntilMs;
  }
}
