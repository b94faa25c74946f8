import fc from "fast-check";
import type { LightMyRequestResponse } from "fastify";
import { expect } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import { formatsOf, type Operation } from "#http/account-management-api/operation.ts";
import type { Pool } from "#platform/database/database.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { readXmlStrictly } from "../support/read-xml-strictly.ts";
import { anyValues, inherited } from "../support/values-of-schema.ts";
import { createProviderApi, openApi, test as base } from "./api-test.ts";
import { type PortalObjects, createPortalObjects, fillIds } from "./portal-objects.ts";

/** One provider for all runs, so that the next run detects damage of the one before. */
const test = base.extend("shared", { scope: "file" }, async ({ sharedPool: pool }, { onCleanup }) => {
  const clock = new HandDrivenClock();
  const { http, complaints } = openApi(pool, clock);
  onCleanup(() => http.close());
  const api = await createProviderApi(pool, http, clock.now());
  return { api, objects: await createPortalObjects(api), complaints };
});

const texts = [
  ["", " ", "\0", "a\0b", "\ud800", "\ufffe", "\u202e", "]]>", "%", "'", "x".repeat(300), "x".repeat(70_000)],
  ["0", "-1", "-5", "1.5", "1e400", "NaN", "Infinity", "0x10", "9".repeat(19), "9".repeat(40), "99999999999999"],
  ["2026-02-30", "2026-13-01T00:00:00Z", "0000-00-00", "99999-01-01T00:00:00Z", "-271821-04-20", "not a day", "25:61"],
  ["１２", "٣", "1_000", "+1", " 7 ", "\u00a07", "-0", "1e3", "2147483648", "9223372036854775808", "0.0000001", "1,5"],
  ["true", "on", "admin", "active", "publish", "rw", "account_management", "Account", "direct", "oauth", "2"],
].flat();

const value = anyValues(texts, ["name", "", "\0", "length", "0", "city", ...inherited]);

const otherNames = [
  "annotations",
  "annotations[a]",
  "billing_address",
  "password",
  "org_name",
  "page",
  "per_page",
  "a[b][c]",
  "annotations[__proto__]",
  "[]",
  "name\0",
  "name\ud800",
  ...inherited,
];
/** The documented names, and the names of lists and objects in a form. */
const namesOf = ({ body, query }: Operation): readonly string[] => {
  const names = [body, query].flatMap((schema) => Object.keys(schema?.properties ?? {}));
  return [...names, ...names, ...names.flatMap((name) => [`${name}[]`, `${name}[a]`])];
};

interface Input {
  readonly values: Readonly<Record<string, unknown>>;
  readonly as: "json" | "form" | "multipart" | "query" | "wrapped";
  readonly format: "xml" | "json";
}

const inputOf = (operation: Operation): fc.Arbitrary<Input> =>
  fc.record({
    values: fc.dictionary(fc.constantFrom(...namesOf(operation), ...namesOf(operation), ...otherNames), value, {
      maxKeys: 6,
    }),
    as: fc.constantFrom("json" as const, "form" as const, "multipart" as const, "query" as const, "wrapped" as const),
    format: fc.constantFrom(...formatsOf(operation)),
  });

/** Returns a value as forms and queries send it. */
const pairsOf = (values: Input["values"]): [string, string][] =>
  Object.entries(values).flatMap(([name, sent]): [string, string][] => {
    if (Array.isArray(sent)) return sent.map((item) => [`${name}[]`, textOf(item)]);
    if (typeof sent !== "object" || sent === null) return [[name, textOf(sent)]];
    return Object.entries(sent).map(([part, item]) => [`${name}[${part}]`, textOf(item)]);
  });

const textOf = (sent: unknown): string => (typeof sent === "string" ? sent.toWellFormed() : JSON.stringify(sent));

/** Repeats the last field, as forms may. */
const repeated = (pairs: [string, string][]): [string, string][] => [...pairs, ...pairs.slice(-1)];

function requestOf(
  { method, path, wrapper = "wrapper" }: Operation,
  objects: PortalObjects,
  { values, as, format }: Input,
) {
  const url = `${fillIds(path, objects)}.${format}`;
  const pairs = repeated(pairsOf(values));
  if (as === "query" || method === "GET") return { method, path: `${url}?${new URLSearchParams(pairs).toString()}` };
  if (as === "json") return { method, path: url, more: { payload: values } };
  if (as === "wrapped") return { method, path: url, more: { payload: { [wrapper]: values } } };
  if (as === "multipart") {
    const payload = new FormData();
    for (const [name, text] of pairs) payload.append(name.toWellFormed(), text);
    return { method, path: url, more: { payload } };
  }
  const payload = new URLSearchParams(pairs).toString();
  return { method, path: url, more: { payload, headers: { "content-type": "application/x-www-form-urlencoded" } } };
}

// A DELETE ignores the body.
const testedOperations = operations.filter(({ method }) => method !== "DELETE");

test.for(testedOperations)(
  "any input either succeeds or is rejected with an error and no effect: $title",
  async (operation, { shared: { api, objects, complaints } }) => {
    const earlier = complaints.length;
    let before = await snapshot(api.pool);
    await fc.assert(
      fc.asyncProperty(inputOf(operation), async (input) => {
        const { method, path, more } = requestOf(operation, objects, input);
        const response = await api.send(method, path, more);
        expect([response.body.slice(0, 500), response.statusCode < 500]).toEqual([response.body.slice(0, 500), true]);
        const after = await snapshot(api.pool);
        const isSuccess = response.statusCode < 400;
        if (!isSuccess) expect(after).toEqual(before);
        before = after;
        if (!isSuccess) expectError(response, input.format);
      }),
      { numRuns: 20 },
    );
    expect(complaints.slice(earlier)).toEqual([]);
  },
);

/** 3scale's body is empty for a taken value, and in XML also for a missing object and a denied action. */
function expectError({ statusCode, headers, body }: LightMyRequestResponse, format: Input["format"]): void {
  const isEmpty = format === "xml" && (statusCode === 404 || (statusCode === 403 && body === ""));
  if (statusCode === 409 || isEmpty) return expect(body).toBe("");
  if (/^(Required parameter missing|Wrong type for parameter): /.test(body)) return;
  expect(headers["content-type"]).toBe(`application/${format}; charset=utf-8`);
  const root = format === "xml" ? readXmlStrictly(body).name : Object.keys(JSON.parse(body)).join(" ");
  expect(root).toMatch(/^(errors?|status)$/);
}

const tables = [
  ["accounts", "users", "applications", "application_keys", "referrer_filters", "service_subscriptions", "plans"],
  ["products", "fields_definitions", "provider_users", "access_tokens", "providers", "endpoints", "events", "mails"],
].flat();
const rowsOf = (table: string): string =>
  `select '${table}' as table, count(*), sum(hashtextextended(stored::text, 0))::text as rows from ${table} stored`;

/** A digest of all stored data. */
const snapshot = (pool: Pool): Promise<unknown[]> => pool.query(tables.map(rowsOf).join(" union all "));
