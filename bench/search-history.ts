/** Generates a history of events and deliveries in PostgreSQL, some minutes for 5,000,000. Used by the benchmark of search. */
import type pg from "pg";

const endpoints = 20;
const accounts = 100_000;
/** One of so many events belongs to another provider, in the same tables. */
const neighbourShare = 10;

export const providerId = 1;
const neighbourId = 2;

// A tenth of the events belongs to another provider. Each outcome is drawn independently of all others, with a hash of the row's number as
// the random number. Receivers 1 to 19 take 5 to 80 ms; 0.1 % of the first attempts take more than a second. 0.1 % of the deliveries
// failed after five attempts, 0.02 % were cancelled, 0.2 % are pending with up to two failed attempts, and 1 % were retried once.
const drawn = (row: string, subject: number, outOf: number): string =>
  `(hashint8extended(${row}, ${subject}) & 9223372036854775807) % ${outOf}`;

const eventsOfDay = `
  insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind, actor_user_id,
    channel, occurred_at, document, renderer_version, recorded_in)
  select case when n % ${neighbourShare} = 0 then ${neighbourId} else ${providerId} end,
    (substr(uuid_v7_floor(at)::text, 1, 14) || '7' || lpad(to_hex(n % 4096), 3, '0') || '-8' || lpad(to_hex(n / 4096 % 4096), 3, '0')
      || '-' || lpad(to_hex(n), 12, '0'))::uuid,
    type, split_part(type, '.', 2), n % 500000, n * 7919 % ${accounts}, 'Account ' || n * 7919 % ${accounts}, n, kind,
    case when kind in ('key', 'system') then null else n % 20000 end, channel, at,
    json_build_object('name', split_part(type, '.', 1), 'record', json_build_array(
      json_build_object('name', 'id', 'value', n % 500000),
      json_build_object('name', 'org_name', 'value', 'Account ' || n * 7919 % ${accounts}),
      json_build_object('name', 'email', 'value', 'user' || n % 1000000 || '@quay.example'),
      json_build_object('name', 'note', 'value', repeat(md5(n::text), 12)))), 1, n
  from (
    select n, $1::timestamptz + make_interval(secs => 86400.0 * (n - $2::bigint) / $3::bigint) as at,
      case when ${drawn("n", 1, 5000)} = 0 then 'account.plan_changed' else (array['account.updated', 'application.updated',
        'user.updated'])[1 + ${drawn("n", 2, 3)}] end as type,
      case when ${drawn("n", 3, 4000)} = 0 then 'system' when ${drawn("n", 3, 4000)} < 5 then 'key'
        when ${drawn("n", 3, 4000)} < 400 then 'admin' else 'developer' end as kind,
      case when ${drawn("n", 3, 4000)} = 0 then 'system' when ${drawn("n", 3, 4000)} < 5 then 'api'
        when ${drawn("n", 3, 4000)} < 400 then 'admin_portal' else 'developer_portal' end as channel
    from generate_series($2::bigint, $2::bigint + $3::bigint - 1) n
  ) event`;

const fate = `
  select event.provider_id, event.id, occurred_at as at, n, endpoint + case when event.provider_id = ${neighbourId} then 1000 else 0 end
      as endpoint_id,
    case when endpoint = ${endpoints} then 250 + ${drawn("n", 5, 300)} when ${drawn("n", 6, 1000)} = 0 then 1000 + ${drawn("n", 7, 9000)}
      else 5 + ${drawn("n", 7, 75)} end as latency,
    case when luck < 10 then 'failed' when luck < 12 then 'cancelled' when luck < 32 then 'pending' else 'delivered' end as state,
    case when luck < 10 then 5 when luck < 12 then 0 when luck < 32 then ${drawn("n", 8, 3)} when luck < 132 then 2 else 1 end::int
      as attempts
  from (select *, recorded_in as n, 1 + ${drawn("recorded_in", 4, endpoints)} as endpoint, ${drawn("recorded_in", 9, 10_000)} as luck
    from events where id >= uuid_v7_floor($1) and id < uuid_v7_floor($1 + interval '1 day')) event`;

