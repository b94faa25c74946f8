import { expect, test } from "vitest";
import { serializeValue } from "./values.ts";

test.each([
  ["undefined", undefined, null],
  ["null", null, null],
  ["text", `a "b" \\ {c}`, `a "b" \\ {c}`],
  ["a number", -1.5, "-1.5"],
  ["a boolean", false, "false"],
  ["a time in UTC", new Date("2026-03-01T12:00:00.123Z"), "2026-03-01T12:00:00.123Z"],
  ["an object", { a: [1, "b"] }, '{"a":[1,"b"]}'],
  ["an empty array", [], "{}"],
  ["an array of numbers", [1, null, 3], "{1,NULL,3}"],
  ["text that is empty, reads NULL or contains quotes", ["NULL", "", `"\\,{}`], `{"NULL","","\\"\\\\,{}"}`],
  ["a nested array", [[1], ["a"]], `{{1},{"a"}}`],
  ["an array of objects", [{ a: '"' }], String.raw`{"{\"a\":\"\\\"\"}"}`],
  ["an array of bytes", [Buffer.from("hi")], String.raw`{"\\x6869"}`],
] as const)("%s is serialized in PostgreSQL's format", (_name, value, written) => {
  expect(serializeValue(value)).toBe(written);
});

test("a view of bytes is sent unchanged, without the bytes around it", () => {
  expect(serializeValue(new Uint8Array([0, 1, 2, 3]).subarray(1, 3))).toEqual(Buffer.from([1, 2]));
});

test("an invalid date is refused", () => {
  expect(() => serializeValue(new Date(Number.NaN))).toThrow(RangeError);
});

test("a value without a PostgreSQL equivalent is refused", () => {
  expect(() => serializeValue(() => 1)).toThrow("PostgreSQL has no value for a function.");
});
