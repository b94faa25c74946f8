import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8 } from "./decode-utf8.ts";
import { Problem } from "./problem.ts";
import { readPairs } from "./read-pairs.ts";

test("what a browser's form says is read as it was typed", () => {
  const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
  const typed = fc
    .string({ unit: fc.oneof(character, fc.constantFrom("%", "&", "=", "+", " ", "4")) })
    .map((text) => text.toWellFormed());
  fc.assert(
    fc.property(fc.array(fc.tuple(typed, typed)), (pairs) => {
      expect(readPairs(new URLSearchParams(pairs).toString())).toEqual(pairs);
    }),
  );
});

test.each([
  ["", []],
  ["a", [["a", ""]]],
  [
    "a=b=c&&=d",
    [
      ["a", "b=c"],
      ["", "d"],
    ],
  ],
  [
    "a=100%&b=%zz%4",
    [
      ["a", "100%"],
      ["b", "%zz%4"],
    ],
  ],
  ["a=%2525+%2B", [["a", "%25 +"]]],
  [
    "a[]=1&a[]=2",
    [
      ["a[]", "1"],
      ["a[]", "2"],
    ],
  ],
] as const)("%j is read as %j", (text, pairs) => {
  expect(readPairs(text)).toEqual(pairs);
});

test.each(["a=%ff", "%c3=a", "a=%ed%a0%80", "a=%c0%80", "a=%f4%90%80%80", "a=%e2%82"])(
  "bytes that are no text are refused: %s",
  (text) => {
    expect(() => readPairs(text)).toThrow(Problem);
    const bytes = Buffer.from(Array.from(text.matchAll(/%(..)/g), ([, it = ""]) => it).join(""), "hex");
    expect(() => decodeUtf8(bytes)).toThrow(Problem);
  },
);
