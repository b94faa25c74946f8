import type { FastifyInstance, InjectOptions } from "fastify";
import { expect } from "vitest";
import { type Audience, createSession } from "#access/index.ts";
import { describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { appRole } from "#platform/database/app-role.ts";
import type { Pool } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { jobKinds, jobSubjects, workOnJob } from "#webhooks/jobs/index.ts";
import { type ProviderApi, baseDomain } from "../api/api-test.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { fieldsOf, follow, operationsIn } from "../support/open-api.ts";
import { openWebServer, timelessClock } from "../support/open-web-server.ts";
import { schema } from "../support/test-databases.ts";
import { test as base } from "../support/test.ts";
import { type Caller, type Ids, createObjects, fillIn, mark, ownTables, snapshot } from "./full-provider.ts";
import { type Route, routesOf } from "./routes-of.ts";

let callers = 0;

/** The caller of a request. Each request has a new session, since some requests end their session. */
const credentials = {
  token: async ({ api }: Caller) => ({ headers: { authorization: `Bearer ${api.token}` } }),
  key: async ({ api }: Caller) => ({ headers: { authorization: `Bearer ${api.key}` } }),
  admin: (caller: StoredCaller) => signIn(caller, "admin"),
  developer: (caller: StoredCaller) => signIn(caller, "developer"),
} satisfies Record<string, (caller: StoredCaller) => Promise<Credentials>>;

interface StoredCaller extends Caller {
  readonly pool: Pool;
}

interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly form_token?: string;
}

async function signIn({ pool, api, ids }: StoredCaller, audience: Audience): Promise<Credentials> {
  const userId = Number(ids[audience === "admin" ? "provider_users" : "users"]);
  const session = { providerId: api.provider.id, audience, userId, now: new Date() };
  const { cookieValue, csrfToken } = await pool.inTransaction((tx) => createSession(tx, session));
  return {
    headers: { cookie: `bellwire_${audience}=${cookieValue}`, "x-csrf-token": csrfToken },
    form_token: csrfToken,
  };
}

function requestOf(
  { method, path }: Route,
  ids: Ids,
  host: string,
  { headers, form_token }: Credentials,
): InjectOptions {
  callers += 1;
  const isApi = isOfApi(path);
  const body = isApi ? { payload: {} } : { payload: new URLSearchParams({ form_token: form_token ?? "" }).toString() };
  return {
    method,
    url: fillIn(path, ids),
    remoteAddress: `10.0.${callers >> 8}.${callers & 255}`, // so that the rate limit of one caller does not affect another
    headers: { host, ...headers, ...(isApi ? {} : { "content-type": "application/x-www-form-urlencoded" }) },
    ...(method === "GET" ? {} : body),
  };
}

const isOfApi = (path: string): boolean => /^\/(admin\/api|api\/v1)\//.test(path);
/** Routes that need no credentials. A bin needs only its id. */
const isPublic = (path: string): boolean =>
  /openapi\.json$|^\/bins\/|^\/(healthz|readyz|metrics)$|assets|\/signup|\*/.test(path);
const isPrivatePage = (path: string): boolean => /^\/(account|applications)(\/|$)|^\/p\/admin$/.test(path);

const isFilled = (rows: unknown): boolean => Array.isArray(rows) && rows.length > 0;

/** Routes may name one parameter differently. */
const withoutNames = (path: string): string => path.replaceAll(/:\w+|\{\w+\}/g, ":");

/** Routes of the two OpenAPI documents, in the router's syntax. */
const documented = [await describeAccountManagementApi("0.0.0"), await bellwireApiDocument("0.0.0")]
  .flatMap((document) => operationsIn(fieldsOf(document)))
  .map(({ method, path }) => `${method.toUpperCase()} ${withoutNames(path.replace(/\.json$/, ""))}`);

/** Two providers. The texts of the second provider are marked, and no request may read or change its rows. */
const test = base.extend("site", { scope: "file" }, async ({}, { onCleanup }) => {
  const running = new AsyncDisposableStack();
  onCleanup(() => running.disposeAsync());
  const { connectionString } = running.use(await cloneTemplate());
  const owner = running.use(await openPool({ connectionString, schema }));
  const pool = running.use(await openPool({ connectionString, schema, role: appRole }));
  const { http } = running.use(await openWebServer(pool, { baseDomain, clock: timelessClock }));
  const [own, foreign] = [await createObjects(pool, http), await createObjects(pool, http)];
  const tables = await ownTables(owner);
  await mark(owner, tables, foreign.api.provider.id);
  return { owner, pool, http, own, foreign, tables };
});

