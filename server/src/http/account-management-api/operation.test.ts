import { expect, test } from "vitest";
import { Type } from "typebox";
import { findTypeErrors, methodsOf, splitExtension } from "./operation.ts";

test.each([
  ["/accounts/{id}", ["PUT", "PATCH"]],
  ["/webhooks", ["PUT", "PATCH"]],
  ["/accounts/{id}/credit_card", ["PUT", "PATCH"]],
  ["/users/{id}/permissions", ["PUT", "PATCH"]],
  ["/accounts/{id}/approve", ["PUT"]],
  ["/services/{service_id}/application_plans/{id}/default", ["PUT"]],
])("the path %s accepts the methods %j", (path, methods) => {
  expect(methodsOf({ method: "PUT", path })).toEqual(methods);
});

test.each([
  ["secret", { key: "secret" }],
  ["secret.xml", { key: "secret", extension: "xml" }],
  ["a.b.json", { key: "a.b", extension: "json" }],
  ["a.xml.xml", { key: "a.xml", extension: "xml" }],
  ["a.yaml", { key: "a.yaml" }],
  [".xml", { key: ".xml" }],
])("the path parameter %s is split into %j", (key, read) => {
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
  ["form values", { name: "x", plan_id: "7", cost: "12.5", choices: ["a"] }],
  ["JSON values", { name: 1, plan_id: 7, cost: -2, choices: ["a", 1], address: { city: "x" } }],
  ["no values", {}],
  ["empty values", { name: null, cost: null, choices: "" }],
  ["unknown parameters", { other: { any: "thing" } }],
  ["a non-numeric id", { plan_id: "none" }],
])("the type check accepts %s", (_kind, values) => {
  expect(findTypeErrors(values, schema)).toEqual({});
});

test.each<[string, Readonly<Record<string, unknown>>, object]>([
  ["an object for a text", { name: { $ne: "" } }, { name: ["is invalid"] }],
  ["a list for a text", { name: ["a"] }, { name: ["is invalid"] }],
  ["a word for a number", { cost: "much" }, { cost: ["is not a number"] }],
  ["an infinite number", { cost: "1e999" }, { cost: ["is not a number"] }],
  ["objects in a list", { choices: [{}] }, { choices: ["is invalid"] }],
])("the type check reports the field of %s", (_kind, values, errors) => {
  expect(findTypeErrors(values, schema)).toEqual(errors);
});
