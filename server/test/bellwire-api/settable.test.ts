import fc from "fast-check";
import { expect } from "vitest";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { documentFamilies } from "#webhooks/deliveries/index.ts";
import { type JsonSchema, valuesOf } from "../support/values-of-schema.ts";
import { test } from "./bellwire-api-test.ts";

const url = "https://93.184.215.14/hooks";

/** Objects of the Bellwire API with an update schema. `special` generates values that the schema describes only in prose. */
const settable: Readonly<
  Record<
    string,
    {
      readonly path: string;
      readonly payload: object;
      readonly special: Readonly<Record<string, fc.Arbitrary<unknown>>>;
      /** The route below the object that returns a masked field in full. */
      readonly readAt?: Readonly<Record<string, string>>;
    }
  >
> = {
  EndpointChange: {
    path: "/endpoints",
    payload: { name: "crm", url },
    special: {
      url: fc.nat().map((number) => `${url}?secret=${number}`),
      format: fc.constantFrom(...documentFamilies), // an endpoint remains for events, or for a chat program
      headers: fc.nat().map((number) => ({ [`x-${number}`]: String(number) })),
    },
    readAt: { url: "/url" },
  },
  BinChange: {
    path: "/bins",
    payload: {},
    special: {
      name: fc.nat().map((number) => `Bin ${number}`),
      answer_rules: fc
        .nat(999)
        .map((number) => [{ name: `Rule ${number}`, every: number + 1, answers: [{ status: 500 }] }]),
      forward_url: fc.option(fc.nat().map((number) => `${url}?number=${number}`)),
    },
  },
};

const document: { components?: { schemas?: Readonly<Record<string, JsonSchema>> } } = JSON.parse(
  JSON.stringify(await bellwireApiDocument("test")),
);
const fields = Object.keys(settable).flatMap((schema) =>
  Object.entries(document.components?.schemas?.[schema]?.properties ?? {}).map(
    ([field, values]) => [schema, field, values] as const,
  ),
);

test("each update schema has fields", () => {
  expect(new Set(fields.map(([schema]) => schema))).toEqual(new Set(Object.keys(settable)));
});

test.for(fields)("%s: an updated %s is read back", async ([schema, field, values], { api }) => {
  const { path = "", payload = {}, special, readAt } = settable[schema] ?? {};
  const created = await api.call("POST", path, { payload });
  expect(created.statusCode).toBe(201);
  const object = `${path}/${created.json().id}`;
  let before: unknown = created.json()[field];
  let changes = 0;
  for (const value of fc.sample(special?.[field] ?? valuesOf(values), { numRuns: 10, seed: 1 })) {
    if (JSON.stringify(value) === JSON.stringify(before)) continue;
    const updated = await api.call("PATCH", object, { payload: { [field]: value } });
    expect([value, updated.statusCode]).toEqual([value, 200]);
    const read = await api.call("GET", object + (readAt?.[field] ?? ""));
    expect(read.json()[field]).toEqual(value);
    before = value;
    changes += 1;
  }
  expect(changes).toBeGreaterThan(0);
});
