import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";

/** A hint can be lost: whoever watches looks this often in any case. */
const lookEveryMs = 2000;

/** One who waits for what comes to a bin. */
export class BinWatch {
  #woken = new AbortController();
  isOver = false;

  /** Resolves as soon as something may have come since the last call, and after a while in any case. */
  async next(clock: Clock): Promise<void> {
    await clock.sleep(lookEveryMs, this.#woken.signal);
    this.#woken = new AbortController();
  }

  wake(): void {
    this.#woken.abort();
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }
}

/** All who watch bins in this process, with one listener for the hints. */
export class BinWatchers {
  readonly #watches = new Map<string, Set<BinWatch>>();
  readonly #stopListening: () => void;

  constructor(pool: Pick<Pool, "onHint">) {
    this.#stopListening = pool.onHint("bins", (binIds) => {
      for (const id of binIds) for (const watch of this.#watches.get(id) ?? []) watch.wake();
    });
  }

  watch(binId: string): BinWatch {
    const watch = new BinWatch();
    const watches = this.#watches.get(binId) ?? new Set();
    this.#watches.set(binId, watches.add(watch));
    return watch;
  }

  stop(binId: string, watch: BinWatch): void {
    const watches = this.#watches.get(binId);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(binId);
  }

  /** Ends every watch, so that the server can stop although browsers would stay for ever. */
  close(): void {
    this.#stopListening();
    for (const watches of this.#watches.values()) for (const watch of watches) watch.end();
  }
}
