import { expect, test } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { RateLimiter } from "./receive-request.ts";

test("a key may use its burst at once and then its rate, and refused requests are not counted", async () => {
  const clock = new HandDrivenClock();
  const limiter = new RateLimiter(clock, { max: 1000, perSecond: 100 });
  expect(limiter.secondsToWait("a", 600)).toBe(0);
  expect(limiter.secondsToWait("a", 600)).toBe(2);
  expect(limiter.secondsToWait("a", 400)).toBe(0);
  expect(limiter.secondsToWait("b", 1000)).toBe(0);
  await clock.advance(2000);
  expect(limiter.secondsToWait("a", 201)).toBe(1);
  expect(limiter.secondsToWait("a", 200)).toBe(0);
});
