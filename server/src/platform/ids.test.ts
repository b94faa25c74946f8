import { expect, test } from "vitest";
import { type NewUuidV7, createUuidV7Generator } from "./ids.ts";

const startMs = Date.parse("2026-03-01T09:00:00Z");
const millisecondsOf = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);
const createIds = (newUuidV7: NewUuidV7, count: number): string[] =>
  Array.from({ length: count }, () => newUuidV7(startMs));

test("a UUIDv7 has the version, the variant and the millisecond of RFC 9562", () => {
  const id = createUuidV7Generator()(startMs);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(millisecondsOf(id)).toBe(startMs);
});

test("UUIDs ascend strictly, even if one millisecond exhausts its counter", () => {
  const ids = createIds(createUuidV7Generator(), 10_000);
  expect(ids).toEqual([...new Set(ids)].toSorted());
  expect(millisecondsOf(ids.at(-1) ?? "")).toBe(startMs + 2);
});

test("UUIDs keep ascending when the clock steps back by up to ten seconds", () => {
  const ids = [startMs, startMs - 1, startMs - 10_000, startMs + 1].map(createUuidV7Generator());
  expect(ids).toEqual(ids.toSorted());
});

test("UUIDs follow a clock that is corrected by more than ten seconds", () => {
  const newUuidV7 = createUuidV7Generator();
  const ahead = newUuidV7(startMs + 86_400_000);
  const corrected = createIds(newUuidV7, 2);
  expect(corrected.map(millisecondsOf)).toEqual([startMs, startMs]);
  expect([...corrected, ahead]).toEqual([...corrected, ahead].toSorted());
});
