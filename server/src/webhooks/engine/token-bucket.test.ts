import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

/** How many get through in `ms`, when one asks every millisecond. */
function count(bucket: TokenBucket, ms: number): number {
  let through = 0;
  for (let nowMs = 0; nowMs <= ms; nowMs += 1) {
    if (!bucket.has(nowMs)) continue;
    bucket.take();
    through += 1;
  }
  return through;
}

test.each([1, 7, 100])(
  "at %i a second, ten seconds let ten times as many through, and one to start with",
  (perSecond) => {
    const through = count(new TokenBucket(perSecond, 0), 10_000);
    expect(through).toBeGreaterThanOrEqual(10 * perSecond - 1);
    expect(through).toBeLessThanOrEqual(10 * perSecond + 1);
  },
);

test("a long silence earns a quarter of a second and no more", () => {
  const bucket = new TokenBucket(100, 0);
  let burst = 0;
  for (; bucket.has(3_600_000); burst += 1) bucket.take();
  expect(burst).toBe(25);
});
