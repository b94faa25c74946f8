import type { Pool } from "#platform/database/database.ts";
import { record, value } from "#platform/document.ts";
import { buildEndpoint, buildProvider } from "../support/build-webhooks.ts";

/** A row as the tables contain it, for expectations computed from plain values. */
export interface StoredAttempt {
  readonly number: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly errorClass: string | null;
  readonly latencyMs: number;
}

export interface StoredEvent {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly objectId: number;
  readonly accountId: number;
  readonly accountName: string;
  readonly actor: string;
  readonly channel: string;
  readonly email: string;
  readonly sequence: number;
}

export interface StoredDelivery extends StoredEvent {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly state: string;
  readonly attemptsMade: number;
  readonly attempts: readonly StoredAttempt[];
}

export interface History {
  readonly providerId: number;
  readonly endpointIds: readonly number[];
  readonly events: readonly StoredEvent[];
  readonly deliveries: readonly StoredDelivery[];
}

const types = ["account.created", "account.updated", "user.created", "application.created", "account.deleted"];
const accounts = ["Harbour & Sons", "Harbour Ltd", 'Quay "Ferry"', "Ähre AG", "100% Boats"];
const causes = [
  { actor: "developer:21", channel: "developer_portal" },
  { actor: "developer:22", channel: "developer_portal" },
  { actor: "admin:3", channel: "admin_portal" },
  { actor: "token:3", channel: "api" },
  { actor: "key", channel: "api" },
  { actor: "system", channel: "system" },
];
const failures = [
  { status: 500, error: "Answered 500", errorClass: null },
  { status: 503, error: "Answered 503", errorClass: null },
  { status: 404, error: "Answered 404", errorClass: null },
  { status: 301, error: "Answered 301; redirects are not followed", errorClass: null },
  { status: 204, error: "Answered 204; only 200 counts as delivered", errorClass: null },
  { status: null, error: "No connection within 10 s", errorClass: "timeout" },
  { status: null, error: "hooks.example refused the connection", errorClass: "connection" },
  { status: null, error: "The certificate of hooks.example has expired.", errorClass: "tls" },
  { status: null, error: "hooks.example leads to 10.0.0.1", errorClass: "forbidden" },
  { status: null, error: "Recorded by an older version", errorClass: null },
];
const latencies = [1, 20, 99, 100, 101, 800, 6000];

const pick = <It>(items: readonly It[], index: number): It => {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("There is nothing to pick from");
  return item;
};

const insertAccounts = `
  with plan as (
    insert into plans (provider_id, kind, name, system_name) values ($1, 'account_plan', 'History', 'history') returning id
  )
  insert into accounts (provider_id, id, org_name, plan_id)
  select $1, unnest($2::bigint[]), unnest($3::text[]), id from plan`;
const insertEvent = `
  insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind, actor_user_id,
    channel, occurred_at, document, renderer_version)
  values ($1, $2, $3, split_part($3, '.', 2), $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)`;
const insertAttempt = `
  insert into attempts (provider_id, event_id, endpoint_id, number, at, status, error, error_class, latency_ms)
  values ($1, $2, $3, $4, now(), $5, $6, $7, $8)`;
const insertDelivery = `
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format, first_at, first_status, first_latency_ms)
  values ($1, $2, $3, $4, $5, '3scale', case when $6::integer is not null then now() end, $6, $7)`;
const insertDue = `
  insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, sequence)
  values ($1, $2, $3, '3scale', $4, $5, 1)`;

/** The number of failed attempts of a delivery, and its final state. */
const fates = [
  { failed: 0, state: "delivered", isAgainPending: false },
  { failed: 0, state: "delivered", isAgainPending: true },
  { failed: 2, state: "delivered", isAgainPending: false },
  { failed: 3, state: "failed", isAgainPending: false },
  { failed: 0, state: "cancelled", isAgainPending: false },
  { failed: 1, state: "cancelled", isAgainPending: false },
  { failed: 0, state: "pending", isAgainPending: false },
  { failed: 1, state: "pending", isAgainPending: false },
  { failed: 4, state: "failed", isAgainPending: true },
];

/**
 * Inserts three endpoints and events of the last days, twelve by default, of a new provider by default. Every attribute changes with its own period,
 * so that all combinations occur.
 */
