/**
 * Durations in fixed buckets, the same everywhere, so that histograms of any times, endpoints and engines can be added and
 * any percentile be read from the sum. Bucket 0 is below 1 ms; each of the others is a quarter of an octave, 1 ms to 1.19 ms
 * and so on. A percentile is therefore at most 9.1 % away from the exact one, plus half a millisecond of rounding.
 */
const bucketsPerOctave = 4;
/** Begins at 2^39.75 ms, 29 years. */
const lastBucket = 160;
/** Stored as bucket × 2^40 + count (0009_statistics.sql). The largest element is below 2^53. */
const elementBase = 2 ** 40;

/** Returns the bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(lastBucket, Math.floor(Math.log2(ms) * bucketsPerOctave) + 1);
}

/** Returns the bounds of a bucket in milliseconds: the first inclusive, the second exclusive. */
export const boundsOf = (bucket: number): readonly [from: number, to: number] => [
  bucket === 0 ? 0 : 2 ** ((bucket - 1) / bucketsPerOctave),
  2 ** (bucket / bucketsPerOctave),
];

export class Histogram {
  /** Undefined while empty: most of the histograms of a long span are never filled. */
  #counts: Map<number, number> | undefined;

  add(ms: number): void {
    this.#increase(bucketOf(ms), 1);
  }

  addAll(other: Histogram): void {
    for (const [bucket, count] of other.#counts ?? []) this.#increase(bucket, count);
  }

  addElements(elements: readonly number[]): void {
    for (const element of elements) this.#increase(Math.floor(element / elementBase), element % elementBase);
  }

  /** Returns one number per bucket that is not empty, as it is stored. */
  elements(): number[] {
    return [...(this.#counts ?? [])].map(([bucket, count]) => bucket * elementBase + count);
  }

  /**
   * Returns the duration in whole milliseconds that this fraction of all durations does not exceed (nearest rank): the
   * geometric middle of its bucket. Null without durations.
   */
  percentile(fraction: number): number | null {
    if (!this.#counts) return null;
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    const rank = Math.max(1, Math.ceil(fraction * total));
    let passed = 0;
    for (const [bucket, count] of [...this.#counts].toSorted(([one], [other]) => one - other)) {
      passed += count;
      if (passed < rank) continue;
      const [from, to] = boundsOf(bucket);
      return Math.round(Math.sqrt(from * to));
    }
    return null;
  }

  #increase(bucket: number, count: number): void {
    this.#counts ??= new Map();
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
  }
}
