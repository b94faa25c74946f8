import { expect, test } from "vitest";

import { describeWaits, readWaits, writeWaits } from "./retry-waits.ts";

test.each([
  ["60, 60", [60, 60]],
  ["5s,5m, 2h ,1d", [5, 300, 7200, 86_400]],
  ["none", []],
])("waits are read with and without their unit: %j", (text, seconds) => {
  expect(readWaits(text)).toEqual(seconds);
});

test.each(["", "soon", "5 weeks", "-3", "1.5h"])("what is no wait is not guessed at: %j", (text) => {
  expect(readWaits(text)).toBeUndefined();
});

test("what is written reads as the same waits", () => {
  const waits = [0, 5, 60, 90, 3600, 50_400, 86_400];
  expect(writeWaits(waits)).toBe("0s, 5s, 1m, 90s, 1h, 14h, 1d");
  expect(readWaits(writeWaits(waits))).toEqual(waits);
});

test("the attempts are counted with the first one", () => {
  expect(describeWaits([60, 60, 60, 60, 60])).toBe("6 attempts within 5 minutes");
  expect(describeWaits([])).toContain("No retry");
  expect(readWaits(writeWaits([]))).toEqual([]);
});
