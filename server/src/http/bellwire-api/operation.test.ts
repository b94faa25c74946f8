import { type TSchema, Type } from "typebox";
import { expect, test } from "vitest";
import { deliveryFilterFields } from "#webhooks/search/index.ts";
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
