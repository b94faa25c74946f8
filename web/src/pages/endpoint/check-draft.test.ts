import { expect, test } from "vitest";
import { checkDraft, describeWaits, parseWaits, formatWaits } from "./check-draft.ts";
import { newDraft } from "./endpoint-draft.ts";

const saved = { ...newDraft("json"), waits: "5s, 5m" };

test("valid values have no errors", () => {
  expect(checkDraft(saved, false)).toEqual({});
  expect(checkDraft({ ...saved, waits: "none", inFlight: "1", perSecond: "100000" }, false)).toEqual({});
});

test("an existing endpoint needs waits or “none”", () => {
  expect(checkDraft({ ...saved, waits: " " }, false)["retry_waits_seconds"]).toEqual([
    expect.stringContaining("“none”"),
  ]);
});

test("a new endpoint may leave its waits to the format", () => {
  expect(checkDraft(newDraft("json"), true)).toEqual({});
});

test.each([
  ["retry_waits_seconds", { waits: "soon" }],
  ["retry_waits_seconds", { waits: "8d" }],
  ["retry_waits_seconds", { waits: Array.from({ length: 51 }, () => "1s").join() }],
  ["timeout_seconds", { timeout: "" }],
  ["timeout_seconds", { timeout: "61" }],
  ["max_in_flight", { inFlight: "0" }],
  ["max_in_flight", { inFlight: "1.5" }],
  ["max_per_second", { perSecond: "1e3" }],
])("%s is rejected in %j", (field, typed) => {
  expect(Object.keys(checkDraft({ ...saved, ...typed }, false))).toEqual([field]);
});

test.each([
  ["60, 60", [60, 60]],
  ["5s,5m, 2h ,1d", [5, 300, 7200, 86_400]],
  ["none", []],
])("waits are parsed with and without a unit: %j", (text, seconds) => {
  expect(parseWaits(text)).toEqual(seconds);
});

test.each(["", "soon", "5 weeks", "-3", "1.5h"])("what is no wait is not guessed at: %j", (text) => {
  expect(parseWaits(text)).toBeUndefined();
});

test("formatted waits parse to the same waits", () => {
  const waits = [0, 5, 60, 90, 3600, 50_400, 86_400];
  expect(formatWaits(waits)).toBe("0s, 5s, 1m, 90s, 1h, 14h, 1d");
  expect(parseWaits(formatWaits(waits))).toEqual(waits);
});

test("the number of attempts includes the first one", () => {
  expect(describeWaits([60, 60, 60, 60, 60])).toBe("6 attempts within 5 minutes");
  expect(describeWaits([])).toContain("No retry");
  expect(parseWaits(formatWaits([]))).toEqual([]);
});
