import { madeAtMs, webhookIdOf } from "./read-request.ts";

export interface ArrivalsSummary {
  /** The first byte of each that was to be answered, in milliseconds of the machine's clock, in order. */
  readonly timesMs: readonly number[];
  /** Different ids among those that were to be answered. */
  readonly distinct: number;
  readonly longestGapMs: number;
  /** From the making of an event, shortly before its commit, to its arrival: no commit was longer ago than that. */
  readonly longestDelayMs: number;
  /** The same of each, in the order of their arrival. */
  readonly delaysMs: readonly number[];
  /** Requests that were waiting for their answer at once, at most. */
  readonly openMax: number;
}

/** What came since it was asked for last. */
export class Arrivals {
  readonly #timesMs: number[] = [];
  readonly #delaysMs: number[] = [];
  readonly #ids = new Set<string>();
  #longestGapMs = 0;
  #longestDelayMs = 0;
  #open = 0;
  #openMax = 0;

  add(request: Buffer, { beganMs, hangs }: { readonly beganMs: number; readonly hangs: boolean }): void {
    if (hangs) return;
    const lastMs = this.#timesMs.at(-1);
    if (lastMs !== undefined) this.#longestGapMs = Math.max(this.#longestGapMs, beganMs - lastMs);
    this.#timesMs.push(beganMs);
    const id = webhookIdOf(request);
    this.#ids.add(id);
    const delayMs = Date.now() - madeAtMs(id);
    this.#delaysMs.push(delayMs);
    this.#longestDelayMs = Math.max(this.#longestDelayMs, delayMs);
    this.#open += 1;
    this.#openMax = Math.max(this.#openMax, this.#open);
  }

  answered(): void {
    this.#open -= 1;
  }

  summary(): ArrivalsSummary {
    return {
      timesMs: this.#timesMs,
      distinct: this.#ids.size,
      longestGapMs: this.#longestGapMs,
      longestDelayMs: this.#longestDelayMs,
      delaysMs: this.#delaysMs,
      openMax: this.#openMax,
    };
  }
}
