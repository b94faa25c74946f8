import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

/** An answer that takes longer is slow: its place goes to the slow half, its lane with it. */
export const slowMs = 1000;
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
