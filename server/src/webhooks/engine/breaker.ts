import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

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
