import type { AttemptOutcome, ReleasedLane } from "#webhooks/deliveries/index.ts";

/**
 * A receiver that asked for peace is asked again after this, with one delivery: a mistaken `Retry-After` of a day costs an
 * hour, and a true one an attempt an hour. The delivery that got the answer waits as long as was asked.
 */
const retryAfterMaxMs = 3_600_000;

/** When a receiver is left alone: while it has asked for that, and between probes while it does not answer at all. */
export class LanePause {
  readonly breaker: Breaker;
  #untilMs = 0;

  /** `unanswered`: attempts in a row, under owners before. */
  constructor(unanswered: number) {
    this.breaker = new Breaker(unanswered);
  }

  holds(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** Learns from an attempt whether to leave the receiver alone from now on. `askedSeconds`: as its `Retry-After` says. */
  learn(outcome: AttemptOutcome, nowMs: number, askedSeconds: number): boolean {
    const askedMs = Math.min(retryAfterMaxMs, askedSeconds * 1000);
    const pauseMs = Math.max(this.breaker.learn(outcome, nowMs) ?? 0, askedMs);
    if (pauseMs === 0) return false;
    this.#untilMs = Math.max(this.#untilMs, nowMs + pauseMs);
    return true;
  }

  released(nowMs: number): Pick<ReleasedLane, "pauseSeconds" | "unanswered"> {
    return { pauseSeconds: Math.max(0, (this.#untilMs - nowMs) / 1000), unanswered: this.breaker.unanswered };
  }
}

/** So many in a row without an answer are an outage, not bad luck. */
const unansweredMax = 50;
/** An unusable answer counts as this many: three in a row open the breaker, since each may cost 20 ms of processor time. */
const unusableWeight = 17;
/** Fewer may be bad luck. */
const seemsAwayMin = 3;
const firstPauseMs = 5000;
const pauseMaxMs = 60_000;

/**
 * Notices that nobody answers at all, and then lets one delivery try at a time, after a pause that doubles: the others
 * keep their attempts for when the receiver is back. Any answer, whatever its status, closes it.
 */
export class Breaker {
  #unanswered: number;
  #pauseMs = firstPauseMs;
  #answeredMs = Number.NEGATIVE_INFINITY;

  /** `unanswered`: attempts in a row, under owners before. */
  constructor(unanswered = 0) {
    this.#unanswered = unanswered;
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  /** The next attempt will probably hang. */
  get seemsAway(): boolean {
    return this.#unanswered >= seemsAwayMin;
  }

  get isOpen(): boolean {
    return this.#unanswered >= unansweredMax;
  }

  /**
   * How long to leave the receiver alone from now, when the attempt has ended; nothing when it may go on. A receiver that has
   * answered another since the attempt began is there: one that lets some of many hang would else be left alone whenever
   * those end together.
   */
  learn(outcome: AttemptOutcome, nowMs: number): number | undefined {
    if (outcome.kind === "answered") {
      this.#answeredMs = nowMs;
      this.#unanswered = 0;
      this.#pauseMs = firstPauseMs;
      return undefined;
    }
    if (nowMs - outcome.latencyMs < this.#answeredMs) return undefined;
    const weight = outcome.kind === "unreachable" && outcome.isUnusable ? unusableWeight : 1;
    this.#unanswered = Math.min(unansweredMax, this.#unanswered + weight);
    if (!this.isOpen) return undefined;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMaxMs, pauseMs * 2);
    return pauseMs;
  }
}

/** Fewer attempts say too little about a receiver, however far they are apart. */
const attemptsMin = 10;

/** Since when every attempt at an endpoint has failed, and how many there were. Its lane takes this along from owner to owner. */
export interface FailingFor {
  readonly failingSeconds: number | null;
  readonly failedAttempts: number;
}

/** Notices that nothing has got through for so long that nothing will. */
export class LongFailure {
  #sinceMs: number | undefined;
  #attempts: number;

  constructor({ failingSeconds, failedAttempts }: FailingFor, nowMs: number) {
    this.#sinceMs = failingSeconds === null ? undefined : nowMs - failingSeconds * 1000;
    this.#attempts = failedAttempts;
  }

  learn(isDelivered: boolean, nowMs: number): void {
    if (isDelivered) return this.forget();
    this.#sinceMs ??= nowMs;
    this.#attempts += 1;
  }

  lastsFor(ms: number, nowMs: number): boolean {
    return this.#sinceMs !== undefined && this.#attempts >= attemptsMin && nowMs - this.#sinceMs >= ms;
  }

  forget(): void {
    this.#sinceMs = undefined;
    this.#attempts = 0;
  }

  released(nowMs: number): FailingFor {
    const failingSeconds = this.#sinceMs === undefined ? null : (nowMs - this.#sinceMs) / 1000;
    return { failingSeconds, failedAttempts: this.#attempts };
  }
}
