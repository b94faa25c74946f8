import type { Clock } from "#platform/clock.ts";

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** Time stands still until the test moves it. Whoever sleeps wakes when the hand passes, in order. */
export class HandDrivenClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #sleepers: readonly Sleeper[] = [];

  /** Starts far from today, so that what mixes this time with another one is found out at once. */
  constructor(start = "2026-02-03T04:05:06.789Z") {
    this.#startMs = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#startMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** Back to the start, as a new one. Nobody who is asleep wakes any more. */
  rewind(): void {
    this.#elapsedMs = 0;
    this.#sleepers = [];
  }

  /** How many are asleep: what a test waits for before it moves the hand. */
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

  /** Moves the hand and lets what woke run, before the next sleeper's turn. */
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
