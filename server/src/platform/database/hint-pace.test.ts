import { expect, test } from "vitest";
import { HintPace } from "./hint-pace.ts";

/** How many bundles all of so many processes say a second, when each has something to say all the time. */
function bundlesASecond(processes: number): number {
  const pace = new HintPace();
  for (let other = 1; other < processes; other += 1) pace.heard(`process ${other}`, 0);
  return (processes * 1000) / pace.everyMs(0);
}

test("up to four processes say their hints within 20 ms; more say no more than those all together", () => {
  expect([1, 2, 4].map(bundlesASecond)).toEqual([50, 100, 200]);
  expect([5, 8, 64, 1000].map((processes) => Math.round(bundlesASecond(processes)))).toEqual([200, 200, 200, 200]);
});

test("processes that have fallen silent count no more", () => {
  const pace = new HintPace();
  for (let other = 0; other < 100; other += 1) pace.heard(`process ${other}`, 0);
  expect(pace.everyMs(1000)).toBeGreaterThan(400);
  expect(pace.everyMs(3000)).toBe(20);
});
