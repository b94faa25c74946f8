import type { FastifyInstance } from "fastify";
import type { Pool } from "#platform/database/database.ts";
import { deliveryId } from "#webhooks/deliveries/index.ts";
import { all, countColumns } from "../../src/webhooks/statistics/counts.ts";
import { type ProviderApi, createProviderApi } from "../api/api-test.ts";
import { createPortalObjects, featureIn, idsByCollection } from "../api/portal-objects.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { schema } from "../support/test-databases.ts";

export type Ids = Readonly<Record<string, string | number>>;

export interface Caller {
  readonly api: ProviderApi;
  readonly ids: Ids;
}

/** Creates a provider with one of each object. `ids` are keyed by the names in paths. */
export async function createObjects(pool: Pool, http: FastifyInstance): Promise<Caller> {
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
    sessions: await firstOf("sessions", "left(encode(sha256(digest), 'hex'), 32)"),
    "log-ins": await firstOf(
      "identities",
      // As mark() leaves the subject.
      "left(encode(sha256(convert_to(authentication_provider_id || ' canary-' || subject, 'UTF8')), 'hex'), 32)",
    ),
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
    // So that its developers can be signed in, and can remove a log-in with an identity provider.
    `update users set email = 'user' || id || '@quay.example', state = 'active', password_hash = 'none' where provider_id = $1::bigint`,
    `update accounts set state = 'approved' where provider_id = $1::bigint`,
    `insert into account_plan_requests (provider_id, account_id, plan_id) values ($1::bigint, ${ids["account"]}, ${ids["accountPlan"]})`,
    `insert into plan_requests (provider_id, application_id, plan_id) values ($1::bigint, ${ids["application"]}, ${ids["applicationPlan"]})`,
    `insert into application_keys (provider_id, application_id, value) values ($1::bigint, ${ids["application"]}, 'key-' || $1::bigint::text)`,
    `insert into referrer_filters (provider_id, application_id, value) values ($1::bigint, ${ids["application"]}, 'example.org')`,
    `insert into messages (provider_id, account_id, sender, subject, body) select $1::bigint, ${ids["account"]}, sender, 'Hello', 'text' from unnest(array['account', 'provider']) as sender`,
    `insert into mails (provider_id, recipient, subject, text) values ($1::bigint, 'a@b.example', 'Hello', 'text')`,
    `insert into bins (provider_id, id) values ($1::bigint, 'bin' || $1::bigint::text)`,
    `insert into bin_shares (provider_id, bin_id, digest, expires_at) values ($1::bigint, 'bin' || $1::bigint::text, '', now() + interval '1 day')`,
    `insert into bin_requests (provider_id, bin_id, number, method, path, query, headers, body)
     values ($1::bigint, 'bin' || $1::bigint::text, 1, 'POST', '/', '', '[]',
       convert_to('{"account_id":${ids["account"]},"user_id":${ids["user"]}}', 'UTF8'))`,
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
        select $1::bigint, endpoint_id, event_type, date_trunc('day', now()), ${countColumns.map(() => 1).join(", ")}, '{1}', '{1}'
        from (values (${ids["endpoint"]}, 'account.created'), (${all.endpointId}, '${all.eventType}')) as counted (endpoint_id, event_type)`,
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
    `insert into idempotency_keys (provider_id, caller, key, digest) values ($1::bigint, 'key', 'none', '')`,
    `insert into audit_records (provider_id, actor_kind, action, subject, detail)
     values ($1::bigint, 'system', 'x', 'y', jsonb_build_object('accountId', ${ids["account"]}::bigint))`,
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
export const fillIn = (path: string, ids: Ids): string =>
  path.replaceAll(/([\w-]+)\/:\w+/g, (_, object: string) => {
    const ofProvider = path.startsWith("/admin/api/users") && object === "users" ? "provider_users" : object;
    const ofPortal = path.startsWith("/admin/api/account/") ? "ownAuthenticationProvider" : ofProvider;
    const name = object === "features" ? featureIn(path) : ofPortal;
    const id = ids[name];
    if (id === undefined) throw new Error(`createObjects() returns no id of ${name}, which ${path} names.`);
    return `${object}/${id}`;
  });

export interface OwnTable {
  readonly name: string;
  /** Text columns without constraints, which may have any value. */
  readonly texts: readonly string[];
}

/** Returns every table with a provider_id, without the partitions of the history. */
export const ownTables = (db: Pool): Promise<OwnTable[]> =>
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
export async function mark(owner: Pool, tables: readonly OwnTable[], providerId: number): Promise<void> {
  for (const { name, texts } of tables) {
    const sets = texts.map((text) => `"${text}" = 'canary-' || "${text}"`);
    if (sets.length > 0)
      await owner.query(`update ${name} set ${sets.join(", ")} where provider_id = $1`, [providerId]);
  }
}

export async function snapshot(
  owner: Pool,
  tables: readonly OwnTable[],
  providerId: number,
): Promise<Map<string, unknown>> {
  const rows = new Map<string, unknown>();
  for (const { name } of tables) {
    const statement = `select to_jsonb(stored)::text as row from ${name} stored where provider_id = $1 order by 1`;
    rows.set(name, await owner.query(statement, [providerId]));
  }
  return rows;
}
