import { expect, test } from "vitest";
import { formatDuration, formatRate, pointFormat, tickFormat, timeTicks, valueAxis, zoneOfPoints } from "./axes.ts";

const minutes = (count: number, from: string): Date[] =>
  Array.from({ length: count }, (_, index) => new Date(Date.parse(from) + index * 60_000));

test("the value axis ends at a round number above all values, and never at 0", () => {
  expect(valueAxis([3, 97])).toEqual({ max: 100, ticks: [0, 20, 40, 60, 80, 100] });
  expect(valueAxis([0, 0])).toEqual({ max: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] });
  expect(valueAxis([]).max).toBe(1);
  expect(valueAxis([2], 1, true)).toEqual({ max: 2, ticks: [0, 1, 2] });
});

test("ticks are at full hours of the time zone, and no more than fit", () => {
  const times = minutes(360, "2026-11-24T10:10:00Z");
  const at = (zone: string, labelsMax: number) =>
    timeTicks(times, labelsMax, zone).map((index) => times[index]?.toISOString().slice(11, 16));
  expect(at("UTC", 8)).toEqual(["11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]);
  expect(at("Asia/Kolkata", 8)).toEqual(["10:30", "11:30", "12:30", "13:30", "14:30", "15:30"]);
  expect(at("UTC", 3)).toEqual(["12:00", "14:00", "16:00"]);
  expect(timeTicks([], 8, "UTC")).toEqual([]);
});

test("ticks are at midnight of the time zone before and after a change of its clocks", () => {
  const hours = Array.from({ length: 336 }, (_, hour) => new Date(Date.UTC(2027, 2, 21, 12) + hour * 3_600_000));
  const ticks = timeTicks(hours, 8, "Europe/Berlin").map((index) => hours[index]?.toISOString().slice(5, 16));
  expect(ticks).toEqual([
    "03-22T23:00",
    "03-24T23:00",
    "03-26T23:00",
    "03-28T22:00",
    "03-30T22:00",
    "04-01T22:00",
    "04-03T22:00",
  ]);
});

test("the label of a day's tick is the name of its point in every time zone", () => {
  const at = new Date("2026-11-24T00:00:00Z");
  const [dayMs, timeZone] = [86_400_000, "America/New_York"];
  expect(tickFormat(30 * dayMs, zoneOfPoints(dayMs, timeZone))(at)).toBe(pointFormat(dayMs, timeZone)(at));
  expect(tickFormat(7 * dayMs, zoneOfPoints(dayMs / 24, timeZone))(at)).toBe("23 Nov");
});

test("times are in the provider's time zone, and days are the UTC days of the statistics", () => {
  const at = new Date("2026-11-24T23:30:00Z");
  expect(tickFormat(3_600_000, "Europe/Berlin")(at)).toBe("00:30");
  expect(tickFormat(30 * 86_400_000, "Europe/Berlin")(at)).toBe("25 Nov");
  expect(pointFormat(60_000, "Europe/Berlin")(at)).toBe("25 Nov, 00:30");
  expect(pointFormat(86_400_000, "Europe/Berlin")(at)).toBe("24 Nov");
  expect(tickFormat(3_600_000, "Nowhere/Land")(at)).toBe("23:30");
});

test("a time that clocks show twice has its zone, and no other one", () => {
  const names = (zone: string, ...times: readonly string[]) =>
    times.map((time) => pointFormat(3_600_000, zone)(new Date(time)));
  const autumn = ["2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"];
  expect(names("Europe/Berlin", ...autumn)).toEqual([
    "25 Oct, 01:00",
    "25 Oct, 02:00 CEST",
    "25 Oct, 02:00 CET",
    "25 Oct, 03:00",
  ]);
  expect(names("Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")).toEqual([
    "29 Mar, 01:00",
    "29 Mar, 03:00",
  ]);
  // By half an hour.
  expect(names("Australia/Lord_Howe", "2026-04-04T14:15:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z")).toEqual([
    "5 Apr, 01:15",
    "5 Apr, 01:45 GMT+11",
    "5 Apr, 01:45 GMT+10:30",
  ]);
});

test("a single failure among many keeps the rate below 100 %", () => {
  expect([1, 0.99999, 0.9971, 0.5, 0].map(formatRate)).toEqual(["100 %", "99.99 %", "99.7 %", "50 %", "0 %"]);
});

test("durations have a readable unit", () => {
  expect([0, 0.42, 38.4, 1234, 45_000, 240_000, 7_200_000, 259_200_000].map(formatDuration)).toEqual([
    "0 ms",
    "0.4 ms",
    "38 ms",
    "1.2 s",
    "45 s",
    "4 min",
    "2 h",
    "3 days",
  ]);
});
