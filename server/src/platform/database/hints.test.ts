import { expect, test } from "vitest";
import { HintThrottle, parseHints, serializeHints } from "./hints.ts";

/** How many bundles all of so many processes say a second, when each has something to say all the time. */
function bundlesASecond(processes: number): number {
  const pace = new HintThrottle();
  for (let other = 1; other < processes; other += 1) pace.heard(`process ${other}`, 0);
  return (processes * 1000) / pace.everyMs(0);
}

test("up to four processes say their hints within 20 ms; more say no more than those all together", () => {
  expect([1, 2, 4].map(bundlesASecond)).toEqual([50, 100, 200]);
  expect([5, 8, 64, 1000].map((processes) => Math.round(bundlesASecond(processes)))).toEqual([200, 200, 200, 200]);
});

test("processes that have fallen silent count no more", () => {
  const pace = new HintThrottle();
  for (let other = 0; other < 100; other += 1) pace.heard(`process ${other}`, 0);
  expect(pace.everyMs(1000)).toBeGreaterThan(400);
  expect(pace.everyMs(3000)).toBe(20);
});

test("hints are read as they were written", () => {
  const left = new Map([
    ["due", new Set(["1", "2"])],
    ["endpoints", new Set(["3"])],
  ]);
  expect(parseHints(serializeHints("a process", left))).toEqual({
    from: "a process",
    hints: new Map([
      ["due", ["1", "2"]],
      ["endpoints", ["3"]],
    ]),
  });
});

test("what PostgreSQL would refuse for its length is said without values: look everywhere", () => {
  const many = new Set(Array.from({ length: 2000 }, (_, index) => String(index)));
  const payload = serializeHints("a process", new Map([["due", many]]));
  expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  expect(parseHints(payload)?.hints).toEqual(new Map([["due", []]]));
});

test.each(["", "no JSON", "{}", "[]", "[1]", "null"])("%j from somebody else is no hint", (payload) => {
  expect(parseHints(payload)).toBeUndefined();
});

test("lists from somebody else that are none are passed over", () => {
  expect(parseHints('["x", null, [], [1], ["due", 2, "3"]]')).toEqual({ from: "x", hints: new Map([["due", ["3"]]]) });
});
