import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { LaneWindow } from "./lane-window.ts";

const answer = (latencyMs: number): AttemptOutcome => ({
  kind: "answered",
  status: 200,
  headers: {},
  body: new Uint8Array(),
  latencyMs,
});
const hang: AttemptOutcome = { kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 60_000 };

test("a new lane has one delivery in flight, whatever it may have later", () => {
  expect(new LaneWindow(200).size).toBe(1);
});

test("quick answers open the window, up to its bound", () => {
  const window = new LaneWindow(5);
  for (let answers = 0; answers < 10; answers += 1) window.learn(answer(3));
  expect(window.size).toBe(5);
  expect(window.isSlow).toBe(false);
});

test("receivers that hang are soon down to one", () => {
  const window = new LaneWindow(200);
  for (let answers = 0; answers < 100; answers += 1) window.learn(answer(3));
  for (let hangs = 0; hangs < 8; hangs += 1) window.learn(hang);
  expect(window.size).toBe(1);
  expect(window.isSlow).toBe(true);
});

test("an answer of 500 is an answer: the receiver is there", () => {
  const window = new LaneWindow(200);
  window.learn({ kind: "answered", status: 500, headers: {}, body: new Uint8Array(), latencyMs: 3 });
  expect(window.size).toBe(2);
});
