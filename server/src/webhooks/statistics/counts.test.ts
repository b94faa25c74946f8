import fc from "fast-check";
import { expect, test } from "vitest";
import { countedAttempt } from "../../../test/support/counted-attempt.ts";
import { Histogram, LaneCounts, boundsOf, bucketOf, rowsToAdd } from "./counts.ts";

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

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const countsAt = (times: readonly number[]): LaneCounts => {
  const counts = new LaneCounts();
  for (const atMs of times) counts.add(countedAttempt({ atMs }));
  return counts;
};

test("an attempt counts in the minute in which it was sent, in whatever order attempts are recorded", () => {
  const minutes = Array.from(countsAt([hourMs - 1, hourMs, hourMs - 1]).minutes());
  expect(minutes.map(({ minuteMs: atMs, counts }) => [atMs, counts.attempts])).toEqual([
    [hourMs - minuteMs, 2],
    [hourMs, 1],
  ]);
});

test("rows of whole providers are added last, so engines that share them hold their locks for the shortest time", () => {
  const lanes = [
    { lane: { providerId: 2, endpointId: 4 }, counts: countsAt([0]) },
    { lane: { providerId: 1, endpointId: 9 }, counts: countsAt([hourMs, 0]) },
  ];
  const rows = rowsToAdd("hour", lanes).map(({ providerId, endpointId, atMs }) => [providerId, endpointId, atMs]);
  const each = [
    [1, 9, 0],
    [1, 9, hourMs],
    [2, 4, 0],
  ];
  const all = each.map(([providerId, , atMs]) => [providerId, 0, atMs]);
  expect(rows).toEqual([...each, ...all].flatMap((row) => [row, row])); // of all types, and of the attempts' type
});