/** Statuses and classes of failed attempts. A delivery's attempts mostly fail in the same way. */
const failures = `array['500', '500', '500', '503', '503', '502', '429', '404', 'timeout', 'connection', 'tls', 'forbidden']`;

const deliveriesOfDay = `
  with fate as (
    select *, (${failures})[1 + ${drawn("n", 10, 12)}] as failure from (${fate}) each_fate
  ), pending as (
    insert into due (provider_id, event_id, endpoint_id, format, attempts_made, sequence, due_at)
    select provider_id, id, endpoint_id, 'json', attempts, n, now() from fate where state = 'pending'
  ), attempted as (
    insert into attempts (provider_id, event_id, endpoint_id, number, at, status, error, error_class, latency_ms, recorded_in)
    select provider_id, id, endpoint_id, number, at + make_interval(secs => number * 60),
      case when succeeded then 200 when failure ~ '^[0-9]' then failure::integer end,
      case when not succeeded then 'It failed: ' || failure end,
      case when not succeeded and failure !~ '^[0-9]' then failure end,
      latency, n
    from fate
    cross join lateral generate_series(1, attempts) number
    cross join lateral (select number = attempts and state = 'delivered' as succeeded) result
    where not (state = 'delivered' and attempts = 1)
  )
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format, ended_at, first_at, first_status,
    first_latency_ms, recorded_in)
  select provider_id, id, endpoint_id, state, attempts, 'json', at,
    case when state = 'delivered' and attempts = 1 then at end, case when state = 'delivered' and attempts = 1 then 200 end,
    case when state = 'delivered' and attempts = 1 then latency end, n
  from fate where state <> 'pending'`;

const providers = `
  insert into providers (id, name, subdomain, provider_key_digest)
  select id, 'Provider ' || id, 'p' || id, sha256(id::text::bytea) from generate_series(1, 2) id`;
const endpointRows = `
  insert into endpoints (provider_id, id, name, url, url_masked, secret, retry_waits_seconds)
  select provider, n + case when provider = ${neighbourId} then 1000 else 0 end, 'endpoint ' || n, '', 'https://receiver' || n || '.quay.example/', '', '{}'
  from generate_series(1, 2) provider, generate_series(1, ${endpoints}) n`;
const accountRows = `
  with plan as (
    insert into plans (provider_id, kind, name, system_name) values (${providerId}, 'account_plan', 'Default', 'default') returning id
  )
  insert into accounts (provider_id, id, org_name, plan_id)
  select ${providerId}, n, 'Account ' || n, plan.id from plan, generate_series(1, ${accounts}) n`;

const portalRows = [
  `insert into products (provider_id, id, name, system_name) values (${providerId}, 1, 'API', 'api')`,
  `insert into plans (provider_id, id, kind, name, system_name, product_id)
   values (${providerId}, 999, 'application_plan', 'Basic', 'basic', 1)`,
  `insert into users (provider_id, id, account_id, username, email)
   select ${providerId}, n, n, 'user' || n, 'user' || n || '@quay.example' from generate_series(1, ${accounts}) n`,
  `insert into applications (provider_id, id, account_id, product_id, plan_id, name, user_key, application_id,
     provider_verification_key)
   select ${providerId}, n, n, 1, 999, 'App ' || n, md5(n::text), 'app' || n, '' from generate_series(1, ${accounts}) n`,
];

/** Inserts 100,000 accounts with a user and an application each, and deliveries of a number of days until yesterday, in equal parts. */
export async function generateHistory(client: pg.Client, deliveries: number, days: number): Promise<void> {
  for (const statement of [providers, endpointRows, accountRows, ...portalRows]) await client.query(statement);
  await client.query("select add_history_days(current_date - $1::integer, current_date)", [days]);
  const perDay = Math.ceil(deliveries / days);
  for (let day = days; day > 0; day -= 1) {
    const { rows } = await client.query(
      "select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - make_interval(days => $1) as start",
      [day],
    );
    const start: unknown = rows[0]?.start;
    await client.query(eventsOfDay, [start, (days - day) * perDay, perDay]);
    await client.query(deliveriesOfDay, [start]);
  }
  await client.query("vacuum analyze");
}
