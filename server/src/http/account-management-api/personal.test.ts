import { expect, test } from "vitest";
import { parseZonedTime } from "./personal.ts";

const now = new Date("2026-02-03T04:05:06Z");

test.each([
  ["2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000Z"],
  ["2027-01-01T01:00:00+01:00", "2027-01-01T00:00:00.000Z"],
  ["2027-01-01T00:00:00.250Z", "2027-01-01T00:00:00.000Z"],
  ["2027-01-01 00:00Z", "2027-01-01T00:00:00.000Z"],
])("the expiry %s is parsed as %s", (text, time) => {
  expect(parseZonedTime(text, now)?.toISOString()).toBe(time);
});

test.each(["2027-01-01", "2027-01-01T00:00:00", "2027-02-30T00:00:00Z", "10:30Z", "tomorrow", "1798761600", ""])(
  "the text %j is not a time with a zone",
  (text) => {
    expect(parseZonedTime(text, now)).toBeUndefined();
  },
);
