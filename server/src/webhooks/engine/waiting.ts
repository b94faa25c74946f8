import type { DueDelivery } from "#webhooks/deliveries/index.ts";

import { Fifo } from "./fifo.ts";

/** So many first attempts go for each retry, while both wait. */
const firstsPerRetry = 4;

/**
 * What was read and waits for a place. First attempts go before retries, four to one: news does not queue behind what the
 * receiver has refused before, and retries are not starved. What has an order keeps it: its retries go as they come.
 */
export class Waiting {
  readonly #firsts = new Fifo<DueDelivery>();
  readonly #retries = new Fifo<DueDelivery>();
  #firstsInTurn = 0;

  get length(): number {
    return this.#firsts.length + this.#retries.length;
  }

  push(deliveries: readonly DueDelivery[]): void {
    for (const delivery of deliveries) (isRetry(delivery) ? this.#retries : this.#firsts).push(delivery);
  }

  /** Puts some before all others. */
  putFirst(deliveries: readonly DueDelivery[]): void {
    this.#firsts.putFirst(deliveries);
    this.#firstsInTurn = 0;
  }

  shift(): DueDelivery | undefined {
    if (this.#retries.length > 0 && (this.#firstsInTurn >= firstsPerRetry || this.#firsts.length === 0)) {
      this.#firstsInTurn = 0;
      return this.#retries.shift();
    }
    this.#firstsInTurn += 1;
    return this.#firsts.shift();
  }

  /** Empties it; gives what was there. */
  clear(): readonly DueDelivery[] {
    return [...this.#firsts.clear(), ...this.#retries.clear()];
  }
}

const isRetry = ({ orderingKey, attemptsMade, roundStart }: DueDelivery): boolean =>
  orderingKey === null && attemptsMade > roundStart;
