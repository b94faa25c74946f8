import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

/** An answer that takes longer is slow: its place goes to the slow half, its lane with it. */
export const slowMs = 1000;

/**
 * How many deliveries a lane may have in flight. Starts at one, so that a delivery that kills its engine cannot take a
 * full window with it when the lane is taken over; opens by one for each quick answer, so that a good receiver has its
 * full width after some milliseconds; halves when there is no answer.
 */
export class LaneWindow {
  readonly #max: number;
  #size = 1;
  #usualMs = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether the receiver usually takes longer than a second. */
  get isSlow(): boolean {
    return this.#usualMs > slowMs;
  }

  learn(outcome: AttemptOutcome): void {
    // An eighth of the newest: ten quick answers make up for one slow one.
    this.#usualMs += (outcome.latencyMs - this.#usualMs) / 8;
    if (outcome.kind === "answered" && outcome.latencyMs <= slowMs) this.#size = Math.min(this.#max, this.#size + 1);
    else this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}
