import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { eventTypes, portalEventTypes } from "#webhooks/events/index.ts";
import { type Fields, fieldsOf, operationsIn } from "../support/open-api.ts";
import { findGaps } from "./find-gaps.ts";

const documents: readonly (readonly [name: string, document: Fields])[] = [
  ["the Account Management API", await describeAccountManagementApi("0.0.0")],
  ["the Bellwire API", await bellwireApiDocument("0.0.0")],
];

test.each(documents)("the document of %s is valid OpenAPI 3.1", async (_name, document) => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...document });

  expect([validator.version, valid, errors]).toEqual(["3.1", true, undefined]);
  expect(validator.specification).toBeDefined();
});

test.each(documents)("the document of %s has no gaps", (_name, document) => {
  expect(findGaps(document)).toEqual([]);
});

test.each(documents)(
  "the document of %s has no constant but texts: generators compare others as texts",
  (_name, document) => {
    expect([...constantsIn(document)].filter((constant) => typeof constant !== "string")).toEqual([]);
  },
);

function* constantsIn(value: unknown): Generator {
  if (Array.isArray(value)) for (const item of value) yield* constantsIn(item);
  const fields = fieldsOf(value);
  if ("const" in fields) yield fields["const"];
  for (const field of Object.values(fields)) yield* constantsIn(field);
}

test.each([
  ["the Account Management API", documents[0]?.[1], portalEventTypes],
  ["the Bellwire API", documents[1]?.[1], eventTypes],
] as const)("the document of %s describes the webhook payload of every event type", (_name, document, types) => {
  const documented = operationsIn(fieldsOf(document), "webhooks");

  expect(documented.map(({ path }) => path)).toEqual(types);
  for (const { path, operation } of documented) {
    expect([path, Object.keys(fieldsOf(fieldsOf(operation["requestBody"])["content"]))]).toEqual([
      path,
      ["application/xml", "application/json", "application/cloudevents+json"],
    ]);
  }
});

test("every operation of the Bellwire API documents 401", () => {
  const document = fieldsOf(documents[1]?.[1]);
  const silent = operationsIn(document).filter(({ operation }) => !("401" in fieldsOf(operation["responses"])));

  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("forms of the Account Management API say how to send lists and objects, which would be sent as JSON text", () => {
  const schemas = fieldsOf(fieldsOf(documents[0]?.[1]["components"])["schemas"]);
  const described = operationsIn(fieldsOf(documents[0]?.[1])).flatMap(({ operation }) => {
    const form = fieldsOf(fieldsOf(fieldsOf(operation["requestBody"])["content"])["application/x-www-form-urlencoded"]);
    const name = String(fieldsOf(form["schema"])["$ref"]).split("/").at(-1) ?? "";
    return Object.entries(fieldsOf(fieldsOf(schemas[name])["properties"])).map(([field, property]) => [
      fieldsOf(property)["type"],
      fieldsOf(fieldsOf(form["encoding"])[field])["style"],
    ]);
  });
  const styles = { array: "form", object: "deepObject" };
  for (const [type, style] of Object.entries(styles)) {
    expect(new Set(described.filter(([each]) => each === type).map(([, each]) => each))).toEqual(new Set([style]));
  }
});

test("examples of mutes end in the future, so that they can be sent", () => {
  const mutes = operationsIn(fieldsOf(documents[1]?.[1])).filter(({ path }) => path.endsWith("/mute"));
  const bodies = mutes.map(({ operation }) => fieldsOf(fieldsOf(operation["requestBody"])["content"]));
  const ends = bodies.flatMap((body) => fieldsOf(fieldsOf(body["application/json"])["example"])["until"] ?? []);

  expect(ends).toHaveLength(2);
  for (const until of ends)
    expect(until).toSatisfy((text) => typeof text === "string" && Date.parse(text) > Date.now());
});

const idParameter = { name: "id", in: "path", required: true, description: "Its id.", schema: { type: "integer" } };

/** Returns the document with one operation changed. */
const documentWith = (change: object): Fields => ({
  paths: {
    "/things/{id}": {
      put: {
        summary: "Change a thing",
        description: "What is left out stays.",
        operationId: "changeThing",
        tags: ["Things"],
        parameters: [idParameter],
        requestBody: { content: { "application/json": { schema: { type: "object" }, example: {} } } },
        responses: Object.fromEntries(
          ["200", "400", "403", "404", "413", "415", "422"].map((status) => [status, { description: "So." }]),
        ),
        ...change,
      },
    },
  },
});

test("a complete document has no gaps", () => {
  expect(findGaps(documentWith({}))).toEqual([]);
});

const noExample = { "application/json": { schema: { type: "object" } } };
const wrongExample = { "application/json": { schema: { type: "object" }, example: 3 } };

test.each<[string, object]>([
  ["has no summary", { summary: "" }],
  ["has no description", { description: undefined }],
  ["has no tag", { tags: [] }],
  ["id is not described", { parameters: [{ name: "id", in: "path" }] }],
  ["id has an example that its schema does not allow", { parameters: [{ ...idParameter, example: "71" }] }],
  ["does not document 404", { responses: { 200: { description: "So." } } }],
  ["does not document 422", { responses: { 200: { description: "So." } } }],
  ["has no example in application/json", { requestBody: { content: noExample } }],
  ["that its schema does not allow", { requestBody: { content: wrongExample } }],
  ["has no example in application/json", { responses: { 200: { description: "So.", content: noExample } } }],
])("the gap finder reports an operation that %s", (gap, change) => {
  expect(findGaps(documentWith(change)).join("\n")).toContain(gap);
});
