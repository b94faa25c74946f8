import fc from "fast-check";
import { expect, test } from "vitest";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { diskLimits } from "#platform/limits.ts";
import {
  AdaptiveWindow,
  ConcurrencyLimits,
  KeptBodies,
  RateLimit,
  type Slot,
  type SlotPace,
  TurnQueue,
} from "./limits.ts";

const ignore = (): void => undefined;

/** Acquires a slot, by default for an endpoint that has responded before. */
const take = (limits: ConcurrencyLimits, pace: SlotPace, { nowMs = 0, isFirst = false, onLate = ignore } = {}): Slot =>
  limits.acquire(nowMs, { pace, isFirst, onLate });

/** Acquires all free slots. Returns their number. */
function takeAll(
  limits: ConcurrencyLimits,
  pace: SlotPace,
  options: { nowMs?: number; isFirst?: boolean } = {},
): number {
  let count = 0;
  for (; limits.hasSlot(pace); count += 1) take(limits, pace, options);
  return count;
}

/** Acquires all free slots ten times per second for a minute, without a response. */
function hangForAMinute(limits: ConcurrencyLimits, pace: SlotPace, isFirst: boolean): void {
  for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
    limits.moveLate(nowMs);
    takeAll(limits, pace, { nowMs, isFirst });
  }
}

test("hanging receivers use one half of the slots and leave the other free", () => {
  const limits = new ConcurrencyLimits(16);
  expect(takeAll(limits, "quick")).toBe(8);

  limits.moveLate(1001);

  expect(limits.hasSlot("slow")).toBe(false);
  expect(takeAll(limits, "quick")).toBe(8);
});

test("an engine with one slot has one for receivers of any pace", () => {
  const paces = ["unknown", "quick", "moderate", "slow", "failing"] as const;
  expect(paces.map((pace) => takeAll(new ConcurrencyLimits(1), pace))).toEqual([1, 1, 1, 1, 1]);
  expect(new AdaptiveWindow(1).slowMax).toBe(1);
});

test("failing receivers use at most a twelfth of the quick slots", () => {
  const limits = new ConcurrencyLimits(200);
  expect(takeAll(limits, "failing")).toBe(8);
  expect(takeAll(limits, "quick")).toBe(92);
});

test("moderate receivers use at most three quarters of the quick slots", () => {
  const limits = new ConcurrencyLimits(200);
  expect(takeAll(limits, "moderate")).toBe(75);
  expect(takeAll(limits, "quick")).toBe(25);
});

test("all others together leave an eighth of the quick slots to quick receivers", () => {
  const limits = new ConcurrencyLimits(200);
  const others = ["unknown", "failing", "moderate"] as const;
  expect(others.map((pace) => takeAll(limits, pace))).toEqual([50, 8, 29]);
  expect(takeAll(limits, "quick")).toBe(13);
});

test.for([1, 2, 3, 10, 33])("%i lanes that always have deliveries leave a slot to the next one", (count) => {
  const limits = new ConcurrencyLimits(268);
  const held = Array.from({ length: count }, () => 0);
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const [lane, slots] of held.entries()) {
      if (!limits.hasSlot("quick") || !limits.hasSlotFor("quick", slots)) continue;
      take(limits, "quick");
      held[lane] = slots + 1;
      isMoving = true;
    }
  }
  const free = 134 - held.reduce((sum, slots) => sum + slots, 0);
  expect(free).toBeGreaterThanOrEqual(Math.floor(134 / (1 + 4 * count)));
  expect(free).toBeLessThanOrEqual(Math.ceil(134 / (1 + 4 * count)));
  expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(4);
});

test("one moderate lane leaves a fifth of the slots of moderate receivers free", () => {
  const limits = new ConcurrencyLimits(200);
  let held = 0;
  for (; limits.hasSlotFor("moderate", held); held += 1) take(limits, "moderate");
  expect(held).toBe(60);
});

test("one slow lane leaves a fifth of the slots in which slow receivers start free", () => {
  const limits = new ConcurrencyLimits(200);
  let held = 0;
  for (; limits.hasSlotFor("slow", held); held += 1) take(limits, "slow");
  expect(held).toBe(40);
});