/** Pages that the callers may read of their own provider: refused credentials would prove nothing. */
const ownPages = {
  token: "/admin/api/accounts.json",
  key: "/admin/api/accounts.json",
  admin: "/admin/api/accounts.json",
  developer: "/account",
} as const satisfies Record<keyof typeof credentials, string>;

const ways = [
  ["token", "admin"],
  ["key", "admin"],
  ["admin", "admin"],
  ["developer", "developer"],
] as const;

test.for(ways)(
  "a %s of one provider neither reads nor changes another's data, at either host of the %s side",
  { timeout: 120_000 },
  async ([as, side], { site: { owner, pool, http, own, foreign, tables } }) => {
    expect(tables.length).toBeGreaterThan(25);
    const before = await snapshot(owner, tables, foreign.api.provider.id);
    const empty = tables.map(({ name }) => name).filter((name) => !isFilled(before.get(name)));
    expect(empty).toEqual([]); // a new table needs a row in fillRest()
    const hostOf = ({ api }: { api: ProviderApi }): string =>
      side === "admin" ? api.host : `${api.provider.subdomain}.${baseDomain}`;

    const routes = routesOf(http).filter(({ path }) => !isPublic(path));
    const known = new Set(routesOf(http).map(({ method, path }) => `${method} ${withoutNames(path)}`));
    expect(documented.filter((operation) => !known.has(operation))).toEqual([]);
    for (const route of routes) {
      for (const host of [hostOf(own), hostOf(foreign)]) {
        if (host === hostOf(own) && (route.path.endsWith("/stream") || !route.path.includes(":"))) continue;
        const answer = await http.inject(requestOf(route, foreign.ids, host, await credentials[as]({ pool, ...own })));
        const outcome = `${route.method} ${route.path} at ${host} answers ${answer.statusCode}`;
        expect([outcome, answer.body]).toEqual([outcome, expect.not.stringContaining("canary")]);
        expect([outcome, answer.statusCode < 500]).toEqual([outcome, true]);
        if (isOfApi(route.path) && host === hostOf(foreign))
          expect([outcome, [401, 403].includes(answer.statusCode)]).toEqual([outcome, true]);
        if (isOfApi(route.path) || isPrivatePage(route.path))
          expect([outcome, answer.statusCode >= 300]).toEqual([outcome, true]);
      }
    }
    // After all of them, so that the caller was accepted throughout.
    const accepted: Route = { method: "GET", path: ownPages[as] };
    const ownAnswer = await http.inject(
      requestOf(accepted, own.ids, hostOf(own), await credentials[as]({ pool, ...own })),
    );
    expect([ownPages[as], ownAnswer.statusCode]).toEqual([ownPages[as], 200]);
    expect(await snapshot(owner, tables, foreign.api.provider.id)).toEqual(before);
  },
);

test("a bin catches requests at the hosts of its provider only", async ({
  site: { owner, http, own, foreign, tables },
}) => {
  const url = `/bins/${foreign.ids["bins"]}`;
  const before = await snapshot(owner, tables, foreign.api.provider.id);
  const away = await http.inject({ method: "POST", url, headers: { host: own.api.host }, payload: "x" });
  expect(away.statusCode).toBe(404);
  expect(await snapshot(owner, tables, foreign.api.provider.id)).toEqual(before);
});

/** Requests of one provider whose bodies name objects of another, by operation of the Bellwire API, with the status of each. */
const namingBodies = (own: Ids, foreign: Ids): Readonly<Record<string, readonly (readonly [number, object])[]>> => {
  const endpoint_id = Number(foreign["endpoints"]);
  const range = { since: "-1d", only: "all" };
  const [accounts, applications] = [Number(foreign["accounts"]), Number(foreign["applications"])];
  const plan_id = Number(foreign["application_plans"]);
  return {
    "POST /api/v1/events/{id}/send": [[422, { endpoint_id }]],
    "POST /api/v1/replays": [
      [422, { endpoint_id, ...range }],
      [422, { endpoint_id, ...range, dry_run: true }],
    ],
    "POST /api/v1/jobs": [
      [422, { kind: "replay", of: "deliveries", ids: [own["deliveries"]], endpoint_id }],
      [201, { kind: "retry", of: "failures", ids: [foreign["deliveries"]] }],
      [201, { kind: "export", of: "deliveries", ids: [foreign["deliveries"]] }],
    ],
    "POST /api/v1/failures/retry": [
      [200, { endpoint_id }],
      [200, { ids: [foreign["events"]] }],
    ],
    "POST /api/v1/alert-rules": [[422, { kind: "exhausted", endpoint_id }]],
    "POST /api/v1/accounts/bulk": [
      [200, { ids: [accounts], operation: "delete" }],
      [200, { ids: [Number(own["accounts"])], operation: "change_plan", plan_id: Number(foreign["account_plans"]) }],
    ],
    "POST /api/v1/applications/bulk": [
      [200, { ids: [applications], operation: "delete" }],
      [200, { ids: [Number(own["applications"])], operation: "change_plan", plan_id }],
    ],
    "POST /api/v1/erasures": [
      [422, { account_id: accounts, pending: "cancel" }],
      [422, { user_id: Number(foreign["users"]), pending: "cancel" }],
      // Not both: the caller may mean either.
      [422, { account_id: Number(own["accounts"]), user_id: Number(own["users"]), pending: "cancel" }],
    ],
  };
};

