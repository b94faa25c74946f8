import { expect, test } from "vitest";
import { dateInputValue, momentsOf, startOfDay } from "./time-zone.ts";

const zones = [
  "UTC",
  "Asia/Tokyo",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kathmandu",
  "Pacific Time (US & Canada)",
];

const parse = (typed: string, zone: string) => momentsOf(typed, zone).map((moment) => moment.toISOString());

test.each(zones)("a time keeps its second when it is formatted and parsed in %s", (zone) => {
  for (const at of ["2026-03-01T09:07:05.000Z", "2026-07-01T23:59:59.000Z", "1969-12-31T23:59:59.000Z"]) {
    expect(parse(dateInputValue(new Date(at), zone), zone)).toEqual([at]);
  }
});

test("a time is formatted in its time zone", () => {
  const at = new Date("2026-03-01T23:07:05.999Z");
  expect(dateInputValue(at, "Asia/Tokyo")).toBe("2026-03-02T08:07:05");
  expect(dateInputValue(at, "America/New_York")).toBe("2026-03-01T18:07:05");
});

test("a time without seconds, as browsers send full minutes, is accepted", () => {
  expect(parse("2026-03-01T09:07", "Asia/Tokyo")).toEqual(["2026-03-01T00:07:00.000Z"]);
});

test("incomplete or invalid input is rejected", () => {
  for (const typed of ["", "2026-03-01", "tomorrow", "2026-13-01T00:00"]) {
    expect(parse(typed, "UTC")).toEqual([]);
  }
});

test("at a change of clocks, a repeated time is both times, and a skipped time is an hour later", () => {
  const berlin = (typed: string) => parse(typed, "Europe/Berlin");
  expect(berlin("2026-10-25T01:59:59")).toEqual(["2026-10-24T23:59:59.000Z"]);
  expect(berlin("2026-10-25T02:30:00")).toEqual(["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]);
  expect(berlin("2026-10-25T03:00:00")).toEqual(["2026-10-25T02:00:00.000Z"]);
  expect(berlin("2026-03-29T02:30:00")).toEqual(["2026-03-29T01:30:00.000Z"]);
  expect(berlin("2026-03-29T03:30:00")).toEqual(["2026-03-29T01:30:00.000Z"]);
});

test("days start at midnight in the zone, also on the days around a change of clocks", () => {
  const at = new Date("2026-10-25T12:00:00Z");
  expect(startOfDay(at, "Europe/Berlin").toISOString()).toBe("2026-10-24T22:00:00.000Z");
  expect(startOfDay(at, "Europe/Berlin", 1).toISOString()).toBe("2026-10-25T23:00:00.000Z");
  expect(startOfDay(at, "Europe/Berlin", -1).toISOString()).toBe("2026-10-23T22:00:00.000Z");
  expect(startOfDay(new Date("2026-03-01T01:00:00Z"), "America/New_York", -1).toISOString()).toBe(
    "2026-02-27T05:00:00.000Z",
  );
});
