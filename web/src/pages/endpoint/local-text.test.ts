import { expect, test } from "vitest";

import { isTime, localText } from "./local-text.ts";

test("a moment is written so that reading it gives the same second, in any time zone", () => {
  const at = new Date("2026-03-01T09:07:05.999Z");
  expect(localText(at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:05$/);
  expect(new Date(localText(at)).toISOString()).toBe("2026-03-01T09:07:05.000Z");
});

test("what is not typed to its end is no time", () => {
  expect(isTime("2026-03-01T09:07:05")).toBe(true);
  expect(isTime("")).toBe(false);
  expect(isTime("tomorrow")).toBe(false);
});
