import { expect } from "vitest";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { fieldsOf, follow, operationsIn, type DocumentedOperation } from "../support/open-api.ts";
import { createBellwireApi, test as base } from "./bellwire-api-test.ts";

/** One provider for all tests, since rejected requests change nothing. */
const test = base.extend("provider", { scope: "file" }, async ({ sharedPool, opened, fileClock }, { onCleanup }) => {
  onCleanup(() => expect(opened.complaints).toEqual([]));
  return createBellwireApi(sharedPool, opened.http, fileClock.now());
});

const document = fieldsOf(await bellwireApiDocument("0.0.0"));
const operations = operationsIn(document).map((each) => [`${each.method} ${each.path}`, each] as const);

const uuid = "019b2c1e-8694-739b-aea5-966c26f8ad91";

/** Returns a path whose parameters are well-formed ids. */
const pathOf = ({ path, operation }: DocumentedOperation): string =>
  parametersOf(operation, "path").reduce(
    (filled, { name, schema }) => {
      const { type, format, pattern, enum: values } = fieldsOf(schema);
      const [first] = Array.isArray(values) ? values : [];
      const id = first ?? (type === "integer" ? 1 : format === "uuid" || pattern !== undefined ? uuid : `${uuid}.1`);
      return filled.replace(`{${String(name)}}`, String(id));
    },
    path.replace("/api/v1", ""),
  );

function parametersOf(operation: Readonly<Record<string, unknown>>, place: "path" | "query") {
  const parameters = Array.isArray(operation["parameters"]) ? operation["parameters"].map(fieldsOf) : [];
  return parameters.filter((parameter) => parameter["in"] === place);
}

const methodOf = ({ method }: DocumentedOperation) =>
  method === "get" ? "GET" : method === "post" ? "POST" : method === "patch" ? "PATCH" : "DELETE";

test.for(operations)("an unknown query parameter is rejected by name: %s", async ([, one], { provider }) => {
  const known = parametersOf(one.operation, "query").map(({ name }) => String(name));
  for (const name of ["endpont_id", "__proto__", "constructor", ...known.map((parameter) => `${parameter}s`)]) {
    const answer = await provider.call(methodOf(one), `${pathOf(one)}?${name}=7`);
    expect([name, answer.statusCode, answer.json().code]).toEqual([name, 400, "parameter-unknown"]);
    expect(answer.json().errors[name]).toEqual([expect.stringContaining("is unknown")]);
    for (const each of known) expect(answer.json().errors[name][0]).toContain(each);
  }
});

test.for(operations)("a query that is not UTF-8 is rejected: %s", async ([, one], { provider }) => {
  const [name = "q"] = parametersOf(one.operation, "query").map((parameter) => String(parameter["name"]));
  for (const query of [`${name}=caf%e9`, `${name}=%e2%82`, "caf%e9=7"]) {
    const answer = await provider.call(methodOf(one), `${pathOf(one)}?${query}`);
    expect([query, answer.statusCode, answer.json()]).toEqual([
      query,
      400,
      expect.objectContaining({
        code: "request-unreadable",
        title: "The request cannot be read: its text is not UTF-8.",
      }),
    ]);
  }
});

const writing = operations.filter(([, { method }]) => method !== "get");

test.for(writing)("an unknown body field is rejected by name: %s", async ([, one], { provider }) => {
  const answer = await provider.call(methodOf(one), pathOf(one), { payload: { endpont_id: 7 } });
  expect([answer.statusCode, answer.json().code]).toEqual([422, "invalid"]);
  expect(answer.json().errors["endpont_id"]).toEqual(["is not known"]);
});

test.for(writing)("a body that is not an object is rejected: %s", async ([, one], { provider }) => {
  for (const payload of ["null", "[]", '"all"', "0", "true"]) {
    const headers = { "content-type": "application/json" };
    const answer = await provider.call(methodOf(one), pathOf(one), { payload, headers });
    expect([payload, answer.statusCode, answer.json().errors]).toEqual([
      payload,
      422,
      expect.objectContaining({ base: expect.arrayContaining(["must be object"]) }),
    ]);
  }
});

test("every body schema with named fields forbids other fields", () => {
  const lenient = operations.flatMap(([route, { operation }]) => {
    const content = fieldsOf(fieldsOf(operation["requestBody"])["content"]);
    return lenientObjects(fieldsOf(content["application/json"])["schema"]).map((path) => `${route}: ${path}`);
  });
  expect(lenient).toEqual([]);
});

function lenientObjects(schema: unknown, path = "body"): readonly string[] {
  const { properties, additionalProperties, items, anyOf } = follow(document, schema);
  const named = Object.entries(fieldsOf(properties));
  return [
    ...(named.length > 0 && additionalProperties !== false ? [path] : []),
    ...named.flatMap(([name, field]) => lenientObjects(field, `${path}.${name}`)),
    ...(items === undefined ? [] : lenientObjects(items, `${path}[]`)),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((option) => lenientObjects(option, path)) : []),
  ];
}

test("a token in the query is accepted", async ({ provider }) => {
  const answer = await provider.sendWithoutToken({ url: `/api/v1/endpoints?access_token=${provider.token}` });
  expect(answer.statusCode).toBe(200);
});
