import { expect, test } from "vitest";
import { readAnnotations } from "./read-annotations.ts";

test("what is not named stays, what is emptied goes", () => {
  const { annotations, errors } = readAnnotations({ managed_by: "operator", tier: "1" }, { tier: "", region: "emea" });
  expect([annotations, errors]).toEqual([{ managed_by: "operator", region: "emea" }, {}]);
  expect(readAnnotations({ tier: "1" }, undefined).annotations).toEqual({ tier: "1" });
});

test.each([
  ["a name that cannot be an element's", { "1st <b>": "x" }, ['name "1st <b>" is invalid']],
  ["a value that XML cannot hold", { tier: "\u0001" }, ["tier contains characters that are not allowed"]],
  ["a value that is no text", { tier: { a: 1 } }, ["tier is invalid"]],
  ["a value that is too long", { tier: "x".repeat(256) }, ["tier is too long (maximum is 255 characters)"]],
  ["a name that is too long", { ["x".repeat(256)]: "x" }, ["has a name that is too long (maximum is 255 characters)"]],
  ["something else altogether", ["tier"], ["is invalid"]],
])("refused: %s", (_what, input, expected) => {
  expect(readAnnotations({}, input)).toEqual({ annotations: {}, errors: { annotations: expected } });
});
