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
