import type { FastifyInstance, InjectOptions } from "fastify";
import { expect } from "vitest";
import { type Audience, createSession } from "#access/index.ts";
import { describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { appRole } from "#platform/database/app-role.ts";
import type { Pool } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import { deliveryId } from "#webhooks/deliveries/index.ts";
import { jobKinds, jobSubjects, workOnJob } from "#webhooks/jobs/index.ts";
import { countColumns } from "../../src/webhooks/statistics/counts.ts";
import { type ProviderApi, baseDomain, createProviderApi } from "../api/api-test.ts";
import { createPortalObjects, featureIn, idsByCollection } from "../api/portal-objects.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { fieldsOf, follow, operationsIn } from "../support/open-api.ts";
import { openWebServer, timelessClock } from "../support/open-web-server.ts";
import { schema } from "../support/test-databases.ts";
import { test as base } from "../support/test.ts";
import { type Route, routesOf } from "./routes-of.ts";

type Ids = Readonly<Record<string, string | number>>;

/** Creates a provider with one of each object. `ids` are keyed by the names in paths. */
async function createObjects(pool: Pool, http: FastifyInstance): Promise<Caller> {
  const api = await createProviderApi(pool, http, new Date());
  const providerId = api.provider.id;
  const endpoint = await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/hook", allActors: true });
  const created = await createPortalObjects(api);
  const firstOf = async (table: string, column = "id"): Promise<string> => {
    const statement = `select ${column} as id from ${table} where provider_id = $1 limit 1`;
    return String((await pool.query<{ id: unknown }>(statement, [providerId]))[0]?.id);
  };
  await pool.query(
    `insert into invitations (provider_id, account_id, email, code_digest, sent_at)
     values ($1::bigint, $2, 'mira@quay.example', sha256(convert_to($1::bigint::text, 'UTF8')), now())`,
    [providerId, created.account],
  );
  await fillRest(pool, providerId, { ...created, endpoint });
  const event = await firstOf("events");
  const ids = {
    ...created,
    ...idsByCollection(created),
    provider_users: created.providerUser,
    access_tokens: await firstOf("access_tokens"),
    invitations: await firstOf("invitations"),
    messages: await firstOf("messages"),
    endpoints: endpoint,
    auth: `canary-${await firstOf("authentication_providers", "system_name")}`, // as mark() leaves it
    alerts: await firstOf("alerts"),
    "alert-rules": await firstOf("alert_rules"),
    events: event,
    jobs: await firstOf("jobs"),
    erasures: await firstOf("erasures"),
    deletions: await firstOf("failure_deletions"),
    history: event,
    replays: await firstOf("replays"),
    views: await firstOf("saved_views"),
    bins: await firstOf("bins"),
    shares: await firstOf("bin_shares"),
    requests: 1,
    attempts: 2,
    keys: `canary-${await firstOf("application_keys", "value")}`, // as mark() leaves it
    referrer_filters: await firstOf("referrer_filters"),
    "referrer-filters": await firstOf("referrer_filters"),
    groups: "0".repeat(24),
    event_types: "none",
    activate: "none",
    "lost-password": "none",
    deliveries: deliveryId({ eventId: event, endpointId: endpoint }),
  };
  return { api, ids };
}

/** Inserts a row into each table that a sign-up leaves empty. */
async function fillRest(pool: Pool, providerId: number, ids: Readonly<Record<string, number>>): Promise<void> {
  const event = "(select id from events where provider_id = $1::bigint limit 1)";
  const statements = [
    `update users set email = 'user' || id || '@quay.example' where provider_id = $1::bigint`,
    `insert into account_plan_requests (provider_id, account_id, plan_id) values ($1::bigint, ${ids["account"]}, ${ids["accountPlan"]})`,
    `insert into plan_requests (provider_id, application_id, plan_id) values ($1::bigint, ${ids["application"]}, ${ids["applicationPlan"]})`,
    `insert into application_keys (provider_id, application_id, value) values ($1::bigint, ${ids["application"]}, 'key-' || $1::bigint::text)`,
    `insert into referrer_filters (provider_id, application_id, value) values ($1::bigint, ${ids["application"]}, 'example.org')`,
    `insert into messages (provider_id, account_id, sender, subject, body) select $1::bigint, ${ids["account"]}, sender, 'Hello', 'text' from unnest(array['account', 'provider']) as sender`,
    `insert into mails (provider_id, recipient, subject, text) values ($1::bigint, 'a@b.example', 'Hello', 'text')`,
    `insert into bins (provider_id, id) values ($1::bigint, 'bin' || $1::bigint::text)`,
    `insert into bin_shares (provider_id, bin_id, digest, expires_at) values ($1::bigint, 'bin' || $1::bigint::text, '', now() + interval '1 day')`,
    `insert into bin_requests (provider_id, bin_id, number, method, path, query, headers, body)
     values ($1::bigint, 'bin' || $1::bigint::text, 1, 'POST', '/', '', '[]', '')`,
    `insert into attempts (provider_id, event_id, endpoint_id, number, at, latency_ms) values ($1::bigint, ${event}, ${ids["endpoint"]}, 2, now(), 1)`,
    `insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
     values ($1::bigint, ${event}, ${ids["endpoint"]}, 'failed', 2, '3scale')`,
    `insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
     values ($1::bigint, ${ids["endpoint"]}, ${event}, 'no', '', now() - interval '1 minute')`,
    // Late by hours, so that a test of minutes does not change by how much.
    `insert into due (provider_id, endpoint_id, event_id, format, sequence, ordering_key, due_at)
     values ($1::bigint, ${ids["endpoint"]}, ${event}, '3scale', 1, 'account', now() - interval '1 day') on conflict (event_id, endpoint_id) do update set ordering_key = excluded.ordering_key, due_at = excluded.due_at`,
    `insert into payloads (provider_id, event_id, format, body, context)
     values ($1::bigint, ${event}, '3scale', 'canary', '{}') on conflict do nothing`,
    ...["minutes", "hours", "days"].map(
      (
        interval,
      ) => `insert into statistics_${interval} (provider_id, endpoint_id, event_type, at, ${countColumns.join(", ")}, latencies, delays)
        values ($1::bigint, ${ids["endpoint"]}, 'account.created', date_trunc('day', now()), ${countColumns.map(() => 1).join(", ")}, '{1}', '{1}')`,
    ),
    `insert into lane_reports (endpoint_id, provider_id, epoch, released, counted_in, in_flight, window_size, unanswered, failed_attempts)
     values (${ids["endpoint"]}, $1::bigint, 1, true, 1, 0, 0, 0, 0)`,
    `insert into alert_rules (provider_id, kind, for_seconds, clear_for_seconds, min_attempts)
     values ($1::bigint, 'disabled', 0, 0, 1)`,
    `insert into alerts (provider_id, endpoint_id, kind, state, since, opened_at, sentence)
     values ($1::bigint, ${ids["endpoint"]}, 'disabled', 'open', now(), now(), 'It is disabled.')`,
    `insert into alert_schedules (provider_id) values ($1::bigint)`,
    `insert into replays (provider_id, endpoint_id, since, until, kind, last_event)
     values ($1::bigint, ${ids["endpoint"]}, now(), now(), 'all', ${event})`,
    `insert into jobs (provider_id, kind, subject, selection, actor_kind, work_at)
     values ($1::bigint, 'retry', 'deliveries', '{}', 'system', 'infinity')`,
    `insert into job_chunks (provider_id, job_id, number, event_ids, endpoint_ids)
     select $1::bigint, id, 0, array[${event}], array[${ids["endpoint"]}]::bigint[] from jobs where provider_id = $1::bigint`,
    `insert into failure_deletions (provider_id, ends_at) values ($1::bigint, now() + interval '1 day')`,
    `insert into deleted_failures (provider_id, deletion_id, endpoint_id, event_id, failed_at, error, url)
     select $1::bigint, id, ${ids["endpoint"]}, ${event}, now(), 'no', '' from failure_deletions where provider_id = $1::bigint`,
    `insert into failure_mutes (provider_id, cause) values ($1::bigint, 'none')`,
    `insert into sessions (digest, provider_id, audience, user_id, csrf_token, expires_at) values (sha256(convert_to($1::bigint::text, 'UTF8')), $1::bigint, 'admin', ${ids["providerUser"]}, 'none', now() + interval '1 day')`,
    `insert into change_counters (provider_id, account_id, ends_at, changes, bytes) values ($1::bigint, ${ids["account"]}, now(), 1, 1) on conflict do nothing`,
    `insert into audit_records (provider_id, actor_kind, action, subject) values ($1::bigint, 'system', 'x', 'y')`,
    `insert into sent_settings (provider_id, endpoint_id, version, url, secret, event_source, user_agent)
     values ($1::bigint, ${ids["endpoint"]}, 1, '', '', '/', 'none')`,
    `insert into erasures (provider_id, account_id, pending, actor_kind, created_at, work_at)
     values ($1::bigint, ${ids["account"]}, 'cancel', 'system', now(), 'infinity')`,
    `insert into identities (provider_id, authentication_provider_id, subject, user_id) values ($1::bigint, ${ids["authenticationProvider"]}, 'person', ${ids["user"]})`,
    `insert into saved_views (provider_id, user_id, page, name, query)
     values ($1::bigint, ${ids["providerUser"]}, 'deliveries', 'Mine', 'state=failed')`,
  ];
  for (const statement of statements) await pool.query(statement, [providerId]);
}

/** Replaces each parameter of a path with the id of the object named before the parameter. */
const fillIn = (path: string, ids: Ids): string =>
  path.replaceAll(/([\w-]+)\/:\w+/g, (_, object: string) => {
    const ofProvider = path.startsWith("/admin/api/users") && object === "users" ? "provider_users" : object;
    const ofPortal = path.startsWith("/admin/api/account/") ? "ownAuthenticationProvider" : ofProvider;
    const name = object === "features" ? featureIn(path) : ofPortal;
    const id = ids[name];
    if (id === undefined) throw new Error(`createObjects() returns no id of ${name}, which ${path} names.`);
    return `${object}/${id}`;
  });

interface OwnTable {
  readonly name: string;
  /** Text columns without constraints, which may have any value. */
  readonly texts: readonly string[];
}

/** Returns every table with a provider_id, without the partitions of the history. */
const ownTables = (db: Pool): Promise<OwnTable[]> =>
  db.query<OwnTable>(
    `select relation.relname as name,
       coalesce((
         select array_agg(attname::text order by attnum) from pg_attribute
         where attrelid = relation.oid and attnum > 0 and not attisdropped and atttypid = 'text'::regtype
           and not exists (
             select from pg_constraint
             where (conrelid = relation.oid and contype in ('c', 'f') and attnum = any (conkey))
               or (confrelid = relation.oid and attnum = any (confkey)))
       ), '{}') as texts
     from pg_class relation
     join pg_attribute provider on provider.attrelid = relation.oid and provider.attname = 'provider_id'
     where relnamespace = $1::regnamespace and relkind in ('r', 'p') and not relispartition
     order by relation.relname`,
    [schema],
  );

/** Marks all texts of a provider, so that the test finds them in any response. */
async function mark(owner: Pool, tables: readonly OwnTable[], providerId: number): Promise<void> {
  for (const { name, texts } of tables) {
    const sets = texts.map((text) => `"${text}" = 'canary-' || "${text}"`);
    if (sets.length > 0)
      await owner.query(`update ${name} set ${sets.join(", ")} where provider_id = $1`, [providerId]);
  }
}

async function snapshot(owner: Pool, tables: readonly OwnTable[], providerId: number): Promise<Map<string, unknown>> {
  const rows = new Map<string, unknown>();
  for (const { name } of tables) {
    const statement = `select to_jsonb(stored)::text as row from ${name} stored where provider_id = $1 order by 1`;
    rows.set(name, await owner.query(statement, [providerId]));
  }
  return rows;
}

let callers = 0;

/** The caller of a request. Each request has a new session, since some requests end their session. */
const credentials = {
  token: async ({ api }: Caller) => ({ headers: { authorization: `Bearer ${api.token}` } }),
  key: async ({ api }: Caller) => ({ headers: { authorization: `Bearer ${api.key}` } }),
  admin: (caller: StoredCaller) => signIn(caller, "admin"),
  developer: (caller: StoredCaller) => signIn(caller, "developer"),
} satisfies Record<string, (caller: StoredCaller) => Promise<Credentials>>;

interface Caller {
  readonly api: ProviderApi;
  readonly ids: Ids;
}

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
    expect(await snapshot(owner, tables, foreign.api.provider.id)).toEqual(before);
  },
);

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

