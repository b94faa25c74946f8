import { expect, test } from "vitest";
import { findTypeErrors, methodsOf, splitExtension } from "./serve-operations.ts";
import { Type } from "typebox";

test.each([
  ["/accounts/{id}", ["PUT", "PATCH"]],
  ["/webhooks", ["PUT", "PATCH"]],
  ["/accounts/{id}/credit_card", ["PUT", "PATCH"]],
  ["/users/{id}/permissions", ["PUT", "PATCH"]],
  ["/accounts/{id}/approve", ["PUT"]],
  ["/services/{service_id}/application_plans/{id}/default", ["PUT"]],
])("%s accepts %j", (path, methods) => {
  expect(methodsOf({ method: "PUT", path })).toEqual(methods);
});

test.each([
  ["secret", { key: "secret" }],
  ["secret.xml", { key: "secret", extension: "xml" }],
  ["a.b.json", { key: "a.b", extension: "json" }],
  ["a.xml.xml", { key: "a.xml", extension: "xml" }],
  ["a.yaml", { key: "a.yaml" }],
  [".xml", { key: ".xml" }],
])("%s in a path is split into %j", (key, read) => {
  expect(splitExtension({ key }, "key")).toEqual(read);
});

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
