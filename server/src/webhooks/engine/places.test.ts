import { expect, test } from "vitest";
import type { Pace } from "./adaptive-window.ts";
import { Places } from "./places.ts";

const ignore = (): void => undefined;

/** Takes as many as there is room for; gives how many. */
function takeAll(places: Places, pace: Pace, nowMs = 0): number {
  let taken = 0;
  for (; places.hasRoom(pace); taken += 1) places.take(nowMs, pace, ignore);
  return taken;
}

test("receivers that hang fill one half and leave the other free", () => {
  const places = new Places(16);
  expect(takeAll(places, "quick")).toBe(8);

  places.moveSlow(1001);

  expect(places.hasRoom("slow")).toBe(false);
  expect(takeAll(places, "quick")).toBe(8);
});

test("receivers that were never asked before and hang leave three quarters of the quick half free", () => {
  const places = new Places(16);
  for (let second = 0; second < 60; second += 1) {
    takeAll(places, "unknown", second * 1001);
    places.moveSlow(second * 1001 + 1001);
  }
  expect(places.inFlight).toBe(10);
  expect(takeAll(places, "quick")).toBe(6);
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
  const slow = places.take(0, "slow", ignore);
  const place = places.take(0, "quick", () => (told += 1));
  places.moveSlow(1000);
  expect(told).toBe(0);
  places.moveSlow(1001);
  expect(told).toBe(1);
  expect(places.hasRoom("quick")).toBe(false);

  places.give(slow);
  places.moveSlow(2000);
  expect(told).toBe(1);
  expect(place.isSlow).toBe(true);
  expect(places.hasRoom("quick")).toBe(true);
});

test("a place that was given back can be taken again, in whichever half it ended", () => {
  const places = new Places(2);
  for (const pace of ["quick", "unknown", "slow"] as const) {
    const place = places.take(0, pace, ignore);
    places.moveSlow(5000);
    places.give(place);
    expect(places.inFlight).toBe(0);
    expect([places.hasRoom("quick"), places.hasRoom("unknown"), places.hasRoom("slow")]).toEqual([true, true, true]);
  }
});
