import type { Clock } from "#platform/clock/clock.ts";

/** Something to wait at until somebody opens it. Opened while nobody waits, it lets the next one through. */
export class Latch {
  readonly #clock: Clock;
  #isOpen = false;
  #waiting: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(): void {
    this.#isOpen = true;
    this.#waiting?.abort("open"); // without a reason an exception is made, each time
  }

  /** Waits at most `ms`. */
  async pass(ms: number): Promise<void> {
    if (!this.#isOpen) {
      this.#waiting = new AbortController();
      await this.#clock.sleep(ms, this.#waiting.signal);
      this.#waiting = undefined;
    }
    this.#isOpen = false;
  }
}
