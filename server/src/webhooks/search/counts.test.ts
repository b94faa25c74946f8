import { expect, test } from "vitest";
import { estimateCount } from "./counts.ts";

test("an estimate scales the count by the searched share, rounded to two digits", () => {
  expect(estimateCount({ count: 1000, share: 0.081, bytes: 1e9 })).toBe(12_000);
});

test("an estimate is at most the rows that fit into the history, and at least the count", () => {
  expect(estimateCount({ count: 1000, share: 0.01, bytes: 300_000 })).toBe(4000);
  expect(estimateCount({ count: 3000, share: 1, bytes: 0 })).toBe(3000);
});
