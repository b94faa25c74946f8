import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Runs jobs in order, one at a time, and lets the event loop turn before each. Reading and rendering one request takes up to
 * 15 ms, so streams that all did it at once would make every other request wait for a second and more.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(job: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => nextTurn()).then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
