import { expect, test } from "vitest";
import { newUuidV7 } from "./ids.ts";

const startMs = Date.parse("2026-03-01T09:00:00Z");
const millisecondsOf = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);
const make = (nowMs: number, count: number): string[] => Array.from({ length: count }, () => newUuidV7(nowMs));

test("an id has the version, the variant and the millisecond of RFC 9562", () => {
  newUuidV7(0); // far back, so that nothing is remembered of other tests
  const id = newUuidV7(startMs);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(millisecondsOf(id)).toBe(startMs);
});

test("ids rise strictly, also when a millisecond has more than its counter can tell apart", () => {
  newUuidV7(0);
  const ids = make(startMs, 10_000);
  expect(ids).toEqual([...new Set(ids)].toSorted());
  expect(millisecondsOf(ids.at(-1) ?? "")).toBe(startMs + 2);
});

test("ids rise on when the clock steps back by up to ten seconds", () => {
  newUuidV7(0);
  const ids = [startMs, startMs - 1, startMs - 10_000, startMs + 1].map(newUuidV7);
  expect(ids).toEqual(ids.toSorted());
});

test("a clock that was ahead and is set right is followed", () => {
  const ahead = newUuidV7(startMs + 86_400_000);
  const right = make(startMs, 2);
  expect(right.map(millisecondsOf)).toEqual([startMs, startMs]);
  expect([...right, ahead]).toEqual([...right, ahead].toSorted());
});
