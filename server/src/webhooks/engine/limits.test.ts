import fc from "fast-check";
import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { AdaptiveWindow, ConcurrencyLimits, type Pace, RateLimit, type Slot } from "./limits.ts";

const ignore = (): void => undefined;

/** Acquires a slot, by default for an endpoint that has responded before. */
const take = (limits: ConcurrencyLimits, pace: Pace, { nowMs = 0, isFirst = false, onLate = ignore } = {}): Slot =>
  limits.acquire(nowMs, { pace, isFirst, onLate });

/** Acquires all free slots. Returns their number. */
function takeAll(limits: ConcurrencyLimits, pace: Pace, options: { nowMs?: number; isFirst?: boolean } = {}): number {
  let taken = 0;
  for (; limits.hasSlot(pace); taken += 1) take(limits, pace, options);
  return taken;
}

/** Acquires all free slots ten times per second for a minute, without a response. */
function hangForAMinute(limits: ConcurrencyLimits, pace: Pace, isFirst: boolean): void {
  for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
    limits.moveLate(nowMs);
    takeAll(limits, pace, { nowMs, isFirst });
  }
}

test("receivers that hang fill one half and leave the other free", () => {
  const limits = new ConcurrencyLimits(16);
  expect(takeAll(limits, "quick")).toBe(8);

  limits.moveLate(1001);

  expect(limits.hasSlot("slow")).toBe(false);
  expect(takeAll(limits, "quick")).toBe(8);
});

test("failing receivers use a twelfth of the quick slots, and leave the others to quick ones", () => {
  const limits = new ConcurrencyLimits(200);
  expect(takeAll(limits, "failing")).toBe(8);
  expect(takeAll(limits, "quick")).toBe(92);
});

test("a first attempt without an answer steps aside after 200 ms, and the next endpoint is tried in its place", () => {
  const limits = new ConcurrencyLimits(16);
  expect(takeAll(limits, "unknown", { isFirst: true })).toBe(4);
  limits.moveLate(200);
  expect(limits.hasSlot("unknown")).toBe(false);

  limits.moveLate(201);
  expect(takeAll(limits, "unknown", { nowMs: 201, isFirst: true })).toBe(4);
  expect(limits.inFlight).toBe(8);
});

test("first attempts that hang, four to a place, leave both halves free", () => {
  const limits = new ConcurrencyLimits(16);
  for (let endpoint = 0; endpoint < 4 * 16; endpoint += 1) {
    take(limits, endpoint % 2 === 0 ? "quick" : "unknown", { nowMs: endpoint * 201, isFirst: true });
    limits.moveLate((endpoint + 1) * 201);
  }
  limits.moveLate(60_000);
  expect(limits.inFlight).toBe(64);
  expect(takeAll(limits, "slow")).toBe(4);
  expect(takeAll(limits, "quick", { nowMs: 60_000 })).toBe(8);
});

test("however many endpoints that were never asked before hang, half of the quick half is free", () => {
  const limits = new ConcurrencyLimits(16);
  hangForAMinute(limits, "unknown", true);
  expect(limits.inFlight).toBe(4 * 16 + 8 + 4);
  expect(takeAll(limits, "quick")).toBe(4);
});

test("who has been asked before does not step aside", () => {
  const limits = new ConcurrencyLimits(16);
  hangForAMinute(limits, "unknown", false);
  expect(limits.inFlight).toBe(8 + 4);
});

test("who is known to be slow leaves room for those that turn out to be", () => {
  const limits = new ConcurrencyLimits(16);
  expect(takeAll(limits, "slow")).toBe(4);
  takeAll(limits, "quick");
  limits.moveLate(1001);
  expect(takeAll(limits, "quick")).toBe(4);
});

test("an attempt that turns out to be slow says so once, whether the slow half has room or not", () => {
  const limits = new ConcurrencyLimits(2);
  let told = 0;
  const onLate = (): void => void (told += 1);
  const slow = take(limits, "slow");
  const place = take(limits, "quick", { onLate });
  limits.moveLate(1000);
  expect(told).toBe(0);
  limits.moveLate(1001);
  expect(told).toBe(1);
  expect(limits.hasSlot("quick")).toBe(false);

  limits.release(slow);
  limits.moveLate(2000);
  expect(told).toBe(1);
  expect(place.pool).toBe("slow");
  expect(limits.hasSlot("quick")).toBe(true);
});

