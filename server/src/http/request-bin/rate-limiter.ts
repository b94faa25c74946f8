import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import type { RateLimit } from "#platform/limits.ts";

/** Some 1 MB. Who was seen longest ago gives way, and begins with a full bucket again. */
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

  /** Takes the bytes and returns 0, or takes none and returns the seconds until they may be taken. */
  secondsToWait(key: string, bytes: number): number {
    const { max, perSecond } = this.#rate;
    const atMs = this.#clock.monotonicMs();
    const before = this.#buckets.get(key) ?? { bytes: max, atMs };
    const there = Math.min(max, before.bytes + ((atMs - before.atMs) / 1000) * perSecond);
    if (there < bytes) return Math.ceil((bytes - there) / perSecond);
    this.#buckets.set(key, { bytes: there - bytes, atMs });
    return 0;
  }
}
