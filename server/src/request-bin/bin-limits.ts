import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock/clock.ts";

const mebibyte = 1024 * 1024;

/** A webhook is a few KiB. */
export const caughtBodyBytesMax = mebibyte;

/** What a bin keeps: the newest requests, as far as both limits reach. */
export const keptRequestsMax = 500;
export const keptBytesMax = 16 * mebibyte;

/** A row costs as much as its bytes and this. */
export const requestOverheadBytes = 1024;

interface Rate {
  readonly burstBytes: number;
  readonly bytesPerSecond: number;
}

/**
 * How fast a bin takes requests: what it keeps at once, then some 60 webhooks of 4 KiB a second. What comes replaces what is
 * kept, so this bounds the dead rows between two runs of autovacuum too.
 */
export const rateOfBin: Rate = { burstBytes: keptBytesMax, bytesPerSecond: 256 * 1024 };

/** All bins of a provider, and all that one network sends to any bin: in each process, as both are about its load. */
export const rateOfProvider: Rate = { burstBytes: 64 * mebibyte, bytesPerSecond: mebibyte };
export const rateOfNetwork: Rate = { burstBytes: 32 * mebibyte, bytesPerSecond: mebibyte };

/** Bodies that are being received at once in this process. */
export const bytesInFlightMax = 32 * mebibyte;

/** Some 1 MB. Who was seen longest ago gives way, and begins with a full bucket again. */
const keysMax = 10_000;

interface Bucket {
  readonly bytes: number;
  readonly atMs: number;
}

/** Token buckets in this process's memory, one for each key. */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #buckets = new LRUCache<string, Bucket>({ max: keysMax });

  constructor(clock: Pick<Clock, "monotonicMs">, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Takes the bytes and returns 0, or takes none and returns the seconds until they may be taken. */
  secondsToWait(key: string, bytes: number): number {
    const { burstBytes, bytesPerSecond } = this.#rate;
    const atMs = this.#clock.monotonicMs();
    const before = this.#buckets.get(key) ?? { bytes: burstBytes, atMs };
    const there = Math.min(burstBytes, before.bytes + ((atMs - before.atMs) / 1000) * bytesPerSecond);
    if (there < bytes) return Math.ceil((bytes - there) / bytesPerSecond);
    this.#buckets.set(key, { bytes: there - bytes, atMs });
    return 0;
  }
}
