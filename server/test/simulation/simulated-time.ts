interface Event {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that advances only when nothing is left to run, and then directly to the next timer. */
export class SimulatedTime {
  nowMs = 0;
  readonly #events: Event[] = [];

  /** Schedules a callback in `ms`. Callbacks of the same time run in the order of scheduling. */
  after(ms: number, callback: () => void): void {
    const atMs = this.nowMs + Math.max(0, ms);
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { atMs, callback });
  }

  /** Advances the time until then, or until `isOver`. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    for (let next = this.#events[0]; next && next.atMs <= untilMs && !isOver(); next = this.#events[0]) {
      this.#events.shift();
      this.nowMs = next.atMs;
      next.callback();
      await new Promise(setImmediate); // runs everything that follows at this time
    }
    this.nowMs = untilMs;
  }
}
