import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { Breaker } from "./breaker.ts";

const refused: AttemptOutcome = { kind: "unreachable", code: "ECONNREFUSED", reason: "refused", latencyMs: 1 };
const failed: AttemptOutcome = { kind: "answered", status: 500, headers: {}, body: new Uint8Array(), latencyMs: 1 };

const timedOut: AttemptOutcome = { kind: "timed-out", afterSeconds: 10, phase: "answer", latencyMs: 10_000 };
const nowMs = 60_000;

const learnOften = (breaker: Breaker, outcome: AttemptOutcome, times: number, atMs = nowMs) =>
  Array.from({ length: times }, () => breaker.learn(outcome, atMs)).at(-1);

test("fifty in a row without an answer open it; forty-nine do not", () => {
  expect(learnOften(new Breaker(), refused, 49)).toBeUndefined();
  expect(learnOften(new Breaker(), refused, 50)).toBe(5000);
});

test("each probe that fails doubles the pause, up to a minute", () => {
  const breaker = new Breaker();
  learnOften(breaker, refused, 50);
  expect([1, 2, 3, 4, 5].map(() => breaker.learn(refused, nowMs + 1))).toEqual([
    10_000, 20_000, 40_000, 60_000, 60_000,
  ]);
});

test("it is still open for the lane's next owner, who tries once", () => {
  const breaker = new Breaker();
  learnOften(breaker, refused, 60);
  const next = new Breaker(breaker.unanswered);
  expect(next.isOpen).toBe(true);
  expect(next.learn(refused, nowMs)).toBe(5000);
  next.learn(failed, nowMs);
  expect(next.unanswered).toBe(0);
});

test("any answer closes it, and the next outage starts from the beginning", () => {
  const breaker = new Breaker();
  learnOften(breaker, refused, 52);
  expect(breaker.learn(failed, nowMs)).toBeUndefined();
  expect(breaker.isOpen).toBe(false);
  expect(learnOften(breaker, refused, 50, nowMs + 1)).toBe(5000);
});

test("attempts that end together do not open it when another was answered since they began", () => {
  const breaker = new Breaker();
  breaker.learn(failed, nowMs);
  expect(learnOften(breaker, timedOut, 200, nowMs + 9999)).toBeUndefined();
  expect(breaker.seemsAway).toBe(false);
  expect(learnOften(breaker, timedOut, 50, nowMs + 10_000)).toBe(5000);
});

test("a receiver that answers 500 all day is there", () => {
  expect(learnOften(new Breaker(), failed, 1000)).toBeUndefined();
});

test("three unusable answers in a row open it", () => {
  const unusable = { ...refused, code: "ANSWER_TOO_LONG", isUnusable: true } as const;
  expect(learnOften(new Breaker(), unusable, 2)).toBeUndefined();
  expect(learnOften(new Breaker(), unusable, 3)).toBe(5000);
});
