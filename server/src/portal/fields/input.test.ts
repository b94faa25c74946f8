import { expect, test } from "vitest";
import { parseAnnotations } from "./input.ts";

test("omitted annotations stay, emptied ones are deleted", () => {
  const { annotations, errors } = parseAnnotations({ tier: "1" }, { tier: "", managed_by: "operator" });
  expect([annotations, errors]).toEqual([{ managed_by: "operator" }, {}]);
  expect(parseAnnotations({ tier: "1" }, undefined).annotations).toEqual({ tier: "1" });
});

test("a name unknown to 3scale is refused", () => {
  for (const name of ["tier", "1st <b>", "", "__proto__", "constructor"]) {
    const { annotations, errors } = parseAnnotations({}, JSON.parse(JSON.stringify({ [name]: "x" })));
    expect([name, annotations, errors]).toEqual([name, {}, { "annotations.name": ["is not included in the list"] }]);
  }
});

test.each([
  ["a value that XML cannot hold", { managed_by: "\u0001" }, ["managed_by contains characters that are not allowed"]],
  ["a value that is no text", { managed_by: { a: 1 } }, ["managed_by is invalid"]],
  ["a value that is too long", { managed_by: "x".repeat(256) }, ["managed_by is too long (maximum is 255 characters)"]],
  ["something else altogether", ["managed_by"], ["is invalid"]],
])("refused: %s", (_what, input, expected) => {
  expect(parseAnnotations({}, input)).toEqual({ annotations: {}, errors: { annotations: expected } });
});
