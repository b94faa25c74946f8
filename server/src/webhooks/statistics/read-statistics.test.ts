import { expect, test } from "vitest";
import { fittingInterval, spanOf, startsIn } from "./read-statistics.ts";

const hourMs = 3_600_000;
const midnight = Date.parse("2026-03-01T00:00:00Z");

test.for([
  ["from midnight to one", midnight, midnight + hourMs, [0]],
  ["a millisecond longer at both ends", midnight - 1, midnight + hourMs + 1, [-1, 0, 1]],
  ["a moment", midnight, midnight, [0]],
] as const)("a span is extended to the whole intervals that it touches: %s", ([, fromMs, toMs, hours]) => {
  expect(startsIn(spanOf("hour", fromMs, toMs))).toEqual(hours.map((hour) => midnight + hour * hourMs));
});

test.for([
  [6 * hourMs, false, "minute"],
  [6 * hourMs + 1, false, "hour"],
  [14 * 24 * hourMs, false, "hour"],
  [14 * 24 * hourMs + 1, false, "day"],
  [hourMs, true, "minute"],
  [hourMs + 1, true, "hour"],
  [48 * hourMs, true, "hour"],
  [48 * hourMs + 1, true, "day"],
] as const)("%i ms, by endpoint: %s, are shown by %s", ([spanMs, isByEndpoint, interval]) => {
  expect(fittingInterval(spanMs, isByEndpoint)).toBe(interval);
});
