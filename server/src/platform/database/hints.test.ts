import { expect, test } from "vitest";
import { HintThrottle, merge, parseHints, serializeHints } from "./hints.ts";

/** Returns the bundles per second of this many processes together, if each always has hints to send. */
function bundlesPerSecond(processes: number): number {
  const throttle = new HintThrottle();
  for (let other = 1; other < processes; other += 1) throttle.received(`process ${other}`, 0);
  return (processes * 1000) / throttle.everyMs(0);
}

test("up to four processes send hints every 20 ms, and more processes share 200 bundles per second", () => {
  expect([1, 2, 4].map(bundlesPerSecond)).toEqual([50, 100, 200]);
  expect([5, 8, 64, 1000].map((processes) => Math.round(bundlesPerSecond(processes)))).toEqual([200, 200, 200, 200]);
});

test("processes that have been silent for 3 s no longer count", () => {
  const throttle = new HintThrottle();
  for (let other = 0; other < 100; other += 1) throttle.received(`process ${other}`, 0);
  expect(throttle.everyMs(1000)).toBeGreaterThan(400);
  expect(throttle.everyMs(3000)).toBe(20);
});

test("a process that publishes nothing remembers only processes that published within two seconds", () => {
  const throttle = new HintThrottle();
  for (let command = 0; command < 1000; command += 1) throttle.received(`command ${command}`, command * 1000);
  expect(throttle.others).toBe(3);
});

test("serialized hints are parsed back unchanged", () => {
  const pending = new Map([
    ["due", new Set(["1", "2"])],
    ["endpoints", new Set(["3"])],
  ]);
  expect(parseHints(serializeHints("a process", pending))).toEqual({
    from: "a process",
    hints: new Map([
      ["due", ["1", "2"]],
      ["endpoints", ["3"]],
    ]),
  });
});

test("hints longer than PostgreSQL's limit of 8000 bytes are sent without values", () => {
  const many = new Set(Array.from({ length: 2000 }, (_, index) => String(index)));
  const payload = serializeHints("a process", new Map([["due", many]]));
  expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  expect(parseHints(payload)?.hints).toEqual(new Map([["due", []]]));
});

test.each(["", "no JSON", "{}", "[]", "[1]", "null"])("the foreign payload %j is ignored", (payload) => {
  expect(parseHints(payload)).toBeUndefined();
});

test("invalid lists in a foreign payload are skipped", () => {
  expect(parseHints('["x", null, [], [1], ["due", 2, "3"]]')).toEqual({ from: "x", hints: new Map([["due", ["3"]]]) });
});

test("a hint joins those that wait for the connection without a copy of them", () => {
  const waiting = new Map([["due", new Set(["1"])]]);
  const ofDue = waiting.get("due");
  const published = new Map([
    ["due", new Set(["1", "2"])],
    ["endpoints", new Set(["3"])],
  ]);
  merge(waiting, published);
  merge(waiting, new Map([["endpoints", new Set(["4"])]]));
  expect(waiting.get("due")).toBe(ofDue);
  expect(waiting).toEqual(new Map([...published, ["endpoints", new Set(["3", "4"])]]));
  expect(published.get("endpoints")).toEqual(new Set(["3"]));
});
