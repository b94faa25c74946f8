import {
  type AttemptOutcome,
  breakerOpensAt,
  type ClaimedLane,
  type ReleasedLane,
} from "#webhooks/deliveries/index.ts";

/**
 * A lane pauses for at most an hour at a time, whatever `Retry-After` says: a mistaken day costs an hour, and a correct one
 * costs an attempt an hour. The delivery that got the response waits for the full time.
 */
const retryAfterMaxMs = 3_600_000;

/** When a lane sends nothing: during `Retry-After`, and between the probes of an open circuit breaker. */
export class LanePause {
  readonly breaker: Breaker;
  #untilMs = 0;

  constructor(lane: Pick<ClaimedLane, "endpointId" | "unanswered">) {
    this.breaker = new Breaker(lane);
  }

  isActive(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** Learns from an attempt. Returns whether the lane pauses from now on. */
  learn(outcome: AttemptOutcome, nowMs: number, retryAfterSeconds: number): boolean {
    const retryAfterMs = Math.min(retryAfterMaxMs, retryAfterSeconds * 1000);
    const pauseMs = Math.max(this.breaker.learn(outcome, nowMs) ?? 0, retryAfterMs);
    if (pauseMs === 0) return false;
    this.extendTo(nowMs + pauseMs);
    return true;
  }

  /** Pauses until `atMs`, unless it does so for longer. */
  extendTo(atMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, atMs);
  }

  released(nowMs: number): Pick<ReleasedLane, "pauseSeconds" | "unanswered"> {
    return { pauseSeconds: Math.max(0, (this.#untilMs - nowMs) / 1000), unanswered: this.breaker.unanswered };
  }
}

/** Weight of an unusable response: three in a row open the breaker, since each may cost 20 ms of processor time. */
const unusableWeight = 17;
/** Consecutive attempts without a response that make the next one likely to fail too. */
const failingMin = 3;
const firstPauseMs = 5000;
const pauseMaxMs = 60_000;
/**
 * The pauses of some endpoints are up to half longer than those of others. The breakers of 200 endpoints that fail together would
 * otherwise probe together, and each time hold up the event loop and the database for 0.1 s.
 */
const stretchMax = 1.5;
/** Two primes: endpoints with successive ids get phases far apart. */
const [phases, phaseStep] = [1009, 619];

/** Returns the factor of an endpoint's pauses, from 1 to `stretchMax`. */
const stretchOf = (endpointId: number): number =>
  1 + ((stretchMax - 1) * (((endpointId % phases) * phaseStep) % phases)) / phases;

/**
 * Circuit breaker of a lane. While it is open, one delivery at a time probes the receiver, after a pause that doubles: the
 * others keep their attempts until the receiver is back. Any response, whatever its status, closes it.
 */
export class Breaker {
  readonly #stretch: number;
  #unanswered: number;
  #pauseMs = firstPauseMs;
  #respondedMs = Number.NEGATIVE_INFINITY;

  /** `unanswered` is the number of consecutive attempts without a response under earlier owners. */
  constructor({ endpointId, unanswered }: Pick<ClaimedLane, "endpointId" | "unanswered">) {
    this.#stretch = stretchOf(endpointId);
    this.#unanswered = unanswered;
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  /** True if the next attempt will probably fail. */
  get isFailing(): boolean {
    return this.#unanswered >= failingMin;
  }

  get isOpen(): boolean {
    return this.#unanswered >= breakerOpensAt;
  }

  /**
   * Learns from an attempt that has just ended. Returns for how long to pause, if at all. A receiver that has responded to
   * another attempt since this one began is up: otherwise one that lets some of many attempts hang would be paused whenever
   * these end together.
   */
  learn(outcome: AttemptOutcome, nowMs: number): number | undefined {
    if (outcome.kind === "answered") {
      this.#respondedMs = nowMs;
      this.#unanswered = 0;
      this.#pauseMs = firstPauseMs;
      return undefined;
    }
    if (nowMs - outcome.latencyMs < this.#respondedMs) return undefined;
    const weight = outcome.kind === "unreachable" && outcome.isUnusable ? unusableWeight : 1;
    this.#unanswered = Math.min(breakerOpensAt, this.#unanswered + weight);
    if (!this.isOpen) return undefined;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMaxMs, pauseMs * 2);
    return pauseMs * this.#stretch;
  }
}

/** Fewer attempts prove too little about a receiver, however far apart they are. */
const attemptsMin = 10;

/** Since when every attempt at an endpoint has failed, and how many there were. Stored with the lane, so it survives owners. */
type FailingFor = Pick<ClaimedLane, "failingSeconds" | "failedAttempts">;

/** Detects an endpoint at which everything has failed for so long that it is disabled. */
export class LongFailure {
  #sinceMs: number | undefined;
  #attempts: number;

  constructor({ failingSeconds, failedAttempts }: FailingFor, nowMs: number) {
    this.#sinceMs = failingSeconds === null ? undefined : nowMs - failingSeconds * 1000;
    this.#attempts = failedAttempts;
  }

  learn(isDelivered: boolean, nowMs: number): void {
    if (isDelivered) return this.reset();
    this.#sinceMs ??= nowMs;
    this.#attempts += 1;
  }

  lastsFor(ms: number, nowMs: number): boolean {
    return this.#sinceMs !== undefined && this.#attempts >= attemptsMin && nowMs - this.#sinceMs >= ms;
  }

  reset(): void {
    this.#sinceMs = undefined;
    this.#attempts = 0;
  }

  released(nowMs: number): FailingFor {
    const failingSeconds = this.#sinceMs === undefined ? null : (nowMs - this.#sinceMs) / 1000;
    return { failingSeconds, failedAttempts: this.#attempts };
  }
}
