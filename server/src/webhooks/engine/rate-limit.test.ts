import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

/** When sends get through, if one is asked for at each of these times. */
const sendsOf = (limit: RateLimit, askedMs: readonly number[]): readonly number[] =>
  askedMs.filter((nowMs) => {
    if (!limit.has(nowMs)) return false;
    limit.take(nowMs);
    return true;
  });

const everyMs = (ms: number): readonly number[] => Array.from({ length: ms + 1 }, (_, nowMs) => nowMs);

/** The most sends in any second that begins with a send: no other second holds more. */
const busiest = (sentMs: readonly number[]): number =>
  Math.max(0, ...sentMs.map((from) => sentMs.filter((at) => at >= from && at - from < 1000).length));

const times = fc
  .array(fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0, max: 900, noNaN: true })), {
    maxLength: 400,
  })
  .map((gapsMs) => {
    let nowMs = 0;
    return gapsMs.map((gapMs) => (nowMs += gapMs));
  });

test("no second holds more than the limit, wherever it begins and however sends are asked for", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), times, (perSecond, askedMs) => {
      expect(busiest(sendsOf(new RateLimit(perSecond, 0, 0), askedMs))).toBeLessThanOrEqual(perSecond);
    }),
  );
});

test("no second holds more than the limit when a lane changes hands, once or again and again", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      times,
      fc.array(fc.nat(400), { maxLength: 5 }),
      (perSecond, askedMs, handovers) => {
        const sentMs: number[] = [];
        let limit = new RateLimit(perSecond, 0, 0);
        for (const [index, nowMs] of askedMs.entries()) {
          if (handovers.includes(index)) limit = new RateLimit(perSecond, nowMs, nowMs + limit.busyMs(nowMs));
          sentMs.push(...sendsOf(limit, [nowMs]));
        }
        expect(busiest(sentMs)).toBeLessThanOrEqual(perSecond);
      },
    ),
  );
});

test("a limit that is lowered counts what was sent before", () => {
  const limit = new RateLimit(40, 0, 0);
  const before = sendsOf(limit, everyMs(990)).length;
  limit.change(10);
  expect(before).toBeGreaterThan(30);
  expect(sendsOf(limit, [995, 999])).toEqual([]);
});

test.each([1, 7, 100])(
  "at %i a second, ten seconds let ten times as many through, and one to start with",
  (perSecond) => {
    const through = sendsOf(new RateLimit(perSecond, 0, 0), everyMs(10_000)).length;
    expect(through).toBeGreaterThanOrEqual(10 * perSecond - 1);
    expect(through).toBeLessThanOrEqual(10 * perSecond + 1);
  },
);

test("a long silence earns a quarter of a second and no more", () => {
  const silentUntilMs = 3_600_000;
  const asked = Array.from({ length: 100 }, () => silentUntilMs);
  expect(sendsOf(new RateLimit(100, 0, 0), asked)).toHaveLength(25);
});
