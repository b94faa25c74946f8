import type { DueDelivery } from "#webhooks/deliveries/index.ts";

/** So many first attempts go for each retry, while both wait. */
const firstsPerRetry = 4;

/**
 * What was read and waits for a place. First attempts go before retries, four to one: news does not queue behind what the
 * receiver has refused before, and retries are not starved. What has an order keeps it: its retries go as they come.
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

/**
 * Keeps deliveries of one change apart. A sign-up makes three events at one moment; a lane with room for three would send
 * them side by side, and they would arrive in any order. Here the second waits until the first is answered or has been
 * out for too long. It is a courtesy, not an order: a delivery that has failed is not waited for.
 */
export class ChangeGroups {
  readonly #behind = new Map<string, readonly DueDelivery[]>();

  /** False: another of its change is out, and this one is kept until `done` gives it back. */
  mayGo(delivery: DueDelivery): boolean {
    const change = changeOf(delivery);
    const behind = this.#behind.get(change);
    this.#behind.set(change, behind ? [...behind, delivery] : noDeliveries);
    return behind === undefined;
  }

  /** Gives back those that waited for this one. */
  done(delivery: DueDelivery): readonly DueDelivery[] {
    const change = changeOf(delivery);
    const behind = this.#behind.get(change) ?? noDeliveries;
    this.#behind.delete(change);
    return behind;
  }

  /** Gives back all that wait. */
  clear(): readonly DueDelivery[] {
    const all = [...this.#behind.values()].flat();
    for (const change of this.#behind.keys()) this.#behind.set(change, noDeliveries);
    return all;
  }
}

/** Nearly always: so that a delivery needs no list of its own. */
const noDeliveries: readonly DueDelivery[] = [];

/** The moment and the account. */
const changeOf = ({ context: { time, accountId } }: DueDelivery): string => `${time} ${accountId}`;

/** So many places are left empty in front of what waits, or as many as wait, before it is moved up. */
const emptyLeast = 20;

/**
 * First in, first out: without moving what waits at each step, as an array's own `shift` may, and without keeping what
 * has left: a thousand bodies for each of a hundred lanes would be 150 MB.
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

  /** Puts some before all others. */
  putFirst(items: readonly Item[]): void {
    this.#items.splice(this.#next, 0, ...items);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    this.#items[this.#next] = undefined;
    this.#next += 1;
    if (this.#next >= this.length && (this.#next > emptyLeast || this.length === 0)) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  /** Empties it; gives what was there. */
  clear(): readonly Item[] {
    const items = this.#items.slice(this.#next).filter((item) => item !== undefined);
    this.#items = [];
    this.#next = 0;
    return items;
  }
}
