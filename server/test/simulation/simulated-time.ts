interface Event {
  readonly atMs: number;
  readonly happen: () => void;
}

/** Time that moves only when nothing is left to run, and then straight to the next thing that is to happen. */
export class SimulatedTime {
  nowMs = 0;
  readonly #events: Event[] = [];

  /** Makes something happen in `ms`; what is to happen at one moment happens in the order in which it was asked for. */
  after(ms: number, happen: () => void): void {
    const atMs = this.nowMs + Math.max(0, ms);
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { atMs, happen });
  }

  /** Lets time pass, until then or until `isOver`. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    for (let next = this.#events[0]; next && next.atMs <= untilMs && !isOver(); next = this.#events[0]) {
      this.#events.shift();
      this.nowMs = next.atMs;
      next.happen();
      await new Promise(setImmediate); // all that follows from it at this moment
    }
    this.nowMs = untilMs;
  }
}
