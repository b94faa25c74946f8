/** With one bundle in 5 ms, hints took a tenth of the cost of a change. */
const sayEveryMs = 20;
/** So many processes may each say one bundle in 20 ms. Beyond, all together say no more than they would. */
const fastSpeakers = 4;
/** A process that has said nothing for that long counts no more. */
const silentAfterMs = 2000;

/**
 * How often this process may say its hints. A notify takes a lock of the whole instance when it commits, and wakes every process
 * that listens: were each to say as much as it likes, n processes would be woken n times as often, and the cost grow with n².
 */
export class HintPace {
  readonly #heardMs = new Map<string, number>();

  heard(from: string, nowMs: number): void {
    this.#heardMs.set(from, nowMs);
  }

  everyMs(nowMs: number): number {
    for (const [from, heardMs] of this.#heardMs) {
      if (nowMs - heardMs > silentAfterMs) this.#heardMs.delete(from);
    }
    return sayEveryMs * Math.max(1, (this.#heardMs.size + 1) / fastSpeakers);
  }
}
