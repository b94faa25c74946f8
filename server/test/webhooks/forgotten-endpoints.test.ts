import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { createLogger } from "#platform/logger.ts";
import { deleteFailures, listDeliveries } from "#webhooks/deliveries/index.ts";
import {
  cancelDueOfDeletedEndpoints,
  deleteEndpoint,
  deleteForgottenEndpoints,
  eraseDeletedEndpoint,
} from "#webhooks/endpoints/index.ts";
import { deleteExpired } from "../../src/app/housekeeping.ts";
import { buildEndpoint, buildProvider, bySystem, encryption, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);
const retention = { retentionDays: 30, auditRetentionDays: 730, statisticsDays: 400 };
const signal = new AbortController().signal;

const counts = `event_type, at, outcome_2xx, outcome_3xx, outcome_4xx, outcome_5xx, outcome_timeout, outcome_connection, outcome_tls,
  outcome_forbidden, first_attempt_successes, retries, delivered, failed, bytes_sent, bytes_received, latencies, delays`;
const someCounts = "'account.created', now(), 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, '{}', '{}'";
const event = "uuid_v7_floor(now())";

/** Columns and values of a row of each table that names an endpoint, apart from its provider and the endpoint. */
const naming: Readonly<Record<string, readonly [columns: string, values: string]>> = {
  alert_rules: ["kind, for_seconds, clear_for_seconds, min_attempts", "'disabled', 0, 0, 1"],
  alerts: ["kind, state, since, closed_at, sentence", "'disabled', 'closed', now(), now(), ''"],
  deleted_failures: ["deletion_id, event_id, failed_at, error, url", `1, ${event}, now(), '', ''`],
  deliveries: ["event_id, state, attempts_made, format", `${event}, 'delivered', 1, 'json'`],
  due: ["event_id, format, sequence", `${event}, 'json', 1`],
  failures: ["event_id, error, url", `${event}, '', ''`],
  jobs: ["kind, subject, selection, actor_kind, finished_at", "'replay', 'events', '{}', 'key', now()"],
  replays: ["since, until, kind, last_event, finished_at", `now(), now(), 'all', ${event}, now()`],
  sent_settings: ["version, url, secret, event_source, user_agent", "1, '', '', '', ''"],
  statistics_days: [counts, someCounts],
  statistics_hours: [counts, someCounts],
  statistics_minutes: [counts, someCounts],
};

/** Rows that leave with their endpoint. */
const belonging: typeof naming = {
  lane_reports: [
    "epoch, released, counted_in, in_flight, window_size, unanswered, failed_attempts",
    "1, true, 1, 0, 1, 0, 0",
  ],
};

/** Others: a lane is inserted with its endpoint, and an attempt has a delivery for as long as it is kept. */
const others = ["attempts", "lanes"];

const readNaming = (pool: Pool): Promise<readonly { readonly name: string }[]> =>
  pool.query(
    `select table_name as name from information_schema.columns
     where table_schema = $1 and column_name = 'endpoint_id'
       and format('%I.%I', table_schema, table_name)::regclass not in (select inhrelid from pg_inherits)
     order by table_name`,
    [schema],
  );

/** Returns the tables with a row that names the endpoint. */
async function tablesWith(pool: Pool, id: number): Promise<readonly string[]> {
  const found: string[] = [];
  if ((await pool.query("select from endpoints where id = $1", [id])).length > 0) found.push("endpoints");
  for (const { name } of await readNaming(pool))
    if ((await pool.query(`select from ${name} where endpoint_id = $1`, [id])).length > 0) found.push(name);
  return found;
}

interface Key {
  readonly providerId: number;
  readonly id: number;
}

const insertRow = (pool: Pool, table: string, { providerId, id }: Key): Promise<unknown> => {
  const [columns, values] = naming[table] ?? belonging[table] ?? [];
  return pool.query(`insert into ${table} (provider_id, endpoint_id, ${columns}) values ($1, $2, ${values})`, [
    providerId,
    id,
  ]);
};

async function buildErased(pool: Pool): Promise<Key> {
  const providerId = await buildProvider(pool);
  const id = await buildEndpoint(pool, { providerId, url: "https://crm.example/" });
  await deleteAndErase(pool, { providerId, id });
  return { providerId, id };
}

