import pg from "pg";
import { expect } from "vitest";
import { readEndpointReadings } from "#alerts/index.ts";
import { createLogger } from "#platform/logger.ts";
import {
  addComingDays,
  advanceRetention,
  deleteFailuresForUndo,
  listDeliveries,
  listFailures,
  purgeDeletedFailures,
  readDelivery,
  readHistoryDays,
  readRetentionBehind,
  restoreBatch,
  retireExpiredDays,
  retryFailures,
  undoDeletion,
} from "#webhooks/deliveries/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { followEvents, readEvent, readNotifications } from "#webhooks/events/index.ts";
import type { JobSubject } from "#webhooks/jobs/index.ts";
import { findPage } from "#webhooks/search/index.ts";
import { openDatabaseClock } from "../../src/app/cell-contexts.ts";
import { renderRows } from "../../src/webhooks/jobs/export-rows.ts";
import { fail } from "../support/build-failures.ts";
import { buildEndpoint, buildProvider, bySystem, encryption, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const dayMs = 86_400_000;

const retire = async (pool: Pool, now: Date): Promise<readonly string[]> =>
  (await retireExpiredDays(pool, { now, retentionDays: 30 })).days;

test("a process that runs for months always has partitions for the coming days", async ({ database }) => {
  const { now, daysReady } = await readHistoryDays(database);
  expect(daysReady).toBeLessThan(14); // the tests' template has only today's
  await addComingDays(database);
  expect(await readHistoryDays(database)).toMatchObject({ daysReady: 15 });
  // A foreign id: ours never run backwards, so this process would record its next event days ahead.
  const insert = `
    insert into payloads (provider_id, event_id, format, body, context) values (1, uuid_v7_floor($1), '3scale', '', '{}')`;
  await database.inTransaction((tx) => tx.query(insert, [new Date(now.getTime() + 13 * dayMs)]));
});

// PostgreSQL locks the tables that it plans. A prepared statement is also planned for any values, in its sixth execution.
test("reads and exports of one event, delivery or failure plan no other day of the history", async ({ database }) => {
  await addComingDays(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(database, { providerId });
  await fail(database, providerId, "an hour ago");
  const rows = { providerId, eventIds: [eventId], endpointIds: [endpointId], attemptNumbers: [null] };
  const exportRows = (db: Database, subject: JobSubject) => renderRows(db, { ...rows, subject, format: "ndjson" });
  const reads: Readonly<Record<string, (db: Database) => Promise<unknown>>> = {
    delivery: (db) => readDelivery(db, { providerId, eventId, endpointId }),
    event: (db) => readEvent(db, providerId, eventId),
    "deliveries of events": (db) => listDeliveries(db, { providerId, eventIds: [eventId], limit: 9 }),
    notifications: (db) => readNotifications(db, { providerId, eventIds: [eventId], limit: 9 }),
    failures: (db) => listFailures(db, encryption, { providerId }, { limit: 9 }),
    "an export of deliveries": (db) => exportRows(db, "deliveries"),
    "an export of failures": (db) => exportRows(db, "failures"),
    "an export of attempts": (db) => exportRows(db, "attempts"),
    "an export of events": (db) => exportRows(db, "events"),
    "failures of an endpoint": (db) =>
      listFailures(db, encryption, { providerId, endpointIds: [endpointId] }, { limit: 9 }),
  };
  for (const [name, read] of Object.entries(reads)) {
    const days = await database.inTransaction(async (tx) => {
      for (let execution = 1; execution <= 7; execution += 1) await read(tx);
      return tx.query(lockedDays);
    });
    expect([name, days.length]).toEqual([name, 1]);
  }
});

/** Copies an endpoint, and deletes the copies. */
const insertDeletedEndpoints = `
  insert into endpoints (provider_id, name, url, url_masked, secret, retry_waits_seconds, deleted_at)
  select provider_id, 'deleted ' || copy, url, url_masked, secret, retry_waits_seconds, now() - interval '2 days'
  from endpoints, generate_series(1, 1000) copy where id = $1`;

const endpointsRead = `
  select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as count
  from pg_stat_xact_user_tables where relid = 'endpoints'::regclass`;

test("an event and searches read none of the endpoints that were deleted before, except those of the event", async ({
  database,
  owner,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(database, { providerId });
  await database.query(insertDeletedEndpoints, [endpointId]);
  await owner.query("analyze endpoints");
  // Of the last part of the history: each part that is searched reads some.
  const search = { providerId, filter: { since: new Date(Date.now() - 60_000) }, accountIds: undefined };
  const reads: Readonly<Record<string, (db: Database) => Promise<number | undefined>>> = {
    event: async (db) => (await readEvent(db, providerId, eventId))?.verdicts.length,
    deliveries: async (db) =>
      (await findPage({ db, clock: systemClock }, "deliveries", search, { limit: 9 })).rows.length,
  };
  for (const [name, read] of Object.entries(reads)) {
    const [found, counted] = await database.inTransaction(async (tx) => [
      await read(tx),
      await tx.query<{ count: number }>(endpointsRead),
    ]);
    expect([name, found, (counted[0]?.count ?? 0) < 20]).toEqual([name, 1, true]);
  }
});

test("searches in a history of a year plan only the days of the part that they read", async ({ database }) => {
  await database.query("select add_history_days(current_date - 365, current_date - 365)");
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  for (let event = 1; event <= 2; event += 1) await recordNow(database, { providerId });
  const search = { providerId, filter: {}, accountIds: undefined };
  for (const list of ["deliveries", "events"] as const) {
    const [{ rows }, days] = await database.inTransaction(async (tx) => {
      const find = () => findPage({ db: tx, clock: systemClock }, list, search, { limit: 1 });
      for (let execution = 1; execution <= 6; execution += 1) await find();
      return [await find(), await tx.query(`${lockedDays} and ${atAnyTime}`)];
    });
    expect([list, rows.length, days.length]).toEqual([list, 1, 1]);
  }
});

test("a program that follows events since a time reads no earlier day of the history", async ({ database }) => {
  await database.query("select add_history_days(current_date - 40, current_date - 30)");
  const providerId = await buildProvider(database);
  await recordNow(database, { providerId });
  const filter = { providerId, since: new Date(Date.now() - 60_000), limit: 9 };
  const [events, days] = await database.inTransaction(async (tx) => {
    for (let execution = 1; execution <= 6; execution += 1) await followEvents(tx, filter);
    return [await followEvents(tx, filter), await tx.query(`${lockedDays} and ${atAnyTime}`)];
  });
  expect([events.length, days.length]).toEqual([1, 1]);
});

test("readings for alerts plan the last 30 days of a longer history", async ({ database }) => {
  await database.query("select add_history_days(current_date - 40, current_date - 29)");
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  await fail(database, providerId, "an hour ago");
  const request = { providerId, now: new Date(), retentionDays: 400 };
  const [readings, days] = await database.inTransaction(async (tx) => [
    await readEndpointReadings(tx, request),
    await tx.query(`${lockedDays} and ${atAnyTime} and relname ~ '^(events|deliveries|attempts)_'`),
  ]);
  expect(readings).toMatchObject([{ endpointId, metrics: { exhausted: 1 } }]);
  expect(days).toHaveLength(3); // the first two of the last 30, and today
});

const lockedDays = `
  select distinct right(relname, 8) from pg_locks join pg_class on pg_class.oid = relation
  where pid = pg_backend_pid() and relispartition and relkind = 'r'`;

/**
 * Leaves out the days that exist near midnight (UTC) only: those ahead, which the template has in the two hours before it, and
 * yesterday, which the template or an event of an hour ago has after it.
 */
const atAnyTime = `(right(relname, 8) = to_char(now(), 'YYYYMMDD') or right(relname, 8) < to_char(now() - interval '1 day', 'YYYYMMDD'))`;

test("a machine's clock that is 60 days ahead or behind drops no history", async ({ database }) => {
  const providerId = await buildProvider(database);
  await recordNow(database, { providerId });
  for (const days of [60, -60]) {
    const machineNow = new Date(Date.now() + days * dayMs);
    const { now } = await advanceRetention(database, machineNow);
    expect(now.getTime()).toBeLessThanOrEqual(Math.min(Date.now(), machineNow.getTime()));
    expect(await retire(database, now)).not.toContain(new Date().toISOString().slice(0, 10));
  }
  expect(await database.query("select from events")).toHaveLength(1);
});

test("a jump of the database's clock by 60 days drops one day of history per run, and is reported", async ({
  database,
}) => {
  const farAhead = new Date(Date.now() + 365 * dayMs); // the machine's clock has leapt as well
  // Simulates a last run 60 days ago.
  await database.query(
    "update retention_clock set trusted_at = now() - interval '60 days', read_at = now() - interval '60 days'",
  );
  const first = await advanceRetention(database, farAhead);
  expect(Math.round(first.behindSeconds / 86_400)).toBe(59);
  expect(await readRetentionBehind(database)).toBeCloseTo(first.behindSeconds, -1);
  const again = await advanceRetention(database, farAhead);
  expect(again.now.getTime() - first.now.getTime()).toBeLessThan(3_600_000); // another process, concurrently
  await database.query("update retention_clock set read_at = now() - interval '1 hour'");
  const nextHour = await advanceRetention(database, farAhead);
  expect(Math.round(nextHour.behindSeconds / 86_400)).toBe(58);
});

test("a process whose database wakes up weeks later creates the missing partitions before it records events", async ({
  database,
  databaseUrl,
}) => {
  const owner = new pg.Client(databaseUrl);
  await owner.connect();
  const { rows } = await owner.query<{ table: string }>(
    `select oid::regclass::text as table from pg_class
     where relkind in ('r', 'p') and relname ~ '^((events|payloads)_\\d{8}|statistics_\\w+_\\d+)$'`,
  );
  for (const { table } of rows) await owner.query(`drop table bellwire.${table.replace("bellwire.", "")}`);
  await owner.end();
  expect(await readHistoryDays(database)).toMatchObject({ daysReady: 0 });
  const providerId = await buildProvider(database);
  await expect(recordNow(database, { providerId })).rejects.toThrow("no partition");

  await using _clock = await openDatabaseClock(database, createLogger("silent"));
  expect(await readHistoryDays(database)).toMatchObject({ daysReady: 15 });
  await recordNow(database, { providerId });
  const statistics = `
    select to_regclass('statistics_minutes_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')) is not null as minutes,
      to_regclass('statistics_days_' || to_char(now() at time zone 'UTC', 'YYYYMM')) is not null as days`;
  expect(await database.query(statistics)).toEqual([{ minutes: true, days: true }]);
});

test("expired days are dropped except failed and due deliveries, which can still be retried", async ({ database }) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  const [failed = ""] = await recordNow(database, { providerId });
  {
    await using _engine = await startTestEngine(database);
    await until(async () => (await database.query("select from failures")).length === 1);
    receiver.answer(200);
    await recordNow(database, { providerId });
    await until(async () => (await database.query("select from due")).length === 0);
  }
  const [pending = ""] = await recordNow(database, { providerId });

  const later = new Date(Date.now() + 31 * dayMs);
  const today = new Date().toISOString().slice(0, 10);
  expect(await retire(database, new Date())).not.toContain(today);
  expect(await retire(database, later)).toContain(today);
  expect(await retire(database, later)).toEqual([]);

  const remaining = await listDeliveries(database, { providerId, limit: 10 });
  expect(remaining.map(({ eventId, state }) => [eventId, state])).toEqual([
    [pending, "pending"],
    [failed, "failed"],
  ]);
  expect((await readDelivery(database, { providerId, eventId: failed, endpointId }))?.attempts).toHaveLength(1);
  await until(async () => (await listFailures(database, encryption, { providerId })).length === 1);
  await retryFailures(database, { providerId }, bySystem);
  await using _engine = await startTestEngine(database);
  await until(async () => (await database.query("select from due")).length === 0);
  // No longer needed, so the rest of the day is dropped too.
  expect(await retire(database, later)).toHaveLength(1);
  expect(await database.query("select from events")).toEqual([]);
  expect(new Set(receiver.received.slice(-2).map((request) => request.headers["webhook-id"]))).toEqual(
    new Set([failed, pending]),
  );
});

test("a deletion of failures can be undone although their day expires in the meantime", async ({ database }) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  const [failed = ""] = await recordNow(database, { providerId });
  {
    await using _engine = await startTestEngine(database);
    await until(async () => (await listFailures(database, encryption, { providerId })).length === 1);
    receiver.answer(200);
    await recordNow(database, { providerId });
    await until(async () => (await database.query("select from due")).length === 0);
  }
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  const later = new Date(Date.now() + 31 * dayMs);
  const today = new Date().toISOString().slice(0, 10);
  expect(await retire(database, later)).toContain(today);

  expect(await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id))).toBe(true);
  expect(await restoreBatch(database, { providerId, id: deletion.id })).toEqual({ restored: 1, hasMore: false });
  expect(await listFailures(database, encryption, { providerId })).toMatchObject([{ eventId: failed }]);
  expect((await readDelivery(database, { providerId, eventId: failed, endpointId }))?.attempts).toHaveLength(1);

  // A deletion that is not undone keeps them no longer than that.
  await deleteFailuresForUndo(database, { providerId }, bySystem);
  await database.query("update failure_deletions set ends_at = now() - interval '1 second'");
  while (await purgeDeletedFailures(database));
  expect(await retire(database, later)).toEqual([today]);
  expect(await database.query("select from events")).toEqual([]);
});
