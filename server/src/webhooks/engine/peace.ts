import type { AttemptOutcome, ReleasedLane } from "#webhooks/deliveries/index.ts";

import { Breaker } from "./breaker.ts";

/**
 * A receiver that asked for peace is asked again after this, with one delivery: a mistaken `Retry-After` of a day costs an
 * hour, and a true one an attempt an hour. The delivery that got the answer waits as long as was asked.
 */
const askedMaxMs = 3_600_000;

/** When a receiver is left alone: while it has asked for that, and between probes while it does not answer at all. */
export class Peace {
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
    const askedMs = Math.min(askedMaxMs, askedSeconds * 1000);
    const pauseMs = Math.max(this.breaker.learn(outcome, nowMs) ?? 0, askedMs);
    if (pauseMs === 0) return false;
    this.#untilMs = Math.max(this.#untilMs, nowMs + pauseMs);
    return true;
  }

  released(nowMs: number): Pick<ReleasedLane, "pauseSeconds" | "unanswered"> {
    return { pauseSeconds: Math.max(0, (this.#untilMs - nowMs) / 1000), unanswered: this.breaker.unanswered };
  }
}
