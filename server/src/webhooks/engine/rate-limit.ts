/** Sends within one millisecond. */
interface Sends {
  readonly fromMs: number;
  /** Of the last of them. */
  toMs: number;
  count: number;
}

const windowMs = 1000;

/**
 * Lets at most `perSecond` sends begin in any one second, wherever that second begins, and in bursts of a quarter of it. It
 * remembers the sends of the last second, one entry per millisecond. A lane has one owner at a time; what earlier owners may
 * have sent within the last second is covered by `notBeforeMs`. Begins with one token, so that a new owner gets no burst.
 */
export class RateLimit {
  #perSecond: number;
  #tokens = 1;
  #filledAtMs: number;
  readonly #notBeforeMs: number;
  readonly #recent: Sends[] = [];
  #inWindow = 0;

  constructor(perSecond: number, nowMs: number, notBeforeMs: number) {
    this.#perSecond = perSecond;
    this.#filledAtMs = nowMs;
    this.#notBeforeMs = notBeforeMs;
  }

  /** The sends of the last second still count. */
  change(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  has(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(Math.max(1, this.#perSecond / 4), this.#tokens + earned);
    this.#filledAtMs = nowMs;
    this.#forget(nowMs);
    return nowMs >= this.#notBeforeMs && this.#tokens >= 1 && this.#inWindow < this.#perSecond;
  }

  take(nowMs: number): void {
    this.#tokens -= 1;
    this.#inWindow += 1;
    const last = this.#recent.at(-1);
    if (!last || nowMs - last.fromMs >= 1) this.#recent.push({ fromMs: nowMs, toMs: nowMs, count: 1 });
    else {
      last.toMs = nowMs;
      last.count += 1;
    }
  }

  /** How long until sends no longer count against a new owner: up to a second. */
  busyMs(nowMs: number): number {
    const last = this.#recent.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, this.#notBeforeMs - nowMs, last + windowMs - nowMs);
  }

  #forget(nowMs: number): void {
    const first = this.#recent.findIndex(({ toMs }) => nowMs - toMs < windowMs);
    const old = first === -1 ? this.#recent.splice(0) : this.#recent.splice(0, first);
    for (const { count } of old) this.#inWindow -= count;
  }
}
