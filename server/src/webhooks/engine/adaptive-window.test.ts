import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { AdaptiveWindow } from "./adaptive-window.ts";

const answer = (latencyMs: number): AttemptOutcome => ({
  kind: "answered",
  status: 200,
  headers: {},
  body: new Uint8Array(),
  latencyMs,
});
const hang: AttemptOutcome = { kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 60_000 };

function learn(window: AdaptiveWindow, outcome: AttemptOutcome, times: number): AdaptiveWindow {
  for (let learnt = 0; learnt < times; learnt += 1) window.learn(outcome);
  return window;
}

test("a new lane has one delivery in flight, whatever it may have later, and its pace is not known", () => {
  expect(new AdaptiveWindow(200)).toMatchObject({ size: 1, pace: "unknown" });
});

test("quick answers open the window, up to its bound", () => {
  expect(learn(new AdaptiveWindow(5), answer(3), 10)).toMatchObject({ size: 5, pace: "quick" });
});

test("receivers that hang are soon down to one", () => {
  const window = learn(new AdaptiveWindow(200), answer(3), 300);
  expect(learn(window, hang, 8)).toMatchObject({ size: 1, pace: "slow" });
});

test("one hang is enough for a receiver that never answered to be slow, but not for one that usually does", () => {
  expect(learn(new AdaptiveWindow(200), hang, 1).pace).toBe("slow");
  expect(learn(learn(new AdaptiveWindow(200), answer(3), 10), answer(5000), 1).pace).toBe("quick");
});

test("four quick answers make up for any number of hangs", () => {
  const window = learn(new AdaptiveWindow(200), hang, 1000);
  expect(learn(window, answer(3), 3).pace).toBe("slow");
  expect(learn(window, answer(3), 1).pace).toBe("quick");
});

test("who answers slowly gets more than one, and an eighth of the width at most", () => {
  const window = learn(new AdaptiveWindow(80), answer(2000), 3);
  expect(window.size).toBe(2);
  expect(learn(window, answer(2000), 1000).size).toBe(10);
  expect(learn(learn(new AdaptiveWindow(80), answer(3), 100), answer(2000), 15).size).toBe(10);
});

test("an answer of 500 is an answer: the receiver is there", () => {
  const window = new AdaptiveWindow(200);
  window.learn({ kind: "answered", status: 500, headers: {}, body: new Uint8Array(), latencyMs: 3 });
  expect(window.size).toBe(2);
});
