import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { type ReceiverHost, ReceiverHosts } from "./receiver-host.ts";

const quick: AttemptOutcome = { kind: "answered", status: 200, headers: {}, body: new Uint8Array(), latencyMs: 3 };
const hang: AttemptOutcome = { kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 60_000 };

const enter = (url = "http://receiver.test/1"): ReceiverHost => new ReceiverHosts(80).enter(url);

function answer(origin: ReceiverHost, times: number): void {
  for (let answers = 0; answers < times; answers += 1) {
    origin.begin(false);
    origin.end(false, quick);
  }
}

test("endpoints on one host share its window, whatever their paths", () => {
  const origins = new ReceiverHosts(80);
  expect(origins.enter("http://receiver.test/1?a=b")).toBe(origins.enter("http://receiver.test/2"));
  expect(origins.enter("http://receiver.test:81/1")).not.toBe(origins.enter("http://receiver.test/1"));
});

test("a host that never answers is tried in an eighth of its width at first, and then once at a time", () => {
  const origin = enter();
  for (let attempts = 0; attempts < 10; attempts += 1) {
    expect(origin.hasRoom("unknown")).toBe(true);
    origin.begin(false);
    origin.late();
  }
  expect(origin.hasRoom("unknown")).toBe(false);
  for (let attempts = 0; attempts < 10; attempts += 1) origin.end(true, hang);
  expect(origin.pace).toBe("slow");
  origin.begin(true);
  expect(origin.hasRoom("slow")).toBe(false);
});

test("a host that hangs for some of its endpoints is still quick to those that it answers", () => {
  const origin = enter();
  answer(origin, 100);
  expect(origin.pace).toBe("quick");
  for (let hangs = 0; hangs < 10; hangs += 1) {
    origin.begin(false);
    origin.late();
  }
  expect(origin.pace).toBe("unknown");
  expect(origin.hasRoom("quick")).toBe(true);
  answer(origin, 100);
  expect(origin.hasRoom("unknown")).toBe(false); // an eighth of the width hangs: no more is tried
});

test("a host that hangs for some goes on being tried for others, also while nobody quick keeps its window open", () => {
  const origin = enter();
  answer(origin, 100);
  for (let hangs = 0; hangs < 8; hangs += 1) {
    origin.begin(false);
    origin.late();
  }
  expect(origin.hasRoom("unknown")).toBe(true);
  origin.begin(false);
  expect(origin.hasRoom("unknown")).toBe(false); // one at a time, until it is answered or late
});

test("a host that stops answering is down to one within a second", () => {
  const origin = enter();
  answer(origin, 100);
  let started = 0;
  for (; origin.hasRoom("quick"); started += 1) origin.begin(false);
  for (let late = 0; late < started; late += 1) origin.late();
  origin.begin(false);
  expect(origin.hasRoom("quick")).toBe(false);
});
