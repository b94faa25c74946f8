import { expect } from "vitest";
import { createCursorSeal } from "#http/bellwire-api/fields.ts";
import type { Pool } from "#platform/database/database.ts";
import type { NewProvider } from "#portal/provider-account/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { buildEndpoint, encryption } from "../support/build-webhooks.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";
import { type Scan, openPlanner } from "./read-plan.ts";

const few = 30;
const many = 5_000;

/** Inserts accounts, each with a user, an application, an event and a failed delivery of it. */
const fill = [
  `insert into accounts (provider_id, org_name, plan_id, state)
   select $1, 'Account ' || number, (select id from plans where provider_id = $1 and kind = 'account_plan'), 'approved'
   from generate_series(1, $2) as number`,
  `insert into users (provider_id, account_id, username, email, role, state)
   select $1, id, 'user' || id, 'user' || id || '@fjord.example', 'admin', 'active' from accounts where provider_id = $1`,
  `insert into applications (provider_id, account_id, product_id, plan_id, name, user_key, application_id,
     provider_verification_key)
   select $1, account.id, plan.product_id, plan.id, 'App', 'key' || account.id, 'app' || account.id, 'none'
   from accounts account join plans plan on plan.provider_id = $1 and plan.kind = 'application_plan'
   where account.provider_id = $1`,
  `insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind, channel,
     occurred_at, document, renderer_version)
   select $1, uuidv7(), 'account.created', 'created', id, id, org_name, 1, 'system', 'system', now(), '{}', 1
   from accounts where provider_id = $1`,
  `insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
   select $1, event.id, endpoint.id, 'failed', 6, '3scale'
   from events event join endpoints endpoint on endpoint.provider_id = $1 where event.provider_id = $1`,
  `insert into payloads (provider_id, event_id, format, body, context)
   select $1, id, '3scale', '<event/>', '{}' from events where provider_id = $1`,
  `insert into attempts (provider_id, event_id, endpoint_id, number, at, status, latency_ms)
   select provider_id, event_id, endpoint_id, 6, now(), 500, 1 from deliveries where provider_id = $1`,
  `insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
   select delivery.provider_id, endpoint_id, event_id, now() - interval '1 hour', 'no', endpoint.url
   from deliveries delivery join endpoints endpoint on endpoint.id = endpoint_id where delivery.provider_id = $1`,
];
const filled = ["accounts", "users", "applications", "events", "deliveries", "payloads", "attempts", "failures"];
const baseDomain = "bellwire.test";

const lists = [
  ["/admin/api/accounts.xml", "/admin/api/accounts.json?state=approved", "/admin/api/accounts.json?query=user"],
  [
    "/admin/api/accounts/find.xml?username=user{account}",
    "/admin/api/accounts/find.xml?email=user{account}@fjord.example",
  ],
  ["/admin/api/accounts/{account}.xml", "/admin/api/accounts/{account}/users.xml"],
  ["/admin/api/accounts/{account}/applications.xml", "/admin/api/accounts/{account}/service_contracts.xml"],
  ["/admin/api/applications.xml", "/admin/api/applications.json?name=app&state=live&plan_type=free"],
  ["/admin/api/applications.json?account_query=Account", "/admin/api/applications.json?service_id=1&plan_id=1"],
  ["/admin/api/applications/find.xml?user_key=key{account}", "/admin/api/applications/find.xml?app_id=app{account}"],
  ["/admin/api/webhooks/failures.xml", "/api/v1/failures", "/api/v1/failures/count", "/api/v1/mails"],
  ["/api/v1/audit_records"],
  ["/api/v1/events", "/api/v1/events?type=account.created", "/api/v1/events?account_id={account}"],
  ["/api/v1/events?object_id={account}", "/api/v1/events?since=2026-01-01T00:00:00Z", "/api/v1/deliveries"],
  ["/api/v1/events?order=oldest", "/api/v1/events?order=oldest&type=account.created&account_id={account}"],
  ["/api/v1/events?order=oldest&since=2026-01-01T00:00:00Z&after={cursor}"],
  ["/api/v1/deliveries?state=failed", "/api/v1/deliveries?state=pending&event_type=account.created"],
  ["/api/v1/deliveries?endpoint_id={endpoint}&state=delivered"],
].flat();

test(
  "no list reads rows of another provider, with custom or generic plans",
  { timeout: 120_000 },
  async ({ database: pool, databaseUrl }) => {
    const { provider, accessToken: token, ids } = await fillTwo(pool);
    const statements: RecordedStatement[] = [];
    await using server = await openWebServer(recording(pool, statements), { baseDomain });
    const headers = { host: `${provider.subdomain}-admin.${baseDomain}`, authorization: `Bearer ${token}` };
    for (const list of lists) {
      const url = list.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(ids[name]));
      const { statusCode } = await server.http.inject({ url, headers });
      expect([list, statusCode]).toEqual([list, expect.toBeOneOf([200, 404])]);
    }

    const tables = new Set<string>();
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      await using planner = await openPlanner(databaseUrl, mode);
      for (const { text, values } of statements) {
        const scans = (await planner.scansOf(text, values)).filter(({ table }) => filled.includes(table));
        for (const { table } of scans) tables.add(table);
        expect({ mode, text, wrong: scans.filter((scan) => !isOwn(scan)) }).toEqual({ mode, text, wrong: [] });
      }
    }
    expect([...tables].toSorted()).toEqual(filled.toSorted());
  },
);

/** A scan of a day without events reads nothing, an id has one row among all providers, and an event belongs to one of them. */
const isOwn = ({ rows, isByIndex, index }: Scan): boolean =>
  rows <= few * 2 &&
  (isByIndex || rows === 0) &&
  (index === undefined || ["provider_id", "event_id"].includes(index.first) || index.name.endsWith("_id_key"));

interface RecordedStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Returns a pool that records its statements. */
const recording = (pool: Pool, statements: RecordedStatement[]): Pool => ({
  ...pool,
  query: (text, values = []) => {
    statements.push({ text, values });
    return pool.query(text, values);
  },
});

/** Builds a provider with few accounts and their objects, beside one with many. */
async function fillTwo(pool: Pool): Promise<NewProvider & { ids: Readonly<Record<string, number | string>> }> {
  const [small, large] = [await setUp(pool), await setUp(pool)];
  const url = "http://127.0.0.1:9/hook";
  const endpoint = await buildEndpoint(pool, { providerId: small.provider.id, url });
  await buildEndpoint(pool, { providerId: large.provider.id, url });
  for (const statement of fill) {
    for (const values of [
      [large.provider.id, many],
      [small.provider.id, few],
    ]) {
      await pool.query(statement, values.slice(0, statement.includes("$2") ? 2 : 1));
    }
  }
  const [account] = await pool.query<{ id: number }>(`select max(id) as id from accounts where provider_id = $1`, [
    small.provider.id,
  ]);
  const cursor = createCursorSeal(encryption).seal(small.provider.id, "1~00000000-0000-0000-0000-000000000000");
  const ids = { endpoint, account: account?.id ?? 0, cursor };
  return { ...small, ids };
}
