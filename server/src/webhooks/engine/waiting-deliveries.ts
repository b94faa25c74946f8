import type { DueDelivery } from "#webhooks/deliveries/index.ts";

/** First attempts sent per retry while both wait. */
const firstsPerRetry = 4;

/**
 * Deliveries that were read and wait for a slot. First attempts go before retries, four to one: new events do not queue
 * behind what the receiver has refused before, and retries do not starve. Ordered deliveries keep their order: their retries
 * count as first attempts.
 */
export class WaitingDeliveries {
  readonly #firsts = new Fifo<DueDelivery>();
  readonly #retries = new Fifo<DueDelivery>();
  #firstsInTurn = 0;

  get length(): number {
    return this.#firsts.length + this.#retries.length;
  }

  push(deliveries: readonly DueDelivery[]): void {
    for (const delivery of deliveries) (isRetry(delivery) ? this.#retries : this.#firsts).push(delivery);
  }

  /** Adds deliveries in front of all others. */
  unshift(deliveries: readonly DueDelivery[]): void {
    this.#firsts.unshift(deliveries);
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

  /** Removes and returns all. */
  clear(): readonly DueDelivery[] {
    return [...this.#firsts.clear(), ...this.#retries.clear()];
  }
}

const isRetry = ({ orderingKey, attemptsMade, roundStart }: DueDelivery): boolean =>
  orderingKey === null && attemptsMade > roundStart;

/**
 * Sends the deliveries of one change one after another. A sign-up makes three events; a lane with room for three would send
 * them in parallel, and they would arrive in any order. The second waits until the first has a response or is late. This is
 * best effort, not a promise: a delivery that has failed is not waited for.
 */
export class ChangeGroups {
  readonly #siblings = new Map<string, readonly DueDelivery[]>();

  /** Returns false while another delivery of the change is in flight; `done` then returns this one. */
  mayStart(delivery: DueDelivery): boolean {
    const change = changeOf(delivery);
    const siblings = this.#siblings.get(change);
    this.#siblings.set(change, siblings ? [...siblings, delivery] : noDeliveries);
    return siblings === undefined;
  }

  /** Returns the deliveries that waited for this one. */
  done(delivery: DueDelivery): readonly DueDelivery[] {
    const change = changeOf(delivery);
    const siblings = this.#siblings.get(change) ?? noDeliveries;
    this.#siblings.delete(change);
    return siblings;
  }

  /** Removes and returns all that wait. */
  clear(): readonly DueDelivery[] {
    const all = [...this.#siblings.values()].flat();
    for (const change of this.#siblings.keys()) this.#siblings.set(change, noDeliveries);
    return all;
  }
}

/** Shared by nearly all changes, so that a delivery needs no list of its own. */
const noDeliveries: readonly DueDelivery[] = [];

/** Events of one change have the same time and account. */
const changeOf = ({ context: { time, accountId } }: DueDelivery): string => `${time} ${accountId}`;

/** Removed items in front of the queue before the rest is moved up. */
const removedMin = 20;

/**
 * First-in, first-out queue. Neither moves its items at each step, as `Array.shift` may, nor keeps removed ones: a thousand
 * bodies for each of a hundred lanes would be 150 MB.
 */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Adds items in front of all others. */
  unshift(items: readonly Item[]): void {
    this.#items.splice(this.#next, 0, ...items);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    this.#items[this.#next] = undefined;
    this.#next += 1;
    if (this.#next >= this.length && (this.#next > removedMin || this.length === 0)) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  /** Removes and returns all. */
  clear(): readonly Item[] {
    const items = this.#items.slice(this.#next).filter((item) => item !== undefined);
    this.#items = [];
    this.#next = 0;
    return items;
  }
}
