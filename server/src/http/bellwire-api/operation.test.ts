import { type TSchema, Type } from "typebox";
import { expect, test } from "vitest";
import { deliveryFilterFields, parseMoment } from "#webhooks/search/index.ts";
import { compileValidator } from "./operation.ts";

function messagesOf(schema: TSchema, input: unknown, httpPart: "body" | "querystring"): readonly unknown[] {
  const result = compileValidator({ schema, httpPart, method: "POST", url: "/" })(input);
  if (typeof result !== "object" || !("error" in result) || !Array.isArray(result.error)) return [];
  return result.error.map(({ message }) => message);
}

const query = Type.Object(deliveryFilterFields);

test.each([
  ["status", "abc", "`500`, `5xx`, or `400-499`"],
  ["event_type", "account", "`account.*` for all of accounts"],
  ["actor", "nobody", "`developer:21`"],
])("a wrong %s is explained by the description of the parameter, without a regular expression", (name, value, text) => {
  const [message = "", ...more] = messagesOf(query, { [name]: value }, "querystring");
  expect(message).toMatch(/^is not valid\. /);
  expect(message).toContain(text);
  expect(message).not.toContain("^");
  expect(more).toEqual([]);
});

test("a field without a description is not explained by that of its object", () => {
  const schema = Type.Object({
    inner: Type.Object({ code: Type.String({ pattern: "^a$" }) }, { description: "An object." }),
  });
  expect(messagesOf(schema, { inner: { code: "b" } }, "body")).toEqual(['must match pattern "^a$"']);
});

const times = Type.Object({ until: Type.String({ format: "date-time" }) });

test.each([
  ["2026-03-01T09:00:00.5+0100", "2026-03-01T09:00:00.5+01:00"], // strftime's %z, which generated clients use
  ["2026-03-01T09:00:00-0530", "2026-03-01T09:00:00-05:30"],
  ["2026-03-01T09:00:00 01:00", "2026-03-01T09:00:00+01:00"], // an unescaped "+"
])("a query may contain the time %s", (written, until) => {
  const validate = compileValidator({ schema: times, httpPart: "querystring", method: "GET", url: "/" });
  expect(validate({ until: written })).toEqual({ value: { until } });
  expect(parseMoment(written, new Date())).toEqual(new Date(until)); // of a filter, which may also be a span
});

test.each(["2026-03-01T09:00:00", "2026-03-01 0100", "2026-03-01T09:00:00+2500", "2026-03-01T09:00:00+1"])(
  "a query may not contain the time %s",
  (until) => {
    expect(messagesOf(times, { until }, "querystring")).toHaveLength(1);
  },
);
