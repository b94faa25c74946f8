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
  /** By account: a map of numbers needs a fifth of the time of one of texts. */
  readonly #changes = new Map<number, Change>();

  /** Returns false while another delivery of the change is in flight; `done` then returns this one. */
  mayStart(delivery: DueDelivery): boolean {
    const { accountId, time } = delivery.context;
    const first = this.#changes.get(accountId);
    for (let change = first; change; change = change.next) {
      if (change.time !== time) continue;
      change.siblings = [...change.siblings, delivery];
      return false;
    }
    this.#changes.set(accountId, { time, siblings: noDeliveries, next: first });
    return true;
  }

  /** Returns the deliveries that waited for this one. */
  done({ context: { accountId, time } }: DueDelivery): readonly DueDelivery[] {
    let before: Change | undefined;
    for (let change = this.#changes.get(accountId); change; change = change.next) {
      if (change.time === time) {
        if (before) before.next = change.next;
        else if (change.next) this.#changes.set(accountId, change.next);
        else this.#changes.delete(accountId);
        return change.siblings;
      }
      before = change;
    }
    return noDeliveries;
  }

  /** Removes and returns all that wait. */
  clear(): readonly DueDelivery[] {
    const waiting: DueDelivery[] = [];
    for (const first of this.#changes.values()) {
      for (let change: Change | undefined = first; change; change = change.next) {
        waiting.push(...change.siblings);
        change.siblings = noDeliveries;
      }
    }
    return waiting;
  }
}

/** A change with a delivery in flight. Events of one change have the same time and account. */
interface Change {
  readonly time: string;
  /** Deliveries that wait for the one in flight. */
  siblings: readonly DueDelivery[];
  /** Another change of the account. */
  next: Change | undefined;
}

/** Shared by nearly all changes, so that a delivery needs no list of its own. */
const noDeliveries: readonly DueDelivery[] = [];

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
