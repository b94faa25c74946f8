import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram, boundsOf, bucketOf } from "./counts.ts";

/** Milliseconds, distributed evenly over the powers of two. */
const duration = fc.double({ min: 0, max: 31, noNaN: true }).map((exponent) => Math.round(2 ** exponent));
const durations = fc.array(duration, { minLength: 1, maxLength: 200 });
const fraction = fc.constantFrom(0.5, 0.95, 0.99, 1);

const histogramOf = (all: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const ms of all) histogram.add(ms);
  return histogram;
};

const nearestRank = (all: readonly number[], of: number): number =>
  all.toSorted((one, other) => one - other)[Math.max(1, Math.ceil(of * all.length)) - 1] ?? Number.NaN;

test("each duration is within the bounds of its bucket", () => {
  fc.assert(
    fc.property(duration, (ms) => {
      const [from, to] = boundsOf(bucketOf(ms));
      expect(ms).toBeGreaterThanOrEqual(from * (1 - 1e-12));
      expect(ms).toBeLessThan(to * (1 + 1e-12));
    }),
  );
});

test("a percentile of merged histograms is within a bucket's error of the exact one", () => {
  fc.assert(
    fc.property(fc.array(durations, { minLength: 1, maxLength: 5 }), fraction, (parts, of) => {
      const merged = new Histogram();
      for (const part of parts) merged.addAll(histogramOf(part));
      const [exact, read] = [nearestRank(parts.flat(), of), merged.percentile(of) ?? Number.NaN];
      expect(Math.abs(read - exact)).toBeLessThanOrEqual(exact * (2 ** (1 / 8) - 1) + 0.5);
    }),
  );
});

test("a stored histogram is restored unchanged, and merging stored ones equals adding their durations", () => {
  fc.assert(
    fc.property(durations, durations, (one, other) => {
      const read = new Histogram();
      for (const part of [one, other]) read.addElements(histogramOf(part).elements());
      const sorted = (histogram: Histogram): number[] => histogram.elements().toSorted((a, b) => a - b);
      expect(sorted(read)).toEqual(sorted(histogramOf([...one, ...other])));
    }),
  );
});

test("a histogram without durations has no percentiles", () => {
  expect(new Histogram().percentile(0.5)).toBeNull();
});
