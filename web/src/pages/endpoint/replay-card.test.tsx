import { expect, test } from "vitest";
import { timeRangeErrors, describeCounts, isTime, dateInputValue } from "./replay-card.tsx";

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
])("an invalid time range is reported beside its field: %s", (_span, since, until, wrong) => {
  expect(timeRangeErrors(since, until, now)).toEqual(wrong);
});

test("a time keeps its second when it is formatted and parsed, in any time zone", () => {
  const at = new Date("2026-03-01T09:07:05.999Z");
  expect(dateInputValue(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:05$/);
  expect(new Date(dateInputValue(at)).toISOString()).toBe("2026-03-01T09:07:05.000Z");
});

test("an incomplete time is no time", () => {
  expect(isTime("2026-03-01T09:07:05")).toBe(true);
  expect(isTime("")).toBe(false);
  expect(isTime("tomorrow")).toBe(false);
});

test("counts of zero are omitted", () => {
  const none = { failed: 0, missing: 0, delivered: 0, given_up: 0, total: 0 };
  expect(describeCounts(none)).toBe("");
  expect(describeCounts({ ...none, failed: 3, missing: 1200 })).toBe("3 failed, 1,200 never sent");
  expect(describeCounts({ ...none, delivered: 1, given_up: 2 })).toBe(
    "1 already delivered, 2 cancelled or deleted from the failures",
  );
});
