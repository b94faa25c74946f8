/** Time, as an argument: the only place that asks the machine. */
export interface Clock {
  now(): Date;
  /** Milliseconds since some fixed moment; never runs backwards. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
};

interface DatabaseClockNeeds {
  /** The machine's clock. Its `now` counts only until the database has answered once. */
  readonly machine: Clock;
  /** Reads the database's clock. Makes sure first that events of that time can be recorded. */
  readonly read: () => Promise<Date>;
  readonly log: { warn(fields: object, message: string): void };
}

const readEveryMs = 5000;
/** Answers that take longer say too little about the time. */
const roundTripMsMax = 2000;
/** From this difference on, the operator is warned: in the log and by `/readyz`. */
export const wrongFromMs = 60_000;

/**
 * Tells the database's time, so that all processes agree and one with a wrong clock harms nothing: ids, times and days of
 * history follow it. Between two reads it goes on by the machine's monotonic clock, which nobody sets. One read proves only
 * that the database's clock was passed while the answer was under way, so a time within that span is kept as it is.
 */
export class DatabaseClock implements Clock, AsyncDisposable {
  readonly #needs: DatabaseClockNeeds;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Milliseconds since 1970 at the monotonic clock's zero. */
  #zeroMs: number;
  #isWrong = false;

  private constructor(needs: DatabaseClockNeeds) {
    this.#needs = needs;
    this.#zeroMs = needs.machine.now().getTime() - needs.machine.monotonicMs();
  }

  /** Resolves once the database's clock was read. */
  static async open(needs: DatabaseClockNeeds): Promise<DatabaseClock> {
    const clock = new DatabaseClock(needs);
    await clock.#read(Number.POSITIVE_INFINITY);
    clock.#warnOnce();
    clock.#running = clock.#readNowAndThen();
    return clock;
  }

  now(): Date {
    return new Date(this.#zeroMs + this.monotonicMs());
  }

  monotonicMs(): number {
    return this.#needs.machine.monotonicMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#needs.machine.sleep(ms, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #readNowAndThen(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await this.sleep(readEveryMs, signal);
      if (signal.aborted) return;
      try {
        await this.#read(roundTripMsMax);
        this.#warnOnce();
      } catch (error) {
        this.#needs.log.warn({ err: error }, "the database's clock could not be read; trying again in 5 s");
      }
    }
  }

  async #read(withinMs: number): Promise<void> {
    const askedMs = this.monotonicMs();
    const told = (await this.#needs.read()).getTime();
    const tookMs = this.monotonicMs() - askedMs;
    if (tookMs > withinMs) return;
    const nowMs = Math.min(Math.max(this.now().getTime(), told), told + tookMs);
    this.#zeroMs = nowMs - this.monotonicMs();
  }

  #warnOnce(): void {
    const aheadMs = this.#needs.machine.now().getTime() - this.now().getTime();
    const isWrong = Math.abs(aheadMs) >= wrongFromMs;
    if (isWrong && !this.#isWrong) {
      const fields = { aheadSeconds: Math.round(aheadMs / 1000) };
      this.#needs.log.warn(
        fields,
        "this machine's clock differs from the database's, which is followed; set one of them right",
      );
    }
    this.#isWrong = isWrong;
  }
}
