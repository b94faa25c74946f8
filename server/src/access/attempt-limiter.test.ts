import { expect, test } from "vitest";
import { createAttemptLimiter } from "./attempt-limiter.ts";

const openLimiter = () => {
  const clock = { ms: 0, monotonicMs: () => clock.ms };
  return { clock, limiter: createAttemptLimiter(clock, { attemptsMax: 3, windowSeconds: 60 }) };
};

test("the attempt after the last allowed one is told how long to wait", () => {
  const { clock, limiter } = openLimiter();
  expect([1, 2, 3].map(() => limiter.secondsToWait("ada"))).toEqual([0, 0, 0]);
  clock.ms = 20_500;
  expect(limiter.secondsToWait("ada")).toBe(40);
});

test("another key has attempts of its own", () => {
  const { limiter } = openLimiter();
  for (let attempt = 0; attempt < 4; attempt += 1) limiter.secondsToWait("ada");
  expect(limiter.secondsToWait("bob")).toBe(0);
});

test("when the window is over, attempts are counted from one again", () => {
  const { clock, limiter } = openLimiter();
  for (let attempt = 0; attempt < 4; attempt += 1) limiter.secondsToWait("ada");
  clock.ms = 60_000;
  expect([1, 2, 3, 4].map(() => limiter.secondsToWait("ada"))).toEqual([0, 0, 0, 60]);
});

test("a success forgets the typing errors before it", () => {
  const { limiter } = openLimiter();
  for (let attempt = 0; attempt < 3; attempt += 1) limiter.secondsToWait("ada");
  limiter.forget("ada");
  expect(limiter.secondsToWait("ada")).toBe(0);
});

test("a flood of keys takes bounded memory: the oldest gives way", () => {
  const { limiter } = openLimiter();
  for (let attempt = 0; attempt < 4; attempt += 1) limiter.secondsToWait("first");
  expect(limiter.secondsToWait("first")).toBeGreaterThan(0);
  for (let number = 0; number < 20_000; number += 1) limiter.secondsToWait(`key ${number}`);
  expect(limiter.secondsToWait("first")).toBe(0);
});