test("slots of quick receivers count neither against the others' share nor as free for them", () => {
  const limits = new ConcurrencyLimits(200);
  for (let slots = 0; slots < 95; slots += 1) take(limits, "quick");
  expect([limits.hasSlotFor("moderate", 19), limits.hasSlotFor("moderate", 20)]).toEqual([true, false]);
  expect(takeAll(limits, "unknown")).toBe(5);
});

test("the rule that leaves slots to others keeps none of a few slots free", () => {
  for (const slots of [1, 2, 3, 4]) {
    const limits = new ConcurrencyLimits(2 * slots);
    let held = 0;
    for (; limits.hasSlot("quick") && limits.hasSlotFor("quick", held); held += 1) take(limits, "quick");
    expect(held).toBe(slots);
  }
});

interface Waiter {
  readonly name: string;
  readonly costMs: number;
}

/** Takes the next items and lets them wait again. Returns how long each had a slot. */
function serve(queue: TurnQueue<Waiter>, turns: number): ReadonlyMap<string, number> {
  const servedMs = new Map<string, number>();
  for (let turn = 0; turn < turns; turn += 1) {
    const item = queue.take();
    if (!item) throw new Error("Nothing waits");
    queue.charge(item, item.costMs);
    servedMs.set(item.name, (servedMs.get(item.name) ?? 0) + item.costMs);
    queue.add(item);
  }
  return servedMs;
}

