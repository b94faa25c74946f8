import fc from "fast-check";
import { expect } from "vitest";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { fieldsOf, follow, operationsIn, type DocumentedOperation } from "../support/open-api.ts";
import { anyValues, inherited } from "../support/values-of-schema.ts";
import { openBellwireApi, createBellwireApi, test as base } from "./bellwire-api-test.ts";

/** One provider for all runs, with an endpoint and a bin that they may change. */
const test = base.extend("shared", { scope: "file" }, async ({ sharedPool: pool }, { onCleanup }) => {
  const clock = new HandDrivenClock();
  const { http, close, complaints } = openBellwireApi(pool, clock);
  onCleanup(close);
  const api = await createBellwireApi(pool, http, clock.now());
  const payload = { name: "crm", url: "https://93.184.215.14/" };
  const endpoint: number = (await api.call("POST", "/endpoints", { payload })).json().id;
  const bin: string = (await api.call("POST", "/bins", { payload: {} })).json().id;
  return { api, endpoint, bin, complaints };
});

const document = fieldsOf(await bellwireApiDocument("0.0.0"));

const texts = [
  ["", " ", "\0", "a\0b", "\ud800", "\ufffe", "\u202e", "%", "'", "{}", "[]", "null", "x".repeat(70_000)],
  ["0", "-1", "1", "1.5", "1e3", "1e400", "NaN", "0x10", "+1", " 7 ", "１２", "9".repeat(19), "9".repeat(400)],
  ["2147483648", "9007199254740993", "9223372036854775808", "-0", "1,2", "1~2", "~", "1~0~2"],
  ["2026-02-30", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "2026-01-01T00:00:00Z", "2026-01-01"],
  ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff.9", "pending", "enabled", "*"],
  ["true", "on", "approve", "account.created", "all", "oldest", "3scale", "https://93.184.215.14/", "http://[::1]/"],
].flat();

/** Longer ids match no route. */
const ids = texts.filter((text) => encodeURIComponent(text.toWellFormed()).length <= 100);

const unexpected = [...inherited, "\0", ""];
const value = anyValues(texts, ["host", "x-a", ...unexpected]);

/** Query parameters and body of an operation, read from the OpenAPI document. */
function namesOf({ operation }: DocumentedOperation): { readonly query: string[]; readonly body: string[] } {
  const parameters = Array.isArray(operation["parameters"]) ? operation["parameters"].map(fieldsOf) : [];
  const content = fieldsOf(fieldsOf(operation["requestBody"])["content"]);
  const { properties } = follow(document, fieldsOf(content["application/json"])["schema"]);
  const query = parameters.flatMap(({ name, in: place }) => (place === "query" ? [String(name)] : []));
  return { query, body: Object.keys(fieldsOf(properties)) };
}

const some = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(fc.constantFrom(...names, ...names, ...names, ...unexpected), value, { maxKeys: 5 });

const inputOf = (operation: DocumentedOperation) => {
  const { query, body } = namesOf(operation);
  return fc.record({ query: some(query), body: fc.oneof(some(body), value), id: fc.constantFrom("mine", ...ids) });
};

const textOf = (each: unknown): string => (typeof each === "string" ? each.toWellFormed() : JSON.stringify(each));
const pairsOf = (values: Record<string, unknown>): [string, string][] =>
  Object.entries(values).flatMap(([name, content]) =>
    [content].flat().map((each): [string, string] => [name, textOf(each)]),
  );

// A stream does not end, and deletions would remove objects that others need.
const requested = operationsIn(document).filter(({ path, method }) => method !== "delete" && !path.endsWith("/stream"));

test.for(requested.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  "any input succeeds or is rejected with a problem document: %s",
  async ([, operation], { shared: { api, endpoint, bin, complaints } }) => {
    const earlier = complaints.length;
    await fc.assert(
      fc.asyncProperty(inputOf(operation), async ({ query, body, id }) => {
        const own = operation.path.includes("/bins/") ? bin : String(endpoint);
        const named = id === "mine" ? own : encodeURIComponent(id.toWellFormed());
        const path = operation.path.replace("/api/v1", "").replaceAll(/\{\w+\}/g, named);
        const method = operation.method === "get" ? "GET" : operation.method === "post" ? "POST" : "PATCH";
        const sent = { payload: JSON.stringify(body), headers: { "content-type": "application/json" } };
        const url = `${path}?${new URLSearchParams(pairsOf(query)).toString()}`;
        const answer = await api.call(method, url, method === "GET" ? {} : sent);
        expect([answer.body.slice(0, 500), answer.statusCode < 500]).toEqual([answer.body.slice(0, 500), true]);
        if (answer.statusCode < 400) return;
        expect(answer.headers["content-type"]).toBe("application/problem+json");
        expect(answer.json()).toMatchObject({ status: answer.statusCode, code: expect.stringMatching(/^[a-z-]+$/) });
      }),
      { numRuns: 25 },
    );
    expect(complaints.slice(earlier)).toEqual([]);
  },
);
