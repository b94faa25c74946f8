import { expect, test } from "vitest";
import { Type } from "typebox";
import { findTypeErrors, methodsOf, splitExtension, nestFields, parsePage } from "./operation.ts";
import { processorMsOf } from "../../../test/support/processor-ms.ts";

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

test("an update that is documented as PATCH accepts PUT, too", () => {
  expect(methodsOf({ method: "PATCH", path: "/personal/notification_preferences" })).toEqual(["PATCH", "PUT"]);
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
  id: Type.Integer(),
  choices: Type.Array(Type.String()),
  address: Type.Object({}),
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["form values", { name: "x", plan_id: "7", cost: "12.5", choices: ["a"] }],
  ["a number without digits before its point", { cost: ".5" }],
  ["JSON values", { name: 1, plan_id: 7, cost: -2, choices: ["a", 1], address: { city: "x" } }],
  ["an id as from September 2027 on", { id: 1_000_000_000_000_123 }],
  ["the largest integer", { id: "9007199254740991" }],
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
  ["an integer that no number keeps", { id: "9007199254740993" }, { id: ["is not a number"] }],
  ["an infinite number", { cost: "1e999" }, { cost: ["is not a number"] }],
  ["objects in a list", { choices: [{}] }, { choices: ["is invalid"] }],
])("the type check reports the field of %s", (_kind, values, errors) => {
  expect(findTypeErrors(values, schema)).toEqual(errors);
});

const nested = (form: string): unknown => nestFields(new URLSearchParams(form));

test.each([
  ["a=1&b=", { a: "1", b: "" }],
  ["a=1&a=2", { a: "2" }],
  ["web_hook[url]=http%3A%2F%2Fx&web_hook[active]=1", { web_hook: { url: "http://x", active: "1" } }],
  ["skills[]=c&skills[]=go", { skills: ["c", "go"] }],
  ["a[b][c]=1&a[b][d]=2", { a: { b: { c: "1", d: "2" } } }],
  ["a=1&a[b]=2", { a: { b: "2" } }],
  ["a[=1&]b=2", { "a[": "1", "]b": "2" }],
  ["a[b][c][d][e]=1", { "a[b][c][d][e]": "1" }],
])("the form %s is nested", (form, expected) => {
  expect(nested(form)).toEqual(expected);
});

test("form fields cannot set a prototype", () => {
  nested("__proto__[polluted]=1&a[__proto__][polluted]=1&a[constructor][prototype][polluted]=1");

  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test.each(["a[]", "choices"])("a form that repeats a field 150,000 times is parsed in linear time: %s", (name) => {
  const fields = Array.from({ length: 150_000 }, (_, at) => [name, String(at)] as const);
  expect(Object.values(nestFields(fields))).toMatchObject([{ length: 150_000, 149_999: "149999" }]);
  expect(processorMsOf(() => nestFields(fields))).toBeLessThan(5000);
});

test("page and per_page are parsed", () => {
  expect(parsePage({ page: "3", per_page: "20" })).toEqual({ page: 3, limit: 20, offset: 40 });
});

const texts = ["0", "-1", "1.5", "x", "", "501e9", "1e400", "9".repeat(40)];
const nonsense: readonly unknown[] = [...texts, null, undefined, true, [], ["2", "3"], {}, { toString: "" }];

test("an invalid page and an invalid size count as absent", () => {
  for (const text of nonsense) {
    expect([text, parsePage({ page: text, per_page: text })]).toEqual([text, { page: 1, limit: 500, offset: 0 }]);
  }
});
