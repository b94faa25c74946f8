import { expect, test } from "vitest";
import { Problem, type ProblemCode } from "#http/shared/problem.ts";
import { renderError } from "./responses.ts";

const xml = '<?xml version="1.0" encoding="UTF-8"?>';
const denied = "Your access token does not have the correct permissions";

test.each<[ProblemCode, number, string, string]>([
  ["credentials-missing", 403, `${xml}<error>Access denied</error>`, '{"error":"Access denied"}'],
  ["credentials-wrong", 403, `${xml}<error>Access denied</error>`, '{"error":"Access denied"}'],
  ["wrong-host", 403, `${xml}<error>Access denied</error>`, '{"error":"Access denied"}'],
  ["host-unknown", 403, `${xml}<error>Access denied</error>`, '{"error":"Access denied"}'],
  ["permission-missing", 403, `${xml}<error>${denied}</error>`, `{"error":"${denied}"}`],
  ["role-missing", 403, "", '{"status":"Forbidden"}'],
  ["webhooks-denied", 403, "", '{"status":"Forbidden"}'],
  ["provider-suspended", 403, "", ""],
  ["not-found", 404, "", '{"status":"Not found"}'],
  ["conflict", 409, "", ""],
  ["time-invalid", 400, `${xml}<error>invalid time</error>`, '{"error":"invalid time"}'],
])("the error %s has 3scale's status %i and body", (code, status, inXml, inJson) => {
  expect(renderError(new Problem(code), "xml", "r1")).toEqual({ status, text: inXml });
  expect(renderError(new Problem(code), "json", "r1")).toEqual({ status, text: inJson });
});

test("errors of fields are sentences in XML and lists in JSON", () => {
  const errors = { org_name: ["can't be blank"], email: ["is < 6", "is taken"], base: ["Too late"] };
  const problem = new Problem("invalid", { errors });

  expect(renderError(problem, "xml", "r1").text).toBe(
    `${xml}<errors><error>Organization/Group Name can't be blank</error><error>Email is &lt; 6</error>` +
      "<error>Email is taken</error><error>Too late</error></errors>",
  );
  expect(renderError(problem, "json", "r1").text).toBe(
    '{"errors":{"org_name":["can\'t be blank"],"email":["is \\u003c 6","is taken"],"base":["Too late"]}}',
  );
});

test("a value of a wrong form and the fields of an account have 3scale's words", () => {
  const tooLong = "is too long (maximum is 255 characters)";
  const problem = new Problem("invalid", { errors: { user_key: ["is invalid"], zip: [tooLong], vat_rate: [tooLong] } });

  expect(renderError(problem, "json", "r1").text).toContain('"user_key":["invalid"]');
  expect(renderError(problem, "xml", "r1").text).toBe(
    `${xml}<errors><error>User key invalid</error><error>ZIP Code ${tooLong}</error><error>Vat rate ${tooLong}</error></errors>`,
  );
});

test("an object that cannot be deleted is answered with 403 and the reason", () => {
  const problem = new Problem("not-deletable", { errors: { base: ["is the last admin"] } });

  expect(renderError(problem, "xml", "r1")).toEqual({
    status: 403,
    text: `${xml}<errors><error>is the last admin</error></errors>`,
  });
  expect(renderError(problem, "json", "r1").text).toBe('{"errors":{"base":["is the last admin"]}}');
});

test("an internal error reveals only the request id", () => {
  const problem = new Problem("internal", { cause: new Error("password=hunter2") });

  expect(renderError(problem, "json", "r1").text).toContain("Request id: r1");
  expect(renderError(problem, "json", "r1").text).not.toContain("hunter2");
});

test("a missing parameter and an unknown format are plain text", () => {
  const problem = new Problem("parameter-missing", { detail: "Required parameter missing: web_hook" });

  expect(renderError(problem, "json", "r1")).toEqual({
    status: 400,
    text: "Required parameter missing: web_hook",
    isPlain: true,
  });
  const wrongType = new Problem("parameter-type-wrong", { detail: "Wrong type for parameter: web_hook" });
  expect(renderError(wrongType, "xml", "r1")).toEqual({
    status: 422,
    text: "Wrong type for parameter: web_hook",
    isPlain: true,
  });
  expect(renderError(new Problem("format-unknown"), "xml", "r1")).toMatchObject({ status: 406, isPlain: true });
});

test("an error that quotes characters which XML cannot contain is still rendered", () => {
  const unknown = new Problem("parameter-unknown", { detail: "Unknown parameters: \u0011x." });
  expect(renderError(unknown, "xml", "r1").text).toBe(`${xml}<error>Unknown parameters: \ufffdx.</error>`);
  const invalid = new Problem("invalid", { errors: { "x\u0000": ["is not known"] } });
  expect(renderError(invalid, "xml", "r1").text).toBe(`${xml}<errors><error>X\ufffd is not known</error></errors>`);
});
