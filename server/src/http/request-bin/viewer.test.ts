import fc from "fast-check";
import { expect, test } from "vitest";
import { indentJson } from "./viewer.ts";

test("JSON is written as JSON.stringify would, whatever it holds", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
      expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

test("numbers and keys stay as they were written", () => {
  const text = '{"id":12345678901234567890,"price":1.50,"twice":1,"twice":2,"letter":"\\u00e4"}';
  expect(indentJson(text)?.replace(/\s/g, "")).toBe(text);
});

test.each(["", "<a/>", "hello=world", '{"a":', "{a:1}"])("%o is no JSON", (text) => {
  expect(indentJson(text)).toBeUndefined();
});

test("a stranger who sends brackets in brackets is not given their square in spaces", () => {
  expect(indentJson("[".repeat(50) + "]".repeat(50))).toBeDefined();
  expect(indentJson("[".repeat(10_000) + "]".repeat(10_000))).toBeUndefined();
});
