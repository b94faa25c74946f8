/** The time, passed as an argument. Only `systemClock` reads the machine. */
export interface Clock {
  now(): Date;
  /** Milliseconds since a fixed moment; never runs backwards. */
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

/**
 * Returns milliseconds of the machine's monotonic clock, which all its processes share. `monotonicMs` counts from the start of a
 * process.
 */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Returns a function that returns whether this many milliseconds have passed since now. */
export function deadlineAfter(clock: Pick<Clock, "monotonicMs">, ms: number): () => boolean {
  const endMs = clock.monotonicMs() + ms;
  return () => clock.monotonicMs() >= endMs;
}

/** Converts a past time of `machineMs` to this clock's monotonic time, or to one shortly before. */
export const monotonicMsOf = (clock: Pick<Clock, "monotonicMs">, atMs: number): number =>
  clock.monotonicMs() - (machineMs() - atMs);

interface DatabaseClockNeeds {
  /** The machine's clock. Its `now` is used only before the first response of the database. */
  readonly machine: Clock;
  /** Reads the database's clock, after ensuring that events of that time can be recorded. */
  readonly read: () => Promise<Date>;
  readonly log: { warn(fields: object, message: string): void };
}

const readEveryMs = 5000;
/** Responses that take longer are too imprecise. */
const roundTripMsMax = 2000;
/** The difference from which the log and `/readyz` warn the operator. */
export const wrongFromMs = 60_000;

/**
 * Follows the database's time, so that all processes agree and a wrong machine clock causes no harm: ids, times and days of the
 * history depend on it. Between two reads it advances by the machine's monotonic clock. A read proves only that the database's
 * time was passed between request and response, so a time within that span is kept.
 */
export class DatabaseClock implements Clock, AsyncDisposable {
  readonly #needs: DatabaseClockNeeds;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Milliseconds since 1970 at zero of the monotonic clock. */
  #zeroMs: number;
  #isWrong = false;

  private constructor(needs: DatabaseClockNeeds) {
    this.#needs = needs;
    this.#zeroMs = needs.machine.now().getTime() - needs.machine.monotonicMs();
  }

  /** Resolves after the first read. */
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
    const startedMs = this.monotonicMs();
    const databaseMs = (await this.#needs.read()).getTime();
    const tookMs = this.monotonicMs() - startedMs;
    if (tookMs > withinMs) return;
    const nowMs = Math.min(Math.max(this.now().getTime(), databaseMs), databaseMs + tookMs);
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
