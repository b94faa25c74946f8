import { expect, test } from "vitest";

import { choicesIn, linesOf } from "./choice-lines.ts";

test("a choice with commas stays one, however often it is edited", () => {
  const choices = ["Bergen, Norway", "Oslo"];
  expect(choicesIn(linesOf(choices))).toEqual(choices);
});

test("empty lines, spaces around and repetitions make no choice", () => {
  expect(choicesIn("\n  Oslo \r\n\nBergen\nOslo\n   \n")).toEqual(["Oslo", "Bergen"]);
});
