import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { type ReceiverHost, ReceiverHosts } from "./receiver-host.ts";

const quick: AttemptOutcome = { kind: "answered", status: 200, headers: {}, body: new Uint8Array(), latencyMs: 3 };
const hang: AttemptOutcome = { kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 60_000 };

interface Waiter {
  readonly name: string;
}

const waiter = (name: string): Waiter => ({ name });
const namesOf = (lanes: readonly Waiter[]): readonly string[] => lanes.map(({ name }) => name);

const enter = (windowMax = 80): ReceiverHost<Waiter> =>
  new ReceiverHosts<Waiter>(windowMax).enter("http://receiver.test/1");

function answer(host: ReceiverHost<Waiter>, times: number, outcome = quick): void {
  const isLate = outcome.latencyMs > 1000;
  for (let answers = 0; answers < times; answers += 1) {
    host.begin(isLate);
    host.end(isLate, outcome);
  }
}

test("endpoints on one host share its window, regardless of their paths", () => {
  const hosts = new ReceiverHosts<never>(80);
  expect(hosts.enter("http://receiver.test/1?a=b")).toBe(hosts.enter("http://receiver.test/2"));
  expect(hosts.enter("http://receiver.test:81/1")).not.toBe(hosts.enter("http://receiver.test/1"));
});

test.each([
  [80, 10],
  [8, 3],
])("of a window of %i, a host without responses gets %i attempts, then one at a time", (windowMax, attemptsMax) => {
  const host = enter(windowMax);
  for (let attempts = 0; attempts < attemptsMax; attempts += 1) {
    expect(host.hasRoom("unknown")).toBe(true);
    host.begin(false);
    host.markLate();
  }
  expect(host.hasRoom("unknown")).toBe(false);
  for (let attempts = 0; attempts < attemptsMax; attempts += 1) host.end(true, hang);
  expect(host.hasRoom("slow")).toBe(true);
  host.begin(true);
  expect([host.hasRoom("slow"), host.hasRoom("quick"), host.pace]).toEqual([false, true, "slow"]);
});

test("a host that responds slowly gets an eighth of its window", () => {
  const host = enter();
  answer(host, 60, { ...quick, latencyMs: 1500 });
  let started = 0;
  for (; host.hasRoom("slow"); started += 1) host.begin(true);
  expect([started, host.pace]).toEqual([10, "unknown"]);
});

test("lanes that wait for a host get the room there is in turn, and one of them always tries", () => {
  const host = enter();
  answer(host, 2);
  const first = waiter("1");
  for (const lane of [first, first, ..."234567".split("").map(waiter)]) host.wait(lane);
  const taken = [0, 1, 2, 1].map((attempts) => {
    for (let begun = 0; begun < attempts; begun += 1) host.begin(false);
    return namesOf(host.takeWaiting());
  });
  expect(taken).toEqual([["1", "2", "3"], ["4", "5"], ["6"], ["7"]]);
});

test("a lane that seldom waits for a host goes before those that wait again", () => {
  const host = enter();
  host.begin(false);
  const busy = "1234567".split("").map(waiter);
  for (const lane of busy) host.wait(lane);
  for (let turn = 0; turn < 10; turn += 1) for (const lane of host.takeWaiting()) host.wait(lane);
  host.wait(waiter("seldom"));
  expect(namesOf(host.takeWaiting())).toEqual(["seldom"]);
});

test("beyond 20,000 hosts, the least recently used one without lanes is forgotten", () => {
  const hosts = new ReceiverHosts<Waiter>(8);
  const use = (name: string): ReceiverHost<Waiter> => {
    const url = `http://${name}.test/`;
    const host = hosts.enter(url);
    hosts.leave(host, { endpointId: 1, url, window: hosts.windowFor(1, url) });
    return host;
  };
  const withLane = hosts.enter("http://lane.test/");
  const [recent, old] = [use("recent"), use("old")];
  use("recent");
  for (let number = 3; number <= 20_000; number += 1) use(String(number));
  expect(hosts.enter("http://lane.test/")).toBe(withLane);
  expect(use("recent")).toBe(recent);
  expect(use("old")).not.toBe(old);
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

test("endpoints that respond slowly do not wait for those that hang, whatever the window", () => {
  const host = enter();
  answer(host, 100);
  for (let hangs = 0; hangs < 10; hangs += 1) {
    host.begin(false);
    host.markLate(); // the window is 1 afterwards
  }
  for (const name of ["hung 1", "hung 2"]) host.wait(waiter(name));
  for (const name of ["slow 1", "slow 2"]) host.wait(waiter(name), true);
  expect([host.hasRoom("slow"), host.hasRoom("slow", true), namesOf(host.takeWaiting())]).toEqual([
    false,
    true,
    ["hung 1", "slow 1", "slow 2"],
  ]);
  let started = 0;
  for (; host.hasRoom("slow", true); started += 1) host.begin(true, true);
  host.end(true, quick, true);
  expect([started, host.hasRoom("slow", true), host.hasRoom("slow")]).toEqual([10, true, false]);
});

test("endpoints that respond slowly start nothing while quick attempts fill the host's window", () => {
  const host = enter();
  answer(host, 4);
  for (let attempts = 0; attempts < 5; attempts += 1) {
    expect(host.hasRoom("slow", true)).toBe(true);
    host.begin(false);
  }
  expect(host.hasRoom("slow", true)).toBe(false);
});

test("a quick host says nothing about a new endpoint while attempts of slow endpoints are in flight", () => {
  const host = enter();
  answer(host, 100);
  host.begin(true, true);
  expect(host.pace).toBe("unknown");
  host.end(true, quick, true);
  expect(host.pace).toBe("quick");
});

test("a host that has just responded slowly is tried for further endpoints, although some hang", () => {
  const host = enter();
  const attempt = (): void => {
    host.begin(false);
    host.markLate();
  };
  attempt();
  host.end(true, { ...quick, latencyMs: 1500 });
  for (let hangs = 0; hangs < 3; hangs += 1) attempt();
  expect([host.pace, host.hasRoom("unknown")]).toEqual(["slow", true]);
  host.end(true, hang);
  expect(host.hasRoom("unknown")).toBe(false);
});
