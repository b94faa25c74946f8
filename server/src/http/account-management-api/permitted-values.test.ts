import { Type } from "typebox";
import { expect, test } from "vitest";
import { findTypeErrors } from "./permitted-values.ts";

const schema = Type.Object({
  name: Type.String(),
  plan_id: Type.Integer(),
  cost: Type.Number(),
  choices: Type.Array(Type.String()),
  address: Type.Object({}),
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["texts of a form", { name: "x", plan_id: "7", cost: "12.5", choices: ["a"] }],
  ["values of JSON", { name: 1, plan_id: 7, cost: -2, choices: ["a", 1], address: { city: "x" } }],
  ["nothing", {}],
  ["what empties", { name: null, cost: null, choices: "" }],
  ["what nobody asked for", { other: { any: "thing" } }],
  ["an id of nothing", { plan_id: "none" }],
])("no type error: %s", (_what, values) => {
  expect(findTypeErrors(values, schema)).toEqual({});
});

test.each<[string, Readonly<Record<string, unknown>>, object]>([
  ["an object as a text", { name: { $ne: "" } }, { name: ["is invalid"] }],
  ["a list as a text", { name: ["a"] }, { name: ["is invalid"] }],
  ["a word as a number", { cost: "much" }, { cost: ["is not a number"] }],
  ["a number without an end", { cost: "1e999" }, { cost: ["is not a number"] }],
  ["objects in a list", { choices: [{}] }, { choices: ["is invalid"] }],
])("a type error by field: %s", (_what, values, errors) => {
  expect(findTypeErrors(values, schema)).toEqual(errors);
});