test("lanes that always wait get the same time in slots, however long their attempts take", () => {
  const costs = fc.array(fc.integer({ min: 20, max: 1000 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(costs, (costsMs) => {
      const queue = new TurnQueue<Waiter>();
      for (const [index, costMs] of costsMs.entries()) queue.add({ name: String(index), costMs });
      const servedMs = [...serve(queue, 500).values()];
      expect(Math.max(...servedMs) - Math.min(...servedMs)).toBeLessThanOrEqual(2 * Math.max(...costsMs));
    }),
  );
});

test("a lane that comes after others have had their turns is next, and gains nothing by its absence", () => {
  const queue = new TurnQueue<Waiter>();
  for (let index = 0; index < 50; index += 1) queue.add({ name: `busy${index}`, costMs: 900 });
  serve(queue, 120);
  const seldom = { name: "seldom", costMs: 900 };
  queue.add(seldom);
  expect([...serve(queue, 1).keys()]).toEqual(["seldom"]);
  expect(serve(queue, 55).get("seldom")).toBe(900);
});

test("a lane that is next goes before those that wait, and one that left has lost its turn", () => {
  const [first, second, third] = ["first", "second", "third"].map((name) => ({ name, costMs: 20 }));
  if (!first || !second || !third) throw new Error("There are three.");
  const queue = new TurnQueue<Waiter>();
  queue.add(first);
  queue.add(second);
  queue.add(third, true);
  queue.delete(first);
  expect(queue.length).toBe(2);
  queue.add(first);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([third, second, first, undefined]);
  queue.add(first);
  queue.clear();
  expect([queue.length, queue.take()]).toEqual([0, undefined]);
});

test("a lane that waits already keeps its place when it is added again", () => {
  const [first, second] = [{ name: "first" }, { name: "second" }];
  const queue = new TurnQueue<Pick<Waiter, "name">>();
  for (const item of [first, second, first]) queue.add(item);
  expect([queue.take(), queue.take(), queue.take()]).toEqual([first, second, undefined]);
});

test("a first attempt without a response is parked after 200 ms, which frees its slot", () => {
  const limits = new ConcurrencyLimits(16);
  expect(takeAll(limits, "unknown", { isFirst: true })).toBe(4);
  limits.moveLate(200);
  expect(limits.hasSlot("unknown")).toBe(false);

  limits.moveLate(201);
  expect(takeAll(limits, "unknown", { nowMs: 201, isFirst: true })).toBe(4);
  expect(limits.inFlight).toBe(8);
  limits.moveLate(401);
  expect(limits.hasSlot("unknown")).toBe(false);
});

test("parked first attempts, up to four per slot, leave both halves free", () => {
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

test("slots and parked attempts together respect the maximum of attempts", () => {
  for (const attemptsMax of [16, 20, 50]) {
    const limits = new ConcurrencyLimits(40, attemptsMax);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
      limits.moveLate(nowMs);
      for (const pace of ["unknown", "quick", "slow"] as const)
        takeAll(limits, pace, { nowMs, isFirst: pace === "unknown" });
      expect(limits.inFlight).toBeLessThanOrEqual(attemptsMax);
    }
  }
});

test("any number of hanging new endpoints leaves half of the quick slots free", () => {
  const limits = new ConcurrencyLimits(16);
  hangForAMinute(limits, "unknown", true);
  expect(limits.inFlight).toBe(4 * 16 + 8 + 4);
  expect(takeAll(limits, "quick")).toBe(4);
});

test("attempts of known endpoints are not parked", () => {
  const limits = new ConcurrencyLimits(16);
  hangForAMinute(limits, "unknown", false);
  expect(limits.inFlight).toBe(8 + 4);
});

test("known slow receivers leave half of the slow slots to attempts that turn out slow", () => {
  const limits = new ConcurrencyLimits(16);
  expect(takeAll(limits, "slow")).toBe(4);
  takeAll(limits, "quick");
  limits.moveLate(1001);
  expect(takeAll(limits, "quick")).toBe(4);
});

test("a slow attempt is reported once, whether the slow half has a free slot or not", () => {
  const limits = new ConcurrencyLimits(2);
  let reports = 0;
  const onLate = (): void => void (reports += 1);
  const slow = take(limits, "slow", { onLate });
  const slot = take(limits, "quick", { nowMs: 500, onLate });
  limits.moveLate(1500);
  expect(reports).toBe(0);
  limits.moveLate(1501);
  expect(reports).toBe(1);
  expect(limits.hasSlot("quick")).toBe(false);

  limits.release(slow);
  limits.moveLate(2000);
  expect(reports).toBe(1);
  expect(slot.pool).toBe("slow");
  expect(limits.hasSlot("quick")).toBe(true);
});

test("a parked attempt is reported as slow once, after one second", () => {
  const limits = new ConcurrencyLimits(2);
  let reports = 0;
  const onLate = (): void => void (reports += 1);
  const slot = take(limits, "quick", { isFirst: true, onLate });
  for (const nowMs of [500, 1000]) limits.moveLate(nowMs);
  expect(slot).toMatchObject({ pool: "parked", isLate: false });
  for (const nowMs of [1001, 5000]) limits.moveLate(nowMs);
  expect(slot).toMatchObject({ pool: "parked", isLate: true });
  expect(reports).toBe(1);
});

test.for([0, 200, 500, 5000])("a slot released after %d ms is free again, regardless of its pool", (nowMs) => {
  for (const pace of ["quick", "unknown", "slow"] as const) {
    for (const isFirst of [true, false]) {
      const limits = new ConcurrencyLimits(2);
      const slot = take(limits, pace, { isFirst });
      limits.moveLate(nowMs);
      limits.release(slot);
      limits.moveLate(60_000);
      expect(limits.inFlight).toBe(0);
      expect(limits.hasSlot("unknown")).toBe(true);
      expect([takeAll(limits, "quick"), takeAll(limits, "slow")]).toEqual([1, 1]);
    }
  }
});

test("a slot released while its late attempt waited for a slow slot is free again", () => {
  const limits = new ConcurrencyLimits(2);
  const [slow, late] = [take(limits, "slow"), take(limits, "quick")];
  limits.moveLate(1001);
  for (const slot of [late, slow]) limits.release(slot);
  limits.moveLate(60_000);
  expect([takeAll(limits, "quick"), takeAll(limits, "slow")]).toEqual([1, 1]);
});

test("first attempts that were parked and have ended leave no more slots than before to others", () => {
  const limits = new ConcurrencyLimits(16);
  const first = Array.from({ length: 4 }, () => take(limits, "unknown", { isFirst: true }));
  limits.moveLate(201);
  for (const slot of first) limits.release(slot);
  expect(takeAll(limits, "unknown")).toBe(4);
});

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

test("a new lane has a window of one delivery and an unknown pace", () => {
  expect(new AdaptiveWindow(200)).toMatchObject({ size: 1, pace: "unknown" });
});

test("quick responses widen the window up to its maximum", () => {
  expect(learn(new AdaptiveWindow(5), answer(3), 10)).toMatchObject({ size: 5, pace: "quick" });
});

test("each timeout halves a window, so that eight reduce one of 200 to one", () => {
  const window = learn(new AdaptiveWindow(200), answer(3), 300);
  expect([learn(window, hang, 1).size, learn(window, hang, 1).size]).toEqual([100, 50]);
  expect(learn(window, hang, 6)).toMatchObject({ size: 1, pace: "slow" });
});

test("one timeout makes a receiver without responses slow, but not one with quick responses", () => {
  expect(learn(new AdaptiveWindow(200), hang, 1).pace).toBe("slow");
  expect(learn(learn(new AdaptiveWindow(200), answer(3), 10), answer(5000), 1).pace).toBe("quick");
});

test("four quick responses make a receiver quick after any number of timeouts", () => {
  const window = learn(new AdaptiveWindow(200), hang, 1000);
  expect(learn(window, answer(3), 3).pace).toBe("slow");
  expect(learn(window, answer(3), 1).pace).toBe("quick");
});

test("a slowly responding receiver has a window of more than one and at most an eighth", () => {
  const window = learn(new AdaptiveWindow(80), answer(2000), 3);
  expect(window.size).toBe(2);
  expect(learn(window, answer(2000), 1000).size).toBe(10);
  expect(learn(learn(new AdaptiveWindow(80), answer(3), 100), answer(2000), 15).size).toBe(10);
});

test("a receiver that becomes slow halves its window with each response, down to an eighth", () => {
  const window = learn(new AdaptiveWindow(80), answer(3), 100);
  const sizes = Array.from({ length: 9 }, () => learn(window, answer(2000), 1).size);
  expect(sizes).toEqual([80, 80, 80, 80, 80, 40, 20, 10, 10]);
});

test("one slow response among quick ones does not narrow the window", () => {
  const window = learn(new AdaptiveWindow(80), answer(3), 100);
  expect(learn(window, answer(2000), 1).size).toBe(80);
});

test("a response with status 500 widens the window", () => {
  const window = new AdaptiveWindow(200);
  window.learn({ kind: "answered", status: 500, headers: {}, body: new Uint8Array(), latencyMs: 3 });
  expect(window.size).toBe(2);
});

/** Returns the times of allowed sends, if one is requested at each of these times. */
const sendsOf = (limit: RateLimit, requestedMs: readonly number[]): readonly number[] =>
  requestedMs.filter((nowMs) => {
    if (!limit.allows(nowMs)) return false;
    limit.record(nowMs);
    return true;
  });

const everyMs = (ms: number): readonly number[] => Array.from({ length: ms + 1 }, (_, nowMs) => nowMs);

/** Returns the most sends in any second that begins with a send: no other second contains more. */
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

test("no second contains more sends than the limit, regardless of its start and the request times", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), times, (perSecond, requestedMs) => {
      expect(busiest(sendsOf(new RateLimit(perSecond, 0, 0), requestedMs))).toBeLessThanOrEqual(perSecond);
    }),
  );
});

