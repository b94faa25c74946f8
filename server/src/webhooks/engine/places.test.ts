import { expect, test } from "vitest";
import { Places } from "./places.ts";

const ignore = (): void => undefined;

test("receivers that hang fill one half and leave the other free", () => {
  const places = new Places(10);
  for (let taken = 0; taken < 5; taken += 1) places.take(0, false, ignore);
  expect(places.hasRoom(false)).toBe(false);

  places.moveSlow(1001);

  expect(places.hasRoom(false)).toBe(true);
  expect(places.hasRoom(true)).toBe(false);
});

test("an attempt that turns out to be slow says so to its lane, once", () => {
  const places = new Places(10);
  let told = 0;
  places.take(0, false, () => (told += 1));
  places.moveSlow(1000);
  expect(told).toBe(0);
  places.moveSlow(1001);
  places.moveSlow(2000);
  expect(told).toBe(1);
});

test("a place that was given back can be taken again, in whichever half it ended", () => {
  const places = new Places(2);
  const place = places.take(0, false, ignore);
  places.moveSlow(5000);
  places.give(place);
  expect(places.inFlight).toBe(0);
  expect(places.hasRoom(true)).toBe(true);
});