/** Documented GETs whose paths name no object, with their query parameters. A stream does not end, and an export is audited. */
const listings = [await describeAccountManagementApi("0.0.0"), await bellwireApiDocument("0.0.0")]
  .map(fieldsOf)
  .flatMap((document) =>
    operationsIn(document)
      .filter(({ method, path }) => method === "get" && !/\{|\/(stream|export)$/.test(path))
      .map(({ path, operation }) => ({
        path,
        parameters: [operation["parameters"] ?? []]
          .flat()
          .map((parameter) => follow(document, parameter))
          .filter((parameter) => parameter["in"] === "query")
          .map(({ name }) => String(name)),
      })),
  );

const requiredParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/admin/api/objects/status.json": { object_type: "account", object_id: "4503599627370496" },
  "/api/v1/search": { q: "quay" },
  "/api/v1/stats": { metrics: "attempts" },
};

/** Returns the status and the document, without times and the id of the request. */
async function read(
  { http, own: { api } }: { readonly http: FastifyInstance; readonly own: Caller },
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const query = new URLSearchParams({ ...requiredParameters[path], ...parameters }).toString();
  const headers = { host: api.host, authorization: `Bearer ${api.token}`, accept: "application/json" };
  const { statusCode, body } = await http.inject({ url: `${path}?${query}`, headers });
  return `${statusCode} ${body.replaceAll(/"\d{4}-\d\d-\d\dT[^"]*Z"|"request_id":"[^"]*"|_seconds":[\d.]+/g, "")}`;
}

test("no list, count or statistic depends on the objects of another provider", async ({ site }) => {
  const readAll = async (): Promise<ReadonlyMap<string, string>> => {
    const answers = new Map<string, string>();
    for (const { path } of listings) answers.set(path, await read(site, path));
    return answers;
  };
  const before = await readAll();
  const refused = [...before].filter(([, answer]) => !answer.startsWith("200")).map(([path]) => path);
  expect(refused.filter((path) => !/\/(find|objects\/status)\b/.test(path))).toEqual([]);
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
