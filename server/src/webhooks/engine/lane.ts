import type {
  AttemptOutcome,
  ClaimedLane,
  DueDelivery,
  LaneToRead,
  ReleasedLane,
  RunToRead,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
import { LanePause, LongFailure } from "./lane-pause.ts";
import { LaneRows, type OfKey } from "./lane-rows.ts";
import { type AdaptiveWindow, type Pace, RateLimit } from "./limits.ts";
import type { ReceiverHost, ReceiverHosts } from "./receiver-host.ts";

/** Rows read ahead for each place of the window, so that reading and sending overlap. */
const readAhead = 10;
/** One endpoint's deliveries, while this engine owns them. */
export class Lane {
  readonly endpointId: number;
  readonly epoch: number;
  readonly #rows: LaneRows;
  readonly #origins: ReceiverHosts;
  readonly #peace: LanePause;
  readonly failure: LongFailure;
  readonly #lifts: number;
  #origin: ReceiverHost;
  #window: AdaptiveWindow;
  #rateLimit: RateLimit | undefined;
  #settings: DeliverySettings;
  readonly looks = new PollSchedule();
  inFlight = 0;
  /** The same endpoint's, when this engine owned it before: its requests may still be open. */
  #before: Lane | undefined;
  #rowsMax = Number.POSITIVE_INFINITY;
  /** Its answers take so long at present that it may use slow places only. */
  isStalled = false;
  /** The queue for places in which it stands. */
  queue: Lane[] | undefined;
  #isOff = false;
  /** It goes back as soon as what is in flight is settled, for another engine to take. */
  isLeaving = false;

  constructor(taken: ClaimedLane, settings: DeliverySettings, origins: ReceiverHosts, nowMs: number) {
    this.endpointId = taken.endpointId;
    this.epoch = taken.epoch;
    this.#peace = new LanePause(taken.unanswered);
    this.failure = new LongFailure(taken, nowMs);
    this.#lifts = taken.lifts;
    this.#rows = new LaneRows(taken.endpointId);
    this.#origins = origins;
    this.#origin = origins.enter(settings.url);
    this.#window = origins.windowFor(taken.endpointId, settings.url);
    this.#settings = settings;
    const { maxPerSecond } = settings;
    if (maxPerSecond !== null) this.#rateLimit = new RateLimit(maxPerSecond, nowMs, nowMs + taken.rateSeconds * 1000);
  }

  get settings(): DeliverySettings {
    return this.#settings;
  }

  get origin(): ReceiverHost {
    return this.#origin;
  }

  get window(): AdaptiveWindow {
    return this.#window;
  }

  /** Counts the requests of `before`, which this engine owned until now. */
  after(before: Lane | undefined): this {
    this.#before = before;
    return this;
  }

  /** Of this engine to the endpoint, under whichever epoch they began. */
  get openRequests(): number {
    if (this.#before?.openRequests === 0) this.#before = undefined;
    return this.inFlight + (this.#before?.openRequests ?? 0);
  }

  /** What counts from the next attempt on. */
  change(settings: DeliverySettings, nowMs: number): void {
    const { maxPerSecond } = settings;
    if (maxPerSecond === null) this.#rateLimit = undefined;
    else if (this.#rateLimit) this.#rateLimit.change(maxPerSecond);
    // Nobody has counted what was sent in the last second.
    else this.#rateLimit = new RateLimit(maxPerSecond, nowMs, nowMs + 1000);
    // While it was off, nothing could be read: that was not the end of what is due.
    if (settings.version !== this.#settings.version) this.#rows.startOver();
    if (settings.url !== this.#settings.url) {
      this.leave();
      this.#origin = this.#origins.enter(settings.url);
      this.#window = this.#origins.windowFor(this.endpointId, settings.url);
    }
    this.#settings = settings;
  }

  /** Sends nothing there any more: it is given back, or goes elsewhere. */
  leave(): void {
    this.#origins.leave(this.#origin, { endpointId: this.endpointId, url: this.#settings.url, window: this.#window });
  }

  /** How its receiver answers; of one that was not asked yet, how its host does. */
  get pace(): Pace {
    if (this.isStalled) return "slow";
    if (this.#window.pace !== "unknown") return this.#window.pace;
    return this.#peace.breaker.seemsAway ? "slow" : this.#origin.pace;
  }

  mayStart(nowMs: number): boolean {
    if (this.#isStopped(nowMs) || this.#rateLimit?.has(nowMs) === false) return false;
    const widthMax = this.settings.maxInFlight ?? Number.POSITIVE_INFINITY;
    return (
      this.#rows.waiting > 0 &&
      this.inFlight < (this.#peace.breaker.isOpen ? 1 : this.#window.size) &&
      this.openRequests < widthMax
    );
  }

  /** So little is at hand that the next places would find nothing. */
  get wantsMore(): boolean {
    return this.areRunsWanted || (this.looks.areWantedAtOnce && this.#rows.waiting <= this.#wanted / 2);
  }

  /** Rows that wait behind the heads of ordering keys are to be read. */
  get areRunsWanted(): boolean {
    return this.#rows.areRunsWanted;
  }

  /** Begins a read, when there is not enough at hand: what to read. `rowsMax` is its share of the memory. */
  beginRead(nowMs: number, rowsMax = Number.POSITIVE_INFINITY): LaneToRead | undefined {
    this.#rowsMax = rowsMax;
    const isEnough = this.#isStopped(nowMs) || !this.looks.areDue(nowMs) || this.#rows.waiting > this.#wanted / 2;
    return isEnough ? undefined : this.#rows.begin(this.#wanted);
  }

  /** Takes what was read, in order. `horizon` is how far the cursor may go. Gives how many rows were new. */
  endRead(rows: readonly DueDelivery[], asked: LaneToRead, at: { horizon: string; nowMs: number }): number {
    if (this.#rows.isOutdated(asked)) this.looks.now();
    return this.#rows.end(rows, asked, at);
  }

  cancelRead(): void {
    this.#rows.cancelRead();
  }

  /** Begins a read of what follows the heads of ordering keys. */
  beginRuns(nowMs: number, rowsMax: number): readonly RunToRead[] {
    return this.#isStopped(nowMs) ? [] : this.#rows.beginRuns(rowsMax);
  }

  endRuns(asked: readonly RunToRead[], rows: readonly DueDelivery[], nowMs: number): void {
    this.#rows.endRuns(asked, rows, nowMs);
  }

  cancelRuns(): void {
    this.#rows.cancelRuns();
  }

  /** A look that began at `atMs` is done: what it has found is held. */
  looked(atMs: number): void {
    this.looks.done(atMs, this.#rows.held === 0);
  }

  /** The next that may be sent, of those at hand. */
  shift(nowMs: number): DueDelivery | undefined {
    const delivery = this.#rows.shift();
    if (delivery) this.#rateLimit?.take(nowMs);
    return delivery;
  }

  /** It is answered, or has been out for too long: what waited for it may go. */
  letFollow(delivery: DueDelivery): void {
    this.#rows.letFollow(delivery);
  }

  /** An attempt is over. `isLast`: its delivery has ended, so the next one of its key may go. */
  ended(delivery: OfKey, isLast: boolean, nowMs: number): void {
    this.#rows.ended(delivery, isLast, nowMs);
  }

  /** Its outcome is recorded, or will not be. */
  settled(delivery: OfKey, nowMs: number): void {
    this.#rows.settled(delivery, nowMs);
  }

  /** More of this key is at hand, or on its way from the database. */
  isRunning(orderingKey: string): boolean {
    return this.#rows.isRunning(orderingKey);
  }

  /** Learns from an attempt: how many may be in flight, and whether to leave the receiver alone for a while. */
  learn(outcome: AttemptOutcome, nowMs: number, askedSeconds = 0): void {
    this.#window.learn(outcome);
    if (this.#peace.learn(outcome, nowMs, askedSeconds)) this.dropWaiting();
  }

  /** What its next owner needs to know. */
  released(nowMs: number): ReleasedLane {
    const { endpointId, epoch } = this;
    const rateSeconds = (this.#rateLimit?.busyMs(nowMs) ?? 0) / 1000;
    return {
      endpointId,
      epoch,
      rateSeconds,
      lifts: this.#lifts,
      ...this.#peace.released(nowMs),
      ...this.failure.released(nowMs),
    };
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

  /**
   * Nothing is left to do here: it has been idle for that long, or is stopped. That it is idle is told by a look just now, not
   * by the one a second ago: what has come since would wait for the next owner's look too, two seconds instead of one.
   */
  mayBeReleased(nowMs: number, idleMs: number): boolean {
    if (this.#rows.held > 0 || this.#isOff) return this.#rows.held === 0;
    return this.#isStopped(nowMs) || (this.looks.haveFoundNothingFor(idleMs) && !this.looks.areDue(nowMs));
  }

  dropWaiting(): void {
    this.#rows.drop();
    this.looks.now();
  }

  get #wanted(): number {
    return Math.min(this.#rowsMax, this.#window.size * readAhead);
  }

  #isStopped(nowMs: number): boolean {
    return this.#isOff || this.isLeaving || this.#peace.holds(nowMs);
  }
}

const immediately = Number.NEGATIVE_INFINITY;

/** When a lane is looked at for what is due, and for how long its looks have found nothing. */
class PollSchedule {
  /** In the clock's monotonic milliseconds. */
  #nextAtMs = immediately;
  #idleSinceMs: number | undefined;
  /** How long it had been idle when it was last looked at. */
  #idleForMs = 0;

  /** The next one waits for nothing: there is more than the last one found, or somebody says so. */
  get areWantedAtOnce(): boolean {
    return this.#nextAtMs === immediately;
  }

  /** The time of the next one has come. */
  areDue(nowMs: number): boolean {
    return this.#nextAtMs <= nowMs;
  }

  now(): void {
    this.#nextAtMs = immediately;
  }

  /** The next one is then at the latest. */
  by(atMs: number): void {
    this.#nextAtMs = Math.min(this.#nextAtMs, atMs);
  }

  /** One begins. The next one is then, unless a hint comes while this one is under way. */
  begin(nextAtMs: number): void {
    this.#nextAtMs = nextAtMs;
  }

  /** One that began at `atMs` is done, and whether all that was found is settled. */
  done(atMs: number, isIdle: boolean): void {
    this.#idleSinceMs = isIdle ? (this.#idleSinceMs ?? atMs) : undefined;
    this.#idleForMs = atMs - (this.#idleSinceMs ?? atMs);
  }

  haveFoundNothingFor(ms: number): boolean {
    return this.#idleForMs >= ms;
  }
}