export async function buildHistory(
  pool: Pool,
  {
    eventCount = 150,
    days = 12,
    now = new Date(),
    ...owner
  }: { readonly eventCount?: number; readonly days?: number; readonly now?: Date; readonly providerId?: number } = {},
): Promise<History> {
  await pool.query(
    `select add_history_days(today - $1::integer - 1, today)
    from (select ($2::timestamptz at time zone 'UTC')::date as today) clock`,
    [days, now],
  );
  const providerId = owner.providerId ?? (await buildProvider(pool));
  const short = providerId % 1_000_000; // a part of other ids
  await pool.query(insertAccounts, [providerId, accounts.map((_, at) => 100 * short + at), accounts]);
  const endpointIds: number[] = [];
  const names = ["crm", "billing", "audit"];
  for (const name of names) {
    endpointIds.push(await buildEndpoint(pool, { providerId, name, url: "http://127.0.0.1:9/" }));
  }
  const events: StoredEvent[] = [];
  const deliveries: StoredDelivery[] = [];
  for (let index = 0; index < eventCount; index += 1) {
    const occurredAt = new Date(now.getTime() - ((eventCount - index) * days * 24 * 3_600_000) / eventCount);
    const hex = occurredAt.getTime().toString(16).padStart(12, "0");
    const tail = `${short}${String(index).padStart(4, "0")}`.padStart(12, "0");
    const eventId = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${tail}`;
    const accountIndex = Math.floor(index / 3);
    const cause = pick(causes, Math.floor(index / 2));
    const event: StoredEvent = {
      eventId,
      type: pick(types, index),
      occurredAt,
      objectId: 500 + (index % 40),
      accountId: 100 * short + (accountIndex % accounts.length),
      accountName: pick(accounts, accountIndex),
      ...cause,
      sequence: index,
      email: `mira+${index % 7}@quay.example`,
    };
    events.push(event);
    const { accountId, accountName } = event;
    const document = record(event.type.split(".")[0] ?? "", [
      value("id", event.objectId),
      value("email", event.email),
      ...(event.type.startsWith("account.") ? [value("org_name", accountName)] : []),
      value("user_key", "concealed"),
    ]);
    const [kind, userId = null] = event.actor.split(":");
    await pool.query(insertEvent, [
      providerId,
      eventId,
      event.type,
      event.objectId,
      accountId,
      accountName,
      index,
      kind,
      userId,
      event.channel,
      occurredAt,
      JSON.stringify(document),
    ]);
    const receivers = endpointIds.filter((_, at) => (index + at) % 4 !== 0 && index % 11 !== 0);
    for (const [at, endpointId] of receivers.entries()) {
      const fate = pick(fates, index * 2 + at * 5);
      const delivery = { providerId, eventId, endpointId, fate, seed: index + at };
      const attempts = await insertFate(pool, delivery);
      deliveries.push({
        ...event,
        endpointId,
        endpointName: names[endpointIds.indexOf(endpointId)] ?? "",
        state: fate.isAgainPending ? "pending" : fate.state,
        attemptsMade: attempts.length,
        attempts,
      });
    }
  }
  return { providerId, endpointIds, events: events.toReversed(), deliveries: deliveries.toSorted(newestFirst) };
}

const newestFirst = (a: StoredDelivery, b: StoredDelivery): number =>
  a.eventId === b.eventId ? b.endpointId - a.endpointId : a.eventId < b.eventId ? 1 : -1;

interface DeliveryToInsert {
  readonly providerId: number;
  readonly eventId: string;
  readonly endpointId: number;
  readonly fate: (typeof fates)[number];
  readonly seed: number;
}

async function insertFate(
  pool: Pool,
  { providerId, eventId, endpointId, fate, seed }: DeliveryToInsert,
): Promise<readonly StoredAttempt[]> {
  const key = [providerId, eventId, endpointId];
  const attempts: StoredAttempt[] = Array.from({ length: fate.failed }, (_, at) => ({
    number: at + 1,
    ...pick(failures, seed + at),
    latencyMs: pick(latencies, seed + at),
  }));
  const isAtOnce = fate.state === "delivered" && fate.failed === 0;
  if (fate.state === "delivered") {
    const success = { status: pick([200, 201], seed), error: null, errorClass: null, latencyMs: pick(latencies, seed) };
    attempts.push({ number: fate.failed + 1, ...success });
  }
  for (const { number, status, error, errorClass, latencyMs } of isAtOnce ? [] : attempts) {
    await pool.query(insertAttempt, [...key, number, status, error, errorClass, latencyMs]);
  }
  const attemptsMade = attempts.length;
  const [first] = isAtOnce ? attempts : [];
  if (fate.state !== "pending") {
    await pool.query(insertDelivery, [...key, fate.state, attemptsMade, first?.status, first?.latencyMs]);
  }
  if (fate.state === "pending" || fate.isAgainPending) {
    await pool.query(insertDue, [...key, attemptsMade, fate.isAgainPending ? attemptsMade : 0]);
  }
  return attempts;
}