async function deleteAndErase(pool: Pool, { providerId, id }: Key): Promise<void> {
  await deleteEndpoint(pool, { providerId, id, ...bySystem });
  await pool.query("update endpoints set deleted_at = deleted_at - interval '66 seconds' where id = $1", [id]);
  await pool.inTransaction(cancelDueOfDeletedEndpoints);
  expect(await eraseDeletedEndpoint(pool, encryption)).toBe(true);
}

const forget = (pool: Pool, now: Date): Promise<readonly number[]> =>
  pool.inTransaction((tx) => deleteForgottenEndpoints(tx, { now, keptDays: 400 }));

test("any row that names a deleted endpoint keeps it, in every table", async ({ database, owner }) => {
  const tables = (await readNaming(database)).map(({ name }) => name);
  expect([...Object.keys(naming), ...Object.keys(belonging), ...others].toSorted()).toEqual(tables);
  const key = await buildErased(database);
  for (const table of Object.keys(naming)) {
    await insertRow(owner, table, key);
    expect([table, await forget(database, inDays(402))]).toEqual([table, []]);
    await owner.query(`delete from ${table}`);
  }
  expect(await forget(database, inDays(400))).toEqual([]);
  expect(await forget(database, inDays(402))).toEqual([key.id]);
});

test("an endpoint that nothing names leaves with all that belongs to it, and no other does", async ({
  database,
  owner,
}) => {
  const key = await buildErased(database);
  const staying = { ...key, id: await buildEndpoint(database, { ...key, name: "erp", url: "https://erp.example/" }) };
  for (const table of Object.keys(belonging)) {
    await insertRow(owner, table, key);
    await insertRow(owner, table, staying);
  }
  const tables = ["endpoints", ...Object.keys(belonging), "lanes"].toSorted();
  expect((await tablesWith(database, key.id)).toSorted()).toEqual(tables);
  const needs = { pool: database, log: createLogger("silent"), ...retention };
  expect(await deleteExpired(signal, inDays(402), needs)).toBe(true);
  expect(await tablesWith(database, key.id)).toEqual([]);
  expect((await tablesWith(database, staying.id)).toSorted()).toEqual(tables);
});

test("an endpoint stays while an engine owns its lane, unless the engine has died", async ({ database }) => {
  const { id } = await buildErased(database);
  const beats = (age: string) =>
    database.query("update engines set beat_at = clock_timestamp() - $1::interval where id = $2", [age, engineId]);
  const engineId = "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33";
  await database.query("insert into engines (id) values ($1)", [engineId]);
  await database.query("update lanes set owner = $1 where endpoint_id = $2", [engineId, id]);
  expect(await forget(database, inDays(402))).toEqual([]);
  await beats("2 hours");
  expect(await forget(database, inDays(402))).toEqual([id]);
});

test("an endpoint that somebody changes at the moment is left to the next run", async ({ database }) => {
  const { id } = await buildErased(database);
  await database.inTransaction(async (tx) => {
    await tx.query("select from endpoints where id = $1 for update", [id]);
    expect(await forget(database, inDays(402))).toEqual([]);
  });
  expect(await forget(database, inDays(402))).toEqual([id]);
});

test("after its deletion and the retention, no table names an endpoint that has sent and failed", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const id = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [0] });
  receiver.answer((answer) => answer.writeHead(500).end());
  {
    await using _engine = await startTestEngine(database);
    await recordNow(database, { providerId });
    await until(async () => (await listDeliveries(database, { providerId, limit: 9 }))[0]?.state === "failed");
  }
  expect(await tablesWith(database, id)).toEqual(
    expect.arrayContaining(["attempts", "sent_settings", "statistics_days"]),
  );
  await deleteAndErase(database, { providerId, id });
  const needs = { pool: database, log: createLogger("silent"), ...retention };
  expect(await deleteExpired(signal, inDays(450), needs)).toBe(true);
  expect(await tablesWith(database, id)).toEqual([
    "endpoints",
    "attempts",
    "deliveries",
    "failures",
    "lane_reports",
    "lanes",
    "sent_settings",
  ]);
  await until(async () => (await deleteFailures(database, { providerId }, bySystem)) === 1); // once its second is over
  expect(await deleteExpired(signal, inDays(450), needs)).toBe(true);
  expect(await tablesWith(database, id)).toEqual([]);
});