test("an attempt that stepped aside says after a second that it is slow, once", () => {
  const limits = new ConcurrencyLimits(2);
  let told = 0;
  const onLate = (): void => void (told += 1);
  const place = take(limits, "quick", { isFirst: true, onLate });
  for (const nowMs of [500, 1000]) limits.moveLate(nowMs);
  expect(place).toMatchObject({ pool: "parked", isLate: false });
  for (const nowMs of [1001, 5000]) limits.moveLate(nowMs);
  expect(place).toMatchObject({ pool: "parked", isLate: true });
  expect(told).toBe(1);
});

test.for([0, 200, 500, 5000])(
  "a place that is given back after %d ms can be taken again, wherever it ended",
  (nowMs) => {
    const limits = new ConcurrencyLimits(2);
    for (const pace of ["quick", "unknown", "slow"] as const) {
      for (const isFirst of [true, false]) {
        const place = take(limits, pace, { isFirst });
        limits.moveLate(nowMs);
        limits.release(place);
        limits.moveLate(60_000);
        expect(limits.inFlight).toBe(0);
        expect([limits.hasSlot("quick"), limits.hasSlot("unknown"), limits.hasSlot("slow")]).toEqual([
          true,
          true,
          true,
        ]);
      }
    }
  },
);

const answer = (latencyMs: number): AttemptOutcome => ({
  kind: "answered",
  status: 200,
  headers: {},
  body: new Uint8Array(),
  latencyMs,
});
const hang: AttemptOutcome = { kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 60_000 };

function learn(window: AdaptiveWindow, outcome: AttemptOutcome, times: number): AdaptiveWindow {
  for (let learnt = 0; learnt < times; learnt += 1) window.learn(outcome);
  return window;
}

test("a new lane has one delivery in flight, whatever it may have later, and its pace is not known", () => {
  expect(new AdaptiveWindow(200)).toMatchObject({ size: 1, pace: "unknown" });
});

test("quick answers open the window, up to its bound", () => {
  expect(learn(new AdaptiveWindow(5), answer(3), 10)).toMatchObject({ size: 5, pace: "quick" });
});

test("receivers that hang are soon down to one", () => {
  const window = learn(new AdaptiveWindow(200), answer(3), 300);
  expect(learn(window, hang, 8)).toMatchObject({ size: 1, pace: "slow" });
});

test("one hang is enough for a receiver that never answered to be slow, but not for one that usually does", () => {
  expect(learn(new AdaptiveWindow(200), hang, 1).pace).toBe("slow");
  expect(learn(learn(new AdaptiveWindow(200), answer(3), 10), answer(5000), 1).pace).toBe("quick");
});

test("four quick answers make up for any number of hangs", () => {
  const window = learn(new AdaptiveWindow(200), hang, 1000);
  expect(learn(window, answer(3), 3).pace).toBe("slow");
  expect(learn(window, answer(3), 1).pace).toBe("quick");
});

test("who answers slowly gets more than one, and an eighth of the width at most", () => {
  const window = learn(new AdaptiveWindow(80), answer(2000), 3);
  expect(window.size).toBe(2);
  expect(learn(window, answer(2000), 1000).size).toBe(10);
  expect(learn(learn(new AdaptiveWindow(80), answer(3), 100), answer(2000), 15).size).toBe(10);
});

test("an answer of 500 is an answer: the receiver is there", () => {
  const window = new AdaptiveWindow(200);
  window.learn({ kind: "answered", status: 500, headers: {}, body: new Uint8Array(), latencyMs: 3 });
  expect(window.size).toBe(2);
});

/** When sends get through, if one is asked for at each of these times. */
const sendsOf = (limit: RateLimit, askedMs: readonly number[]): readonly number[] =>
  askedMs.filter((nowMs) => {
    if (!limit.allows(nowMs)) return false;
    limit.record(nowMs);
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
