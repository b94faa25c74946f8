import { expect, test } from "vitest";
import { LongFailure } from "./long-failure.ts";

const fail = (failure: LongFailure, times: number, nowMs: number): void => {
  for (let failed = 0; failed < times; failed += 1) failure.learn(false, nowMs);
};

test("ten attempts that fail over the whole time are a long failure; nine are not, nor is a shorter time", () => {
  const failure = new LongFailure({ failingSeconds: null, failedAttempts: 0 }, 0);
  fail(failure, 8, 0);
  fail(failure, 1, 5000);
  expect(failure.lastsFor(5000, 5000)).toBe(false);
  fail(failure, 1, 5000);
  expect(failure.lastsFor(5000, 5000)).toBe(true);
  expect(failure.lastsFor(5001, 5000)).toBe(false);
});

test("one delivery that gets through ends it", () => {
  const failure = new LongFailure({ failingSeconds: 3600, failedAttempts: 100 }, 0);
  failure.learn(true, 0);
  fail(failure, 10, 0);
  expect(failure.lastsFor(1000, 999)).toBe(false);
});

test("it goes on under the next owner", () => {
  const failure = new LongFailure({ failingSeconds: null, failedAttempts: 0 }, 0);
  fail(failure, 10, 0);
  const next = new LongFailure(failure.released(4000), 1_000_000);
  expect(next.lastsFor(5000, 1_000_999)).toBe(false);
  expect(next.lastsFor(5000, 1_001_000)).toBe(true);
});
