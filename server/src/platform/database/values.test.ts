import { expect, test } from "vitest";
import { serializeValue } from "./values.ts";

test.each([
  ["nothing", undefined, null],
  ["null", null, null],
  ["text as it is", `a "b" \\ {c}`, `a "b" \\ {c}`],
  ["a number", -1.5, "-1.5"],
  ["a boolean", false, "false"],
  ["a moment, in UTC", new Date("2026-03-01T12:00:00.123Z"), "2026-03-01T12:00:00.123Z"],
  ["an object as JSON", { a: [1, "b"] }, '{"a":[1,"b"]}'],
  ["an empty array", [], "{}"],
  ["numbers without quotes", [1, null, 3], "{1,NULL,3}"],
  ["text that looks like null, is empty, or has quotes", ["NULL", "", `"\\,{}`], `{"NULL","","\\"\\\\,{}"}`],
  ["arrays in arrays", [[1], ["a"]], `{{1},{"a"}}`],
  ["objects in an array", [{ a: '"' }], String.raw`{"{\"a\":\"\\\"\"}"}`],
  ["bytes in an array", [Buffer.from("hi")], String.raw`{"\\x6869"}`],
] as const)("%s is written as PostgreSQL reads it", (_what, value, written) => {
  expect(serializeValue(value)).toBe(written);
});

test("bytes go as they are, and only those that are meant", () => {
  expect(serializeValue(new Uint8Array([0, 1, 2, 3]).subarray(1, 3))).toEqual(Buffer.from([1, 2]));
});

test("a moment that is none is refused", () => {
  expect(() => serializeValue(new Date(Number.NaN))).toThrow(RangeError);
});

test("what PostgreSQL has no value for is refused", () => {
  expect(() => serializeValue(() => 1)).toThrow("PostgreSQL has no value for a function.");
});
