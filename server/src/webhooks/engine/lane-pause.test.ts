import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { answered, claimed, due, poll, settings } from "../../../test/support/build-lane.ts";
import { Lane } from "./lane.ts";
import { Breaker, LanePause, LongFailure } from "./lane-pause.ts";
import { ReceiverHosts } from "./receiver-host.ts";

const refused: AttemptOutcome = { kind: "unreachable", code: "ECONNREFUSED", reason: "refused", latencyMs: 1 };
const answered500: AttemptOutcome = {
  kind: "answered",
  status: 500,
  headers: {},
  body: new Uint8Array(),
  latencyMs: 1,
};

const unusable: AttemptOutcome = { ...refused, code: "ANSWER_TOO_LONG", isUnusable: true };
const timedOut: AttemptOutcome = { kind: "timed-out", afterSeconds: 10, phase: "answer", latencyMs: 10_000 };
const minuteMs = 60_000;

/** This endpoint's id yields the shortest pauses. */
const newBreaker = (unanswered = 0) => new Breaker({ endpointId: 1009, unanswered });

const learnOften = (breaker: Breaker, outcome: AttemptOutcome, times: number, atMs = minuteMs) =>
  Array.from({ length: times }, () => breaker.learn(outcome, atMs)).at(-1);

test("50 consecutive attempts without a response open the breaker, 49 do not", () => {
  expect(learnOften(newBreaker(), refused, 49)).toBeUndefined();
  expect(learnOften(newBreaker(), refused, 50)).toBe(5000);
});

test("each failed probe doubles the pause, up to one minute", () => {
  const breaker = newBreaker();
  learnOften(breaker, refused, 50);
  expect([1, 2, 3, 4, 5].map(() => breaker.learn(refused, minuteMs + 1))).toEqual([
    10_000, 20_000, 40_000, 60_000, 60_000,
  ]);
});

test("the breaker stays open for the lane's next owner until its probe has a response", () => {
  const breaker = newBreaker();
  learnOften(breaker, refused, 60);
  const next = newBreaker(breaker.unanswered);
  expect(next.isOpen).toBe(true);
  expect(next.learn(refused, minuteMs)).toBe(5000);
  next.learn(answered500, minuteMs);
  expect(next.unanswered).toBe(0);
});

test("any response closes the breaker, and the next outage starts with the shortest pause", () => {
  const breaker = newBreaker();
  learnOften(breaker, refused, 52);
  expect(breaker.learn(answered500, minuteMs)).toBeUndefined();
  expect(breaker.isOpen).toBe(false);
  expect(learnOften(breaker, refused, 50, minuteMs + 1)).toBe(5000);
});

test("timed-out attempts do not open the breaker if the lane had a response since they began", () => {
  const breaker = newBreaker();
  breaker.learn(answered500, minuteMs);
  expect(learnOften(breaker, timedOut, 200, minuteMs + 9999)).toBeUndefined();
  expect(breaker.isFailing).toBe(false);
  expect(learnOften(breaker, timedOut, 50, minuteMs + 10_000)).toBe(5000);
});

test("responses with status 500 never open the breaker", () => {
  expect(learnOften(newBreaker(), answered500, 1000)).toBeUndefined();
});

test("three consecutive unusable responses open the breaker", () => {
  expect(learnOften(newBreaker(), unusable, 2)).toBeUndefined();
  expect(learnOften(newBreaker(), unusable, 3)).toBe(5000);
});

test("a lane pauses for an hour at most, and its longest pause is the one that is stored", () => {
  const pause = new LanePause({ endpointId: 1009, unanswered: 0 });
  pause.learn(answered500, 0, 86_400);
  pause.learn(answered500, 1000, 1);
  expect([3_599_999, 3_600_000].map((atMs) => pause.isActive(atMs))).toEqual([true, false]);
  expect([600_000, 4_000_000].map((atMs) => pause.released(atMs).pauseSeconds)).toEqual([3000, 0]);
});

test("a lane has as many attempts in flight as its window, and one that probes while its breaker is open", () => {
  const lane = new Lane(claimed, settings, new ReceiverHosts(200), 0);
  const mayStart = (inFlight: number, nowMs: number): boolean => {
    lane.inFlight = inFlight;
    return lane.mayStart(nowMs);
  };
  for (let count = 0; count < 39; count += 1) lane.learn(answered, 0);
  poll(lane, 0, [due("a", "10")]);
  expect([39, 40].map((inFlight) => mayStart(inFlight, 0))).toEqual([true, false]);
  for (let count = 0; count < 3; count += 1) lane.learn(unusable, 1000);
  expect(lane.window.size).toBe(5);
  poll(lane, 10_000, [due("a", "10")]);
  expect([0, 1].map((inFlight) => mayStart(inFlight, 10_000))).toEqual([true, false]);
});

test("breakers that open together probe at different times, each after its full pause", () => {
  const pausesMs = Array.from({ length: 200 }, (_, number) =>
    learnOften(new Breaker({ endpointId: 70_000 + number, unanswered: 0 }), refused, 50),
  ).map((pauseMs) => pauseMs ?? 0);
  const perQuarterSecond = Map.groupBy(pausesMs, (pauseMs) => Math.floor(pauseMs / 250));
  expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(5000);
  expect(Math.max(...pausesMs)).toBeLessThanOrEqual(7500);
  expect(Math.max(...[...perQuarterSecond.values()].map(({ length }) => length))).toBeLessThanOrEqual(25);
});

const fail = (failure: LongFailure, times: number, nowMs: number): void => {
  for (let failed = 0; failed < times; failed += 1) failure.learn(false, nowMs);
};

test("a long failure requires ten failed attempts and the full duration", () => {
  const failure = new LongFailure({ failingSeconds: null, failedAttempts: 0 }, 0);
  fail(failure, 8, 0);
  fail(failure, 1, 5000);
  expect(failure.lastsFor(5000, 5000)).toBe(false);
  fail(failure, 1, 5000);
  expect(failure.lastsFor(5000, 5000)).toBe(true);
  expect(failure.lastsFor(5001, 5000)).toBe(false);
});

test("one successful delivery ends a long failure", () => {
  const failure = new LongFailure({ failingSeconds: 3600, failedAttempts: 100 }, 0);
  failure.learn(true, 0);
  fail(failure, 10, 0);
  expect(failure.lastsFor(1000, 999)).toBe(false);
});

test("a long failure continues under the lane's next owner", () => {
  const failure = new LongFailure({ failingSeconds: null, failedAttempts: 0 }, 0);
  fail(failure, 10, 0);
  const next = new LongFailure(failure.released(4000), 1_000_000);
  expect(next.lastsFor(5000, 1_000_999)).toBe(false);
  expect(next.lastsFor(5000, 1_001_000)).toBe(true);
});
