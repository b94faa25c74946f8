import { expect, test } from "vitest";
import { nestFields, parsePage } from "./parameters.ts";
import { processorMsOf } from "../../../test/support/processor-ms.ts";

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
