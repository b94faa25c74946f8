import fc from "fast-check";
import { expect, test } from "vitest";
import { indentJson } from "./document.ts";

test("JSON is indented like JSON.stringify with two spaces", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
      expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

test("indented JSON keeps the notation of numbers and keys", () => {
  const text = '{"id":12345678901234567890,"price":1.50,"twice":1,"twice":2,"letter":"\\u00e4"}';
  expect(indentJson(text)?.replace(/\s/g, "")).toBe(text);
});

test.each(["", "<a/>", "hello=world", '{"a":', "{a:1}"])("the text %o is not JSON and is not indented", (text) => {
  expect(indentJson(text)).toBeUndefined();
});

test("deeply nested JSON is not indented, because the indentation would grow with the square of its depth", () => {
  expect(indentJson("[".repeat(50) + "]".repeat(50))).toBeDefined();
  expect(indentJson("[".repeat(10_000) + "]".repeat(10_000))).toBeUndefined();
});