test("no body of a request names an object of another provider", async ({
  site: { owner, http, own, foreign, tables },
}) => {
  const before = await snapshot(owner, tables, foreign.api.provider.id);
  const bodies = namingBodies(own.ids, foreign.ids);
  const document = fieldsOf(await bellwireApiDocument("0.0.0"));
  const naming = operationsIn(document).filter(({ operation }) => {
    const { content } = fieldsOf(follow(document, operation["requestBody"]));
    const { properties } = follow(document, fieldsOf(fieldsOf(content)["application/json"])["schema"]);
    return Object.keys(fieldsOf(properties)).some((name) => name === "ids" || name.endsWith("_id"));
  });
  expect(Object.keys(bodies).toSorted()).toEqual(
    naming.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted(),
  );
  for (const [operation, requests] of Object.entries(bodies)) {
    const [, path = ""] = operation.split(" ");
    for (const [status, payload] of requests) {
      const answer = await http.inject({
        method: "POST",
        url: fillIn(path.replaceAll(/\{(\w+)\}/g, ":$1"), own.ids),
        headers: { host: own.api.host, authorization: `Bearer ${own.api.token}` },
        payload,
      });
      const outcome = `${operation} ${JSON.stringify(payload)}: ${answer.body}`;
      expect([answer.statusCode, outcome]).toEqual([status, expect.not.stringContaining("canary")]);
    }
  }
  expect(await snapshot(owner, tables, foreign.api.provider.id)).toEqual(before);
});

const jobs = jobKinds.flatMap((kind) => jobSubjects.map((of) => ({ kind, of })));

test("a job on rows of another provider finds none, changes none and exports none", async ({
  site: { owner, pool, http, own, foreign, tables },
}) => {
  const before = await snapshot(owner, tables, foreign.api.provider.id);
  const { events, deliveries } = foreign.ids;
  const rows = { deliveries, failures: deliveries, events, attempts: `${deliveries}.2` };
  const headers = { host: own.api.host, authorization: `Bearer ${own.api.token}` };
  const started: string[] = [];
  for (const { kind, of } of jobs) {
    const payload = { kind, of, ids: [rows[of]], ...(kind === "replay" && { endpoint_id: own.ids["endpoints"] }) };
    const answer = await http.inject({ method: "POST", url: "/api/v1/jobs", headers, payload });
    if (answer.statusCode === 422) continue;
    started.push(`${kind} ${of}`);
    while (await workOnJob(pool));
    const { id } = answer.json<{ id: number }>();
    const job = await http.inject({ url: `/api/v1/jobs/${id}`, headers });
    expect([kind, of, job.json()]).toEqual([kind, of, expect.objectContaining({ state: "done", done: 0, skipped: 1 })]);
    const result = await http.inject({ url: `/api/v1/jobs/${id}/result`, headers });
    expect(result.body).not.toContain("canary");
  }
  expect(started.length).toBeGreaterThan(8);
  expect(await snapshot(owner, tables, foreign.api.provider.id)).toEqual(before);
});

/** Documented GETs with their query parameters. A stream does not end; exports and reads of secrets are audited. */
const readings = [await describeAccountManagementApi("0.0.0"), await bellwireApiDocument("0.0.0")]
  .map(fieldsOf)
  .flatMap((document) =>
    operationsIn(document)
      .filter(({ method, path }) => method === "get" && !/\/(stream|export|secret|url)$/.test(path))
      .map(({ path, operation }) => ({
        path,
        parameters: [operation["parameters"] ?? []]
          .flat()
          .map((parameter) => follow(document, parameter))
          .filter((parameter) => parameter["in"] === "query")
          .map(({ name }) => String(name)),
      })),
  );
