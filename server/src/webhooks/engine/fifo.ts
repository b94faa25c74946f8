/** First in, first out: without moving what waits at each step, as an array's own `shift` may. */
export class Fifo<Item> {
  #items: Item[] = [];
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
    this.#next += 1;
    if (this.#next === this.#items.length || this.#next > 1000) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  /** Empties it; gives what was there. */
  clear(): readonly Item[] {
    const items = this.#items.slice(this.#next);
    this.#items = [];
    this.#next = 0;
    return items;
  }
}