test("no second contains more sends than the limit, even if the lane changes owners repeatedly", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      times,
      fc.array(fc.nat(400), { maxLength: 5 }),
      (perSecond, requestedMs, handovers) => {
        const sentMs: number[] = [];
        let limit = new RateLimit(perSecond, 0, 0);
        for (const [index, nowMs] of requestedMs.entries()) {
          if (handovers.includes(index)) limit = new RateLimit(perSecond, nowMs, nowMs + limit.busyMs(nowMs));
          sentMs.push(...sendsOf(limit, [nowMs]));
        }
        expect(busiest(sentMs)).toBeLessThanOrEqual(perSecond);
      },
    ),
  );
});

test("sends count against a new owner for a second, and those of earlier owners until then", () => {
  const limit = new RateLimit(5, 1000, 1500);
  expect([1000, 1200, 1500, 2000].map((nowMs) => limit.busyMs(nowMs))).toEqual([500, 300, 0, 0]);
  limit.record(2000);
  expect([2000, 2400, 3000, 4000].map((nowMs) => limit.busyMs(nowMs))).toEqual([1000, 600, 0, 0]);
});

test("a new owner sends nothing while sends of earlier owners count, and pages show it", () => {
  const limit = new RateLimit(1, 1000, 1500);
  expect([limit.isUsedUp(1499), limit.allows(1499)]).toEqual([true, false]);
  expect([limit.isUsedUp(1500), limit.allows(1500)]).toEqual([false, true]);
  limit.record(1500);
  expect([1500, 2499, 2500].map((nowMs) => limit.isUsedUp(nowMs))).toEqual([true, true, false]);
});