/** Those whose paths name no object. */
const listings = readings.filter(({ path }) => !path.includes("{"));

const requiredParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/admin/api/objects/status.json": { object_type: "account", object_id: "4503599627370496" },
  "/api/v1/search": { q: "quay" },
  "/api/v1/stats": { metrics: "attempts,accounts_created,applications_created" },
  "/api/v1/bins/{id}/diff": { from: "1", to: "1" },
  ...Object.fromEntries(
    ["accounts", "users", "applications"].map((kind) => [
      `/api/v1/${kind}/{id}/version`,
      { at: "2099-01-01T00:00:00Z" },
    ]),
  ),
};

/** These need another object than the one of its kind that createObjects() returns, or have nothing to return yet. */
const mayBeRefused =
  /\/(find|objects\/status|event_types\/.*|attempts\/.*|jobs\/.*\/result|diff|sessions|history\/.*)\b/;

/** Returns the status and the document, without times and the id of the request. */
async function read(
  { http, own: { api, ids } }: { readonly http: FastifyInstance; readonly own: Caller },
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const query = new URLSearchParams({ ...requiredParameters[path], ...parameters }).toString();
  const headers = { host: api.host, authorization: `Bearer ${api.token}`, accept: "application/json" };
  const url = fillIn(path.replaceAll(/\{(\w+)\}/g, ":$1"), ids);
  const { statusCode, body } = await http.inject({ url: `${url}?${query}`, headers });
  return `${statusCode} ${body.replaceAll(/"\d{4}-\d\d-\d\dT[^"]*Z"|"request_id":"[^"]*"|_seconds":[\d.]+/g, "")}`;
}

test("no object, list, count or statistic depends on the objects of another provider", async ({ site }) => {
  const readAll = async (): Promise<ReadonlyMap<string, string>> => {
    const answers = new Map<string, string>();
    for (const { path } of readings) answers.set(path, await read(site, path));
    for (const interval of ["minute", "hour", "day"])
      answers.set(`stats by ${interval}`, await read(site, "/api/v1/stats", { interval, since: "-1d" }));
    return answers;
  };
  const before = await readAll();
  const refused = [...before].filter(([, answer]) => !answer.startsWith("200")).map(([path]) => path);
  expect(refused.filter((path) => !mayBeRefused.test(path))).toEqual([]);
  await createObjects(site.pool, site.http);
  expect(await readAll()).toEqual(before);
});

/** Filters that name an object: of another provider, and none. All other filters get a word of another provider. */
async function filtersOf(
  pool: Pool,
  { api, ids }: Caller,
): Promise<Readonly<Record<string, readonly [string, string]>>> {
  const [texts] = await pool.query<Record<"username" | "email" | "user_key" | "app_id", string>>(
    "select username, email, user_key, application_id as app_id from users join applications using (provider_id) where provider_id = $1",
    [api.provider.id],
  );
  const numbered = {
    endpoint_id: ids["endpoints"],
    account_id: ids["accounts"],
    object_id: ids["accounts"],
    account: ids["accounts"],
    user_id: ids["users"],
    plan_id: ids["application_plans"],
    service_id: ids["services"],
    product_id: ids["services"],
    application_id: ids["applications"],
  };
  const pairs = (values: object, none: string): object =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [String(value), none]]));
  return {
    ...pairs(texts ?? {}, "nobody"),
    ...pairs(numbered, "4503599627370496"),
    ...pairs({ event_id: ids["events"], ids: ids["events"] }, "01900000-0000-7000-8000-000000000000"),
  };
}

test("a filter by an object of another provider finds as little as one by none", async ({ site }) => {
  const filters = await filtersOf(site.pool, site.foreign);
  const words = Object.values(filters);
  const reader = { http: site.http, own: await createObjects(site.pool, site.http) };
  let accepted = 0;
  for (const { path, parameters } of listings)
    for (const name of parameters) {
      const answers = new Map<string, string>(); // by none, since several filters have the same
      for (const [theirs, none] of [filters[name] ?? ["canary", "nothing"], ...(name === "q" ? words : [])]) {
        const expected = answers.get(none) ?? (await read(reader, path, { [name]: none }));
        answers.set(none, expected);
        const answer = (await read(reader, path, { [name]: theirs })).replaceAll(theirs, none);
        expect([path, name, answer]).toEqual([path, name, expected]);
        accepted += Number(/^[24]0/.test(answer));
      }
    }
  expect(accepted).toBeGreaterThan(200);
});
