import { expect, test } from "vitest";
import { parseAnnotations, parseBoolean } from "./input.ts";

test("omitted annotations are kept, and emptied ones deleted", () => {
  const { annotations, errors } = parseAnnotations({ tier: "1" }, { tier: "", managed_by: "operator" });
  expect([annotations, errors]).toEqual([{ managed_by: "operator" }, {}]);
  expect(parseAnnotations({ tier: "1" }, undefined).annotations).toEqual({ tier: "1" });
});

test("an annotation name unknown to 3scale is refused", () => {
  for (const name of ["tier", "1st <b>", "", "__proto__", "constructor"]) {
    const { annotations, errors } = parseAnnotations({}, JSON.parse(JSON.stringify({ [name]: "x" })));
    expect([name, annotations, errors]).toEqual([name, {}, { "annotations.name": ["is not included in the list"] }]);
  }
});

test.each([
  [
    "an annotation that XML cannot contain",
    { managed_by: "\u0001" },
    ["managed_by contains characters that are not allowed"],
  ],
  ["an annotation that is not text", { managed_by: { a: 1 } }, ["managed_by is invalid"]],
  [
    "an annotation longer than 255 characters",
    { managed_by: "x".repeat(256) },
    ["managed_by is too long (maximum is 255 characters)"],
  ],
  ["a list instead of annotations", ["managed_by"], ["is invalid"]],
])("%s is refused", (_defect, input, expected) => {
  expect(parseAnnotations({}, input)).toEqual({ annotations: {}, errors: { annotations: expected } });
});

test("a switch is read in any case and in one letter, and other words are refused", () => {
  const parse = (value: unknown) => parseBoolean({ value }, "value");
  for (const text of ["True", "TRUE", "t", "T", "On"]) expect([text, parse(text).value]).toEqual([text, true]);
  for (const text of ["False", "FALSE", "f", "F", "OFF"]) expect([text, parse(text).value]).toEqual([text, false]);
  for (const text of ["maybe", "truely", "2"]) expect([text, parse(text).wrong]).toEqual([text, ["is invalid"]]);
});
