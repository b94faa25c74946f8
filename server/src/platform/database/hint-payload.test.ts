import { expect, test } from "vitest";
import { readHints, writeHints } from "./hint-payload.ts";

test("hints are read as they were written", () => {
  const left = new Map([
    ["due", new Set(["1", "2"])],
    ["endpoints", new Set(["3"])],
  ]);
  expect(readHints(writeHints("a process", left))).toEqual({
    from: "a process",
    hints: new Map([
      ["due", ["1", "2"]],
      ["endpoints", ["3"]],
    ]),
  });
});

test("what PostgreSQL would refuse for its length is said without values: look everywhere", () => {
  const many = new Set(Array.from({ length: 2000 }, (_, index) => String(index)));
  const payload = writeHints("a process", new Map([["due", many]]));
  expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  expect(readHints(payload)?.hints).toEqual(new Map([["due", []]]));
});

test.each(["", "no JSON", "{}", "[]", "[1]", "null"])("%j from somebody else is no hint", (payload) => {
  expect(readHints(payload)).toBeUndefined();
});

test("lists from somebody else that are none are passed over", () => {
  expect(readHints('["x", null, [], [1], ["due", 2, "3"]]')).toEqual({ from: "x", hints: new Map([["due", ["3"]]]) });
});
