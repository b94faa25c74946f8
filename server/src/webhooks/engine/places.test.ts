import { expect, test } from "vitest";
import type { Pace } from "./adaptive-window.ts";
import { Places, type Place } from "./places.ts";

const ignore = (): void => undefined;

/** Takes one, for an endpoint that has been asked before unless said otherwise. */
const take = (places: Places, pace: Pace, { nowMs = 0, isFirst = false, onLate = ignore } = {}): Place =>
  places.take(nowMs, { pace, isFirst, onLate });

/** Takes as many as there is room for; gives how many. */
function takeAll(places: Places, pace: Pace, options: { nowMs?: number; isFirst?: boolean } = {}): number {
  let taken = 0;
  for (; places.hasRoom(pace); taken += 1) take(places, pace, options);
  return taken;
}

/** Takes what there is room for, ten times a second for a minute, and nobody answers. */
function hangForAMinute(places: Places, pace: Pace, isFirst: boolean): void {
  for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
    places.moveSlow(nowMs);
    takeAll(places, pace, { nowMs, isFirst });
  }
}

test("receivers that hang fill one half and leave the other free", () => {
  const places = new Places(16);
  expect(takeAll(places, "quick")).toBe(8);

  places.moveSlow(1001);

  expect(places.hasRoom("slow")).toBe(false);
  expect(takeAll(places, "quick")).toBe(8);
});

test("a first attempt without an answer steps aside after 200 ms, and the next endpoint is tried in its place", () => {
  const places = new Places(16);
  expect(takeAll(places, "unknown", { isFirst: true })).toBe(2);
  places.moveSlow(200);
  expect(places.hasRoom("unknown")).toBe(false);

  places.moveSlow(201);
  expect(takeAll(places, "unknown", { nowMs: 201, isFirst: true })).toBe(2);
  expect(places.inFlight).toBe(4);
});

test("first attempts that hang, four to a place, leave both halves free", () => {
  const places = new Places(16);
  for (let endpoint = 0; endpoint < 4 * 16; endpoint += 1) {
    take(places, endpoint % 2 === 0 ? "quick" : "unknown", { nowMs: endpoint * 201, isFirst: true });
    places.moveSlow((endpoint + 1) * 201);
  }
  places.moveSlow(60_000);
  expect(places.inFlight).toBe(64);
  expect(takeAll(places, "slow")).toBe(4);
  expect(takeAll(places, "quick", { nowMs: 60_000 })).toBe(8);
});

test("however many endpoints that were never asked before hang, three quarters of the quick half are free", () => {
  const places = new Places(16);
  hangForAMinute(places, "unknown", true);
  expect(places.inFlight).toBe(4 * 16 + 8 + 2);
  expect(takeAll(places, "quick")).toBe(6);
});

test("who has been asked before does not step aside", () => {
  const places = new Places(16);
  hangForAMinute(places, "unknown", false);
  expect(places.inFlight).toBe(8 + 2);
});

test("who is known to be slow leaves room for those that turn out to be", () => {
  const places = new Places(16);
  expect(takeAll(places, "slow")).toBe(4);
  takeAll(places, "quick");
  places.moveSlow(1001);
  expect(takeAll(places, "quick")).toBe(4);
});

test("an attempt that turns out to be slow says so once, whether the slow half has room or not", () => {
  const places = new Places(2);
  let told = 0;
  const onLate = (): void => void (told += 1);
  const slow = take(places, "slow");
  const place = take(places, "quick", { onLate });
  places.moveSlow(1000);
  expect(told).toBe(0);
  places.moveSlow(1001);
  expect(told).toBe(1);
  expect(places.hasRoom("quick")).toBe(false);

  places.give(slow);
  places.moveSlow(2000);
  expect(told).toBe(1);
  expect(place.room).toBe("slow");
  expect(places.hasRoom("quick")).toBe(true);
});

test("an attempt that stepped aside says after a second that it is slow, once", () => {
  const places = new Places(2);
  let told = 0;
  const onLate = (): void => void (told += 1);
  const place = take(places, "quick", { isFirst: true, onLate });
  for (const nowMs of [500, 1000]) places.moveSlow(nowMs);
  expect(place).toMatchObject({ room: "aside", isLate: false });
  for (const nowMs of [1001, 5000]) places.moveSlow(nowMs);
  expect(place).toMatchObject({ room: "aside", isLate: true });
  expect(told).toBe(1);
});

test.for([0, 200, 500, 5000])(
  "a place that is given back after %d ms can be taken again, wherever it ended",
  (nowMs) => {
    const places = new Places(2);
    for (const pace of ["quick", "unknown", "slow"] as const) {
      for (const isFirst of [true, false]) {
        const place = take(places, pace, { isFirst });
        places.moveSlow(nowMs);
        places.give(place);
        places.moveSlow(60_000);
        expect(places.inFlight).toBe(0);
        expect([places.hasRoom("quick"), places.hasRoom("unknown"), places.hasRoom("slow")]).toEqual([
          true,
          true,
          true,
        ]);
      }
    }
  },
);
