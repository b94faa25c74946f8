import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import type { RateLimit } from "#platform/limits.ts";

/** About 1 MB. The least recently used key is dropped and starts with a full bucket again. */
const keysMax = 10_000;

interface Bucket {
  readonly bytes: number;
  readonly atMs: number;
}

/** Token buckets in this process's memory, one for each key. */
export class RateLimiter {
  readonly #rate: RateLimit;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #buckets = new LRUCache<string, Bucket>({ max: keysMax });

  constructor(clock: Pick<Clock, "monotonicMs">, rate: RateLimit) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Takes the bytes and returns 0, or takes none and returns the seconds until they are available. */
  secondsToWait(key: string, bytes: number): number {
    const { max, perSecond } = this.#rate;
    const atMs = this.#clock.monotonicMs();
    const before = this.#buckets.get(key) ?? { bytes: max, atMs };
    const available = Math.min(max, before.bytes + ((atMs - before.atMs) / 1000) * perSecond);
    if (available < bytes) return Math.ceil((bytes - available) / perSecond);
    this.#buckets.set(key, { bytes: available - bytes, atMs });
    return 0;
  }
}
