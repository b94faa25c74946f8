import type { Clock } from "#platform/clock.ts";

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** A clock that only the test advances. Sleepers wake in the order of their deadlines. */
export class HandDrivenClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #sleepers: readonly Sleeper[] = [];

  /** Starts far from today, so that a mix with another clock is noticed. */
  constructor(start = "2026-02-03T04:05:06.789Z") {
    this.#startMs = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#startMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** Resets the clock. Sleepers no longer wake. */
  rewind(): void {
    this.#elapsedMs = 0;
    this.#sleepers = [];
  }

  /** Number of sleepers, which a test waits for before it advances the clock. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve();
      const sleeper = { wakesAtMs: this.#elapsedMs + ms, wake: resolve };
      this.#sleepers = [...this.#sleepers, sleeper].toSorted((one, other) => one.wakesAtMs - other.wakesAtMs);
      signal?.addEventListener("abort", () => this.#wake([sleeper]), { once: true });
    });
  }

  /** Advances the clock, and runs what each sleeper triggers before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#elapsedMs + ms;
    for (let due = this.#next(targetMs); due !== undefined; due = this.#next(targetMs)) {
      this.#elapsedMs = due.wakesAtMs;
      this.#wake([due]);
      await new Promise(setImmediate);
    }
    this.#elapsedMs = targetMs;
  }

  #next(untilMs: number): Sleeper | undefined {
    const [first] = this.#sleepers;
    return first !== undefined && first.wakesAtMs <= untilMs ? first : undefined;
  }

  #wake(sleepers: readonly Sleeper[]): void {
    this.#sleepers = this.#sleepers.filter((each) => !sleepers.includes(each));
    for (const sleeper of sleepers) sleeper.wake();
  }
}