test("sends that started within one millisecond count until the last of them is a second ago", () => {
  const requestedMs = [250, 250.9, 375.9, 500.9, 625.9, 750.9, 875.9, 1000.9, 1250.5, 1251];
  expect(sendsOf(new RateLimit(8, 0, 0), requestedMs)).toEqual(requestedMs.filter((ms) => ms !== 1250.5));
});

test("a lowered limit counts the sends before the change", () => {
  const limit = new RateLimit(40, 0, 0);
  const before = sendsOf(limit, everyMs(990)).length;
  limit.change(10);
  expect(before).toBeGreaterThan(30);
  expect(sendsOf(limit, [995, 999])).toEqual([]);
  const later = everyMs(999).map((ms) => 2000 + ms);
  expect(sendsOf(limit, later)).toHaveLength(10);
});

test.each([1, 7, 100])(
  "a limit of %i per second allows ten times as many sends in ten seconds, plus or minus one",
  (perSecond) => {
    const count = sendsOf(new RateLimit(perSecond, 0, 0), everyMs(10_000)).length;
    expect(count).toBeGreaterThanOrEqual(10 * perSecond - 1);
    expect(count).toBeLessThanOrEqual(10 * perSecond + 1);
  },
);

test("a long idle time allows a burst of a quarter second and no more", () => {
  const silentUntilMs = 3_600_000;
  const requests = Array.from({ length: 100 }, () => silentUntilMs);
  expect(sendsOf(new RateLimit(100, 0, 0), requests)).toHaveLength(25);
});

test("a burst counts in the second that begins with it", () => {
  expect(busiest(sendsOf(new RateLimit(20, 0, 0), everyMs(3000)))).toBe(20);
  const afterIdleTime = everyMs(3000).map((ms) => 10_000 + ms);
  expect(busiest(sendsOf(new RateLimit(20, 0, 0), afterIdleTime))).toBe(20);
});

test("a limit allows a burst each second", () => {
  const limit = new RateLimit(100, 0, 0);
  const bursts = [1, 2, 3, 4, 5, 6, 7, 8].map(
    (second) =>
      sendsOf(
        limit,
        Array.from({ length: 100 }, () => second * 1000),
      ).length,
  );
  expect(bursts).toEqual(Array.from({ length: 8 }, () => 25));
});

test("an endpoint's large response bodies are cut to a KiB once they are too many, until time has passed", () => {
  const { max, perSecond } = diskLimits.keptBodies;
  const kept = new KeptBodies();
  const large = new Uint8Array(64 * 1024).fill(1);
  const lengthAt = (nowMs: number, endpointId = 1): number => kept.cut(endpointId, large, nowMs).byteLength;
  const full = max / large.byteLength;
  expect(Array.from({ length: full }, () => lengthAt(0))).toEqual(Array.from({ length: full }, () => large.byteLength));
  expect(lengthAt(0)).toBe(1024);
  const small = new Uint8Array(1024);
  expect(kept.cut(1, small, 0)).toBe(small);
  expect(lengthAt(0, 2)).toBe(large.byteLength);
  const refillMs = (large.byteLength / perSecond) * 1000;
  expect([lengthAt(refillMs - 1), lengthAt(refillMs), lengthAt(refillMs)]).toEqual([1024, large.byteLength, 1024]);
  const afterDay = Array.from({ length: full + 1 }, () => lengthAt(86_400_000));
  expect([afterDay.slice(0, full).includes(1024), afterDay.at(-1)]).toEqual([false, 1024]);
});
