/**
 * Lets at most `perSecond` go in a second, in bursts of a quarter of it. A lane has one owner, so its bucket counts for all
 * engines. Starts with one, whatever the rate: a lane that changes hands does not get a burst for it.
 */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens = 1;
  #filledAtMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#filledAtMs = nowMs;
  }

  has(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(Math.max(1, this.#perSecond / 4), this.#tokens + earned);
    this.#filledAtMs = nowMs;
    return this.#tokens >= 1;
  }

  take(): void {
    this.#tokens -= 1;
  }
}
