import { expect, test } from "vitest";
import { readTime } from "./read-time.ts";

test.each(["0001-01-01T00:00:00Z", "2026-03-01T09:00:00+01:00", "9999-12-31T23:59:59.999Z"])(
  "%s is a moment, and PostgreSQL can read how it is written",
  (text) => {
    expect(readTime(text)?.toISOString()).toMatch(/^\d{4}-/);
  },
);

test.each([
  "",
  "tomorrow",
  "2026-02-30T00:00:61Z",
  "0000-12-31T23:59:59Z",
  "0001-01-01T00:00:00+00:01",
  "9999-12-31T23:59:59-00:01",
  "+010000-01-01T00:00:00Z",
  "-000001-01-01T00:00:00Z",
])("%j is no moment", (text) => {
  expect(readTime(text)).toBeUndefined();
});
