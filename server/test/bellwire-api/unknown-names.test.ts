import { expect } from "vitest";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { fieldsOf, follow, operationsIn, type DocumentedOperation } from "../support/open-api.ts";
import { createBellwireApi, test as base } from "./bellwire-api-test.ts";

/** One provider for all tests: requests that are refused leave nothing behind. */
const test = base.extend("provider", { scope: "file" }, async ({ sharedPool, opened, fileClock }, { onCleanup }) => {
  onCleanup(() => expect(opened.complaints).toEqual([]));
  return createBellwireApi(sharedPool, opened.http, fileClock.now());
});

const document = fieldsOf(await bellwireApiDocument("0.0.0"));
const operations = operationsIn(document).map((one) => [`${one.method} ${one.path}`, one] as const);

const uuid = "019b2c1e-8694-739b-aea5-966c26f8ad91";

/** A path whose parameters could each be an id of something. */
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

test.for(operations)(
  "a query parameter that is not known is refused by its name: %s",
  async ([, one], { provider }) => {
    const known = parametersOf(one.operation, "query").map(({ name }) => String(name));
    for (const name of ["endpont_id", "__proto__", "constructor", ...known.map((it) => `${it}s`)]) {
      const answer = await provider.call(methodOf(one), `${pathOf(one)}?${name}=7`);
      expect([name, answer.statusCode, answer.json().code]).toEqual([name, 400, "parameter-unknown"]);
      expect(answer.json().errors[name]).toEqual([expect.stringContaining("is unknown")]);
      for (const each of known) expect(answer.json().errors[name][0]).toContain(each);
    }
  },
);

const writing = operations.filter(([, { method }]) => method !== "get");

test.for(writing)("a body field that is not known is refused by its name: %s", async ([, one], { provider }) => {
  const answer = await provider.call(methodOf(one), pathOf(one), { payload: { endpont_id: 7 } });
  expect([answer.statusCode, answer.json().code]).toEqual([422, "invalid"]);
  expect(answer.json().errors["endpont_id"]).toEqual(["is not known"]);
});

test.for(writing)("a body of null, a list or a text is refused: %s", async ([, one], { provider }) => {
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

test("every object in a body that names its fields takes no others", () => {
  const lenient = operations.flatMap(([said, { operation }]) => {
    const content = fieldsOf(fieldsOf(operation["requestBody"])["content"]);
    return lenientObjects(fieldsOf(content["application/json"])["schema"]).map((path) => `${said}: ${path}`);
  });
  expect(lenient).toEqual([]);
});

function lenientObjects(schema: unknown, path = "body"): readonly string[] {
  const { properties, additionalProperties, items, anyOf } = follow(document, schema);
  const named = Object.entries(fieldsOf(properties));
  return [
    ...(named.length > 0 && additionalProperties !== false ? [path] : []),
    ...named.flatMap(([name, it]) => lenientObjects(it, `${path}.${name}`)),
    ...(items === undefined ? [] : lenientObjects(items, `${path}[]`)),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((it) => lenientObjects(it, path)) : []),
  ];
}

test("credentials may be in the query of any route", async ({ provider }) => {
  const answer = await provider.sendWithoutToken({ url: `/api/v1/endpoints?access_token=${provider.token}` });
  expect(answer.statusCode).toBe(200);
});
