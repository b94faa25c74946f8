import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { type ReceiverHost, ReceiverHosts } from "./receiver-host.ts";

const quick: AttemptOutcome = { kind: "answered", status: 200, headers: {}, body: new Uint8Array(), latencyMs: 3 };
const hang: AttemptOutcome = { kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 60_000 };

const enter = (url = "http://receiver.test/1"): ReceiverHost<never> => new ReceiverHosts<never>(80).enter(url);

function answer(host: ReceiverHost<never>, times: number): void {
  for (let answers = 0; answers < times; answers += 1) {
    host.begin(false);
    host.end(false, quick);
  }
}

test("endpoints on one host share its window, regardless of their paths", () => {
  const hosts = new ReceiverHosts<never>(80);
  expect(hosts.enter("http://receiver.test/1?a=b")).toBe(hosts.enter("http://receiver.test/2"));
  expect(hosts.enter("http://receiver.test:81/1")).not.toBe(hosts.enter("http://receiver.test/1"));
});

test("a host without responses is limited to an eighth of its window, then to one attempt at a time", () => {
  const host = enter();
  for (let attempts = 0; attempts < 10; attempts += 1) {
    expect(host.hasRoom("unknown")).toBe(true);
    host.begin(false);
    host.markLate();
  }
  expect(host.hasRoom("unknown")).toBe(false);
  for (let attempts = 0; attempts < 10; attempts += 1) host.end(true, hang);
  expect(host.pace).toBe("slow");
  host.begin(true);
  expect(host.hasRoom("slow")).toBe(false);
});

test("a host that hangs for some of its endpoints stays quick for those that get responses", () => {
  const host = enter();
  answer(host, 100);
  expect(host.pace).toBe("quick");
  for (let hangs = 0; hangs < 10; hangs += 1) {
    host.begin(false);
    host.markLate();
  }
  expect(host.pace).toBe("unknown");
  expect(host.hasRoom("quick")).toBe(true);
  answer(host, 100);
  expect(host.hasRoom("unknown")).toBe(false); // an eighth of the window hangs: no more attempts
});

test("a host that hangs for some endpoints is still tried for others while no quick response widens its window", () => {
  const host = enter();
  answer(host, 100);
  for (let hangs = 0; hangs < 8; hangs += 1) {
    host.begin(false);
    host.markLate();
  }
  expect(host.hasRoom("unknown")).toBe(true);
  host.begin(false);
  expect(host.hasRoom("unknown")).toBe(false); // one at a time, until the attempt has a response or is late
});

test("a host that stops responding is limited to one attempt once all its attempts are late", () => {
  const host = enter();
  answer(host, 100);
  let started = 0;
  for (; host.hasRoom("quick"); started += 1) host.begin(false);
  for (let late = 0; late < started; late += 1) host.markLate();
  host.begin(false);
  expect(host.hasRoom("quick")).toBe(false);
});
