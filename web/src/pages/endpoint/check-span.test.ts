import { expect, test } from "vitest";

import { checkSpan } from "./check-span.ts";

const now = new Date("2026-03-02T09:00:00");

test.each([
  ["a start that is yet to come", "2026-03-02T09:00:00", "", { since: ["Must be in the past"] }],
  [
    "an end before the start",
    "2026-03-01T09:00:00",
    "2026-03-01T08:00:00",
    { until: ["Must be later than “Events from”"] },
  ],
  ["an end that is yet to come", "2026-03-01T09:00:00", "2026-03-09T09:00:00", {}],
  ["no end", "2026-03-01T09:00:00", "", {}],
  ["a start that is not typed to its end", "", "2026-03-01T08:00:00", {}],
])("of a span of time it is said at its field what is wrong with it: %s", (_span, since, until, wrong) => {
  expect(checkSpan(since, until, now)).toEqual(wrong);
});
