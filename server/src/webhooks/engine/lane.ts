import type {
  AttemptOutcome,
  ClaimedLane,
  DueDelivery,
  LaneToRead,
  ReleasedLane,
  RunToRead,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
import type { LaneHold, LaneState, OwnedLane } from "#webhooks/statistics/index.ts";
import { LanePause, LongFailure } from "./lane-pause.ts";
import { type DeliveryOfKey, LaneRows, hintedRowMsMax } from "./lane-rows.ts";
import { type AdaptiveWindow, type Pace, RateLimit, type SlotPace, type TurnQueue } from "./limits.ts";
import type { ReceiverHost, ReceiverHosts } from "./receiver-host.ts";

/** Rows read ahead per slot of the window, so that reading and sending overlap. */
const rowsPerSlot = 10;
/**
 * Rows read ahead for the widest window: a tenth of a second of work at full rate. Rows that wait longer survive garbage
 * collections, which copy them.
 */
const rowsTargetMax = 800;
/** Reads fewer rows ahead if their bodies are larger: all lanes together keep about 50 MB, and one row each. */
const rowBytesMax = 10_000;
/** Consecutive oversized responses that make a lane count as failing. Each costs a millisecond and 64 KiB of history. */
const oversizedMin = 3;

/** The deliveries of one endpoint while this engine owns them. */
export class Lane {
  readonly endpointId: number;
  readonly epoch: number;
  readonly claim: OwnedLane;
  readonly failure: LongFailure;
  readonly polls = new PollSchedule();
  readonly rows: LaneRows;
  readonly #hosts: ReceiverHosts<Lane>;
  readonly #pause: LanePause;
  readonly #lifts: number;
  readonly #claimedAtMs: number;
  #host: ReceiverHost<Lane>;
  #window: AdaptiveWindow;
  #rateLimit: RateLimit | undefined;
  #settings: DeliverySettings;
  /** When a secret stops signing: the settings are to be read again. */
  #outdatedAtMs: number;
  inFlight = 0;
  /** An earlier lane of the endpoint in this engine, while its requests are still open. */
  #previous: Lane | undefined;
  #rowsMax = Number.POSITIVE_INFINITY;
  /** When rows came last, or an attempt began. */
  #movedAtMs: number;
  /** Moving average of the size of bodies. Rises at once, and falls by half of the difference with each read. */
  #rowBytes = 0;
  #oversized = 0;
  /** Attempts take so long at present that the lane may only use slow slots. */
  isStalled = false;
  /** The dispatch queue in which the lane waits for a slot. */
  queue: TurnQueue<Lane> | undefined;
  #isOff: boolean;
  /** Its endpoint is being disabled. It is released afterwards, so that the time of failing is stored as it is then. */
  isDisabling = false;
  /** To be released once nothing is in flight, for another engine to claim. */
  isLeaving = false;
  /** The endpoint has changed and its settings are being read: nothing is sent with the old ones. */
  awaitsSettings = false;

  constructor(claimed: ClaimedLane & OwnedLane, settings: DeliverySettings, hosts: ReceiverHosts<Lane>, nowMs: number) {
    this.endpointId = claimed.endpointId;
    this.epoch = claimed.epoch;
    const { endpointId, providerId, epoch, formerThrough } = claimed;
    this.claim = { endpointId, providerId, epoch, formerThrough };
    this.#pause = new LanePause(claimed);
    this.failure = new LongFailure(claimed, nowMs);
    this.#lifts = claimed.lifts;
    this.#claimedAtMs = nowMs;
    this.#movedAtMs = nowMs;
    this.rows = new LaneRows(claimed.endpointId);
    this.#hosts = hosts;
    this.#host = hosts.enter(settings.url);
    this.#window = hosts.windowFor(claimed.endpointId, settings.url);
    this.#settings = settings;
    this.#isOff = isOff(settings);
    this.#outdatedAtMs = outdatedAtMs(settings, nowMs);
    const { maxPerSecond } = settings;
    if (maxPerSecond !== null) this.#rateLimit = new RateLimit(maxPerSecond, nowMs, nowMs + claimed.rateSeconds * 1000);
  }

  get settings(): DeliverySettings {
    return this.#settings;
  }

  get host(): ReceiverHost<Lane> {
    return this.#host;
  }

  get window(): AdaptiveWindow {
    return this.#window;
  }

  /** Counts the open requests of an earlier lane of the endpoint. */
  after(previous: Lane | undefined): this {
    this.#previous = previous;
    return this;
  }

  /** Open requests of this engine to the endpoint, under any epoch. */
  get openRequests(): number {
    if (this.#previous?.openRequests === 0) this.#previous = undefined;
    return this.inFlight + (this.#previous?.openRequests ?? 0);
  }

  /** Applies settings from the next attempt on, and starts or stops with them. A pause goes on. */
  change(settings: DeliverySettings, nowMs: number): void {
    const { maxPerSecond } = settings;
    if (maxPerSecond === null) this.#rateLimit = undefined;
    else if (this.#rateLimit) this.#rateLimit.change(maxPerSecond);
    // The sends of the last second were not counted, so the limit begins a second from now.
    else this.#rateLimit = new RateLimit(maxPerSecond, nowMs, nowMs + 1000);
    if (settings.version !== this.#settings.version) this.readFromStart();
    if (settings.url !== this.#settings.url) {
      this.leaveHost();
      this.#host = this.#hosts.enter(settings.url);
      this.#window = this.#hosts.windowFor(this.endpointId, settings.url);
    }
    this.#settings = settings;
    this.#outdatedAtMs = outdatedAtMs(settings, nowMs);
    if (isOff(settings)) this.switchOff();
    else this.#isOff = false;
  }

  /** Reads all due rows again. Reads of an endpoint that was off meanwhile have found nothing, which is not the end of its due rows. */
  readFromStart(): void {
    this.rows.resetCursor();
    this.polls.pollNow();
  }

  /** True if the settings were valid for a time that has passed. */
  hasOutdatedSettings(nowMs: number): boolean {
    return nowMs >= this.#outdatedAtMs;
  }

  /** Stops sending to the present URL: the lane is released, or the endpoint has another URL. */
  leaveHost(): void {
    this.#hosts.leave(this.#host, { endpointId: this.endpointId, url: this.#settings.url, window: this.#window });
  }

  /** The expected pace of the next attempt; that of the host while the endpoint itself has had no response. */
  get pace(): Pace {
    const { breaker } = this.#pause;
    if (this.isStalled || this.#window.pace === "slow") return "slow";
    if (this.#window.pace === "unknown") return breaker.isFailing ? "slow" : this.#host.pace;
    return breaker.unanswered > 0 || this.#oversized >= oversizedMin ? "failing" : "quick";
  }

  get slotPace(): SlotPace {
    const { pace } = this;
    return pace === "quick" && this.#window.isModerate ? "moderate" : pace;
  }

  /** True if the lane is slow, and its last attempt had a response. */
  get respondsSlowly(): boolean {
    return !this.isStalled && this.#window.pace === "slow" && this.#pause.breaker.unanswered === 0;
  }

  mayStart(nowMs: number): boolean {
    if (this.awaitsSettings || this.#isStopped(nowMs) || this.#rateLimit?.allows(nowMs) === false) return false;
    return (
      this.rows.waiting > 0 &&
      this.inFlight < (this.#pause.breaker.isOpen ? 1 : this.#window.size) &&
      this.openRequests < (this.settings.maxInFlight ?? Number.POSITIVE_INFINITY)
    );
  }

  /** True if so few rows are in memory that the next free slots would find none. */
  get needsRows(): boolean {
    return this.rows.needsRuns || (this.polls.isImmediate && !this.#hasEnoughRows);
  }

  /** Only a quick receiver uses several rows within the time of a read. Others are not read again at each hint. */
  get #hasEnoughRows(): boolean {
    return this.rows.waiting > (this.pace === "quick" ? this.#rowsTarget / 2 : 0);
  }

  /** Begins a read unless enough rows are in memory. `rowsMax` is the lane's share of the memory. */
  beginRead(nowMs: number, rowsMax = Number.POSITIVE_INFINITY): LaneToRead | undefined {
    this.#rowsMax = rowsMax;
    const isEnough = this.#isStopped(nowMs) || !this.polls.isDue(nowMs) || this.#hasEnoughRows;
    const count = this.#rowsTarget;
    return isEnough ? undefined : this.rows.beginRead(count, Math.ceil(count * this.rowWeight * rowBytesMax));
  }

  /** Takes the rows of a read, in order. The cursor moves no further than `horizon`. Returns how many rows were new. */
  endRead(rows: readonly DueDelivery[], read: LaneToRead, at: { horizon: string; nowMs: number }): number {
    if (this.rows.isOutdated(read)) this.polls.pollNow();
    if (rows.length > 0) this.#movedAtMs = at.nowMs;
    this.#learnSize(rows);
    return this.rows.endRead(rows, read, at);
  }

  /** Ends a read that has failed. All due rows are read again. */
  cancelRead(): void {
    this.rows.cancelRead();
    this.polls.pollNow();
  }

  /**
   * Takes a row that came with the hint of its transaction, as if a read had found it. Returns false if it has to be read:
   *
   * - The lane was claimed after the commit began, so that an earlier owner may have sent it, or the commit is too long ago to know
   *   whether this one has.
   * - The endpoint has other settings than the transaction saw.
   * - Rows before it are to be read. A lane that stands still is to be read from its beginning.
   */
  takeHinted(row: DueDelivery, committingAtMs: number, nowMs: number): boolean {
    const isKnown = this.#claimedAtMs < committingAtMs && nowMs - committingAtMs <= hintedRowMsMax;
    const isCurrent = row.endpointVersion === this.#settings.version;
    const isNext = !this.polls.isImmediate && !this.#hasEnoughRows;
    if (!isKnown || !isCurrent || !isNext || !this.rows.takeHinted(row, nowMs)) return false;
    this.#movedAtMs = nowMs;
    return true;
  }

  /** Begins a read of the rows behind the heads of ordering keys. */
  beginRuns(nowMs: number, rowsMax: number): readonly RunToRead[] {
    return this.#isStopped(nowMs) ? [] : this.rows.beginRuns(this.#affordable(rowsMax), this.rowWeight);
  }

  /** Takes the rows of such a read. More may follow those of the reads that are `cut`. */
  endRuns(runs: readonly RunToRead[], rows: readonly DueDelivery[], nowMs: number, cut?: ReadonlySet<unknown>): void {
    if (rows.length > 0) this.#movedAtMs = nowMs;
    this.#learnSize(rows);
    this.rows.endRuns(runs, rows, nowMs, cut);
  }

  cancelRuns(): void {
    this.rows.cancelRuns();
    this.polls.pollNow();
  }

  /** A poll is done. Without rows in memory, no other one is needed: the engine looks for due deliveries of all idle lanes together. */
  polled(): void {
    if (this.rows.held === 0) this.polls.rest();
  }

  /** Removes and returns the next delivery in memory that may be sent. */
  shift(nowMs: number): DueDelivery | undefined {
    const delivery = this.rows.shift();
    if (!delivery) return undefined;
    this.#movedAtMs = nowMs;
    this.#rateLimit?.record(nowMs);
    return delivery;
  }

  /** No attempt was made. The delivery stays due: all that wait are read again, in order, after a pause of the lane. */
  putBack(delivery: DeliveryOfKey, nowMs: number, pauseMs: number): void {
    this.rows.ended(delivery, false, nowMs);
    this.rows.settled(delivery, nowMs);
    if (pauseMs > 0) this.#pause.extendTo(nowMs + pauseMs);
    this.dropWaiting();
  }

  /** Learns from an attempt: the size of the window, and whether to pause. */
  learn(outcome: AttemptOutcome, nowMs: number, retryAfterSeconds = 0): void {
    this.#window.learn(outcome);
    if (outcome.kind === "answered") this.#oversized = outcome.isCut ? this.#oversized + 1 : 0;
    if (this.#pause.learn(outcome, nowMs, retryAfterSeconds)) this.dropWaiting();
  }

  /** Returns the state that the next owner needs. */
  released(nowMs: number): ReleasedLane {
    const { endpointId, epoch } = this;
    const rateSeconds = (this.#rateLimit?.busyMs(nowMs) ?? 0) / 1000;
    return {
      endpointId,
      epoch,
      rateSeconds,
      lifts: this.#lifts,
      ...this.#pause.released(nowMs),
      ...this.failure.released(nowMs),
    };
  }

  /** Returns the state that pages show. */
  state(nowMs: number): LaneState {
    return {
      inFlight: this.inFlight,
      windowSize: this.#window.size,
      unanswered: this.#pause.breaker.unanswered,
      hold: this.#hold(nowMs),
      ...this.failure.released(nowMs),
    };
  }

  /** Stops reading and sending: the endpoint is off, or the lane is lost. Attempts in flight are settled under its epoch. */
  switchOff(): void {
    this.dropWaiting();
    this.#isOff = true;
  }

  /** Returns whether nothing is left to do: the lane is stopped, or has been idle for `idleMs` and has no hint or retry that is due. */
  mayBeReleased(nowMs: number, idleMs: number): boolean {
    if (this.rows.held > 0 || this.#isOff) return this.rows.held === 0 && !this.isDisabling;
    if (this.rows.isReading) return false;
    return this.#isStopped(nowMs) || (this.idleForMs(nowMs) >= idleMs && !this.polls.isDue(nowMs));
  }

  /** True if the lane has nothing in memory and no poll is due. */
  get isResting(): boolean {
    return this.rows.held === 0 && this.polls.isResting;
  }

  /** The time since rows came or an attempt began. */
  idleForMs(nowMs: number): number {
    return nowMs - this.#movedAtMs;
  }

  dropWaiting(): void {
    this.rows.drop();
    this.polls.pollNow();
  }

  /** Drops the waiting rows if none has been sent for `ms`, so that other lanes can have their memory. They are read again in turn. */
  dropUnsentAfter(ms: number, nowMs: number): void {
    if (this.idleForMs(nowMs) > ms && this.rows.hasUnsent) this.dropWaiting();
  }

  get #rowsTarget(): number {
    return this.#affordable(Math.min(this.#rowsMax, rowsTargetMax, this.#window.size * rowsPerSlot));
  }

  /** How many small rows take as much memory as one of this lane. */
  get rowWeight(): number {
    return Math.max(1, this.#rowBytes / rowBytesMax);
  }

  /** Returns how many rows of this lane may be in memory in place of so many small ones. */
  #affordable(rows: number): number {
    return Math.max(1, Math.floor(rows / this.rowWeight));
  }

  #learnSize(rows: readonly DueDelivery[]): void {
    if (rows.length === 0) return;
    const mean = rows.reduce((sum, { body }) => sum + body.length, 0) / rows.length;
    this.#rowBytes = Math.max(mean, (this.#rowBytes + mean) / 2);
  }

  #hold(nowMs: number): LaneHold | null {
    if (this.#pause.isActive(nowMs)) return this.#pause.breaker.isOpen ? "breaker" : "retry_after";
    if (this.rows.waiting === 0) return null;
    if (this.#rateLimit?.isUsedUp(nowMs)) return "rate_limit";
    return this.openRequests >= (this.settings.maxInFlight ?? Number.POSITIVE_INFINITY) ? "concurrency" : null;
  }

  #isStopped(nowMs: number): boolean {
    return this.#isOff || this.isLeaving || this.#pause.isActive(nowMs);
  }
}

const isOff = ({ active, state }: DeliverySettings): boolean => !active || state !== "enabled";

const outdatedAtMs = ({ previousSecretSeconds }: DeliverySettings, readAtMs: number): number =>
  previousSecretSeconds === null ? Number.POSITIVE_INFINITY : readAtMs + previousSecretSeconds * 1000;

const immediately = Number.NEGATIVE_INFINITY;
const never = Number.POSITIVE_INFINITY;

/** When a lane is polled for due rows, in the clock's monotonic milliseconds. */
class PollSchedule {
  #nextAtMs = immediately;
  #retryAtMs = never;

  /** True if the next poll waits for nothing: the last one left rows behind, or a hint came. */
  get isImmediate(): boolean {
    return this.#nextAtMs === immediately;
  }

  /** True if only a hint, a retry or the engine's poll for idle lanes leads to a poll. */
  get isResting(): boolean {
    return this.#nextAtMs === never;
  }

  isDue(nowMs: number): boolean {
    return Math.min(this.#nextAtMs, this.#retryAtMs) <= nowMs;
  }

  pollNow(): void {
    this.#nextAtMs = immediately;
  }

  /** A delivery is to be retried at `atMs`: schedules a poll no later. */
  pollBy(atMs: number): void {
    this.#retryAtMs = Math.min(this.#retryAtMs, atMs);
  }

  /** A poll begins at `atMs`. The next one follows at `nextAtMs`, unless a hint comes during this one. */
  begin(atMs: number, nextAtMs: number): void {
    this.#nextAtMs = nextAtMs;
    if (this.#retryAtMs <= atMs) this.#retryAtMs = never;
  }

  /** Schedules no further poll, unless a hint came. */
  rest(): void {
    if (!this.isImmediate) this.#nextAtMs = never;
  }
}
