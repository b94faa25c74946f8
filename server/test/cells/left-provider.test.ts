import { Registry } from "prom-client";
import { expect } from "vitest";
import { evaluateAlerts } from "#alerts/index.ts";
import { connectToCell } from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { workOnErasure } from "#personal-data/index.ts";
import { createLogger } from "#platform/logger.ts";
import { insertMail, sendDueMail } from "#portal/mails/index.ts";
import {
  cancelDelivery,
  claimLanes,
  deleteFailuresForUndo,
  insertEngine,
  purgeDeletedFailures,
  readDelivery,
  restoreBatch,
  selectFailures,
  sampleTransactions,
  type Settlement,
  settleDeliveries,
  verifyOwnership,
} from "#webhooks/deliveries/index.ts";
import { deleteForgottenEndpoints, eraseDeletedEndpoint } from "#webhooks/endpoints/index.ts";
import { type SelectRows, workOnJob } from "#webhooks/jobs/index.ts";
import { startReplay, workOnReplay } from "#webhooks/replays/index.ts";
import { countOrphans, writeStatistics } from "#webhooks/statistics/index.ts";
import { LaneCounts } from "#webhooks/statistics/counts.ts";
import { idleLane } from "#webhooks/statistics/write-statistics.ts";
import { providerUrls } from "../../src/app/listening.ts";
import { startHousekeeping } from "../../src/app/housekeeping.ts";
import { createTriggers } from "../../src/cells/move/moved-rows.ts";
import { readMovedTables } from "../../src/cells/move/moved-rows.ts";
import { fail } from "../support/build-failures.ts";
import {
  aSuccess,
  buildEndpoint,
  buildProvider,
  bySystem,
  encryption,
  feedsAreComplete,
  recordNow,
  startJob,
} from "../support/build-webhooks.ts";
import { countedAttempt } from "../support/counted-attempt.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Builds a provider with a mail, a job, a replay, an erasure, a deletion and an undone one that wait for a worker. */
async function buildWork(pool: Pool): Promise<number> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
  const [deletedId = ""] = await recordNow(pool, { providerId });
  await fail(pool, providerId, "an hour ago");
  await deleteFailuresForUndo(pool, { providerId, eventIds: [deletedId] }, bySystem);
  await recordNow(pool, { providerId });
  await fail(pool, providerId, "an hour ago");
  const rows: SelectRows = (db) => selectFailures(db, { providerId });
  await startJob(pool, { providerId, kind: "retry", subject: "failures", rows });
  const mail = { recipient: `admin@${providerId}.example`, subject: "Welcome", text: "Hello" };
  const range = { since: new Date(0), until: new Date(Date.now() + 60_000), eventTypes: null, only: "all" } as const;
  await pool.inTransaction(async (tx) => {
    await insertMail(tx, providerId, mail, new Date());
    await startReplay(tx, { providerId, endpointId, ...range });
  });
  await pool.query("update failure_deletions set ends_at = now() - interval '1 second' where provider_id = $1", [
    providerId,
  ]);
  await pool.query(
    `insert into failure_deletions (provider_id, ends_at, undone_at)
     values ($1, now() + interval '1 day', now() - interval '1 hour')`,
    [providerId],
  );
  await pool.query(
    `insert into erasures (provider_id, account_id, pending, actor_kind, created_at, work_at)
     values ($1, 1, 'cancel', 'system', now(), now() - interval '1 minute')`,
    [providerId],
  );
  return providerId;
}

/** What is left of the work of a provider. */
const left = async (pool: Pool, providerId: number): Promise<object | undefined> =>
  (
    await pool.query<object>(
      `select (select count(*) from mails where provider_id = $1 and sent_at is null) as mails,
         (select count(*) from jobs where provider_id = $1 and finished_at is null) as jobs,
         (select count(*) from replays where provider_id = $1 and finished_at is null) as replays,
         (select count(*) from failure_deletions where provider_id = $1) as deletions,
         (select count(*) from erasures where provider_id = $1 and work_at < now() - interval '30 seconds') as erasures,
         (select count(*) from alert_schedules where provider_id = $1 and evaluated_at > now() - interval '1 minute') as evaluated`,
      [providerId],
    )
  )[0];

/** Refuses changes of a provider, as a move does that was interrupted then. */
async function refuseChanges(ownerUrl: string, providerId: number, state: "frozen" | "left"): Promise<void> {
  const client = await connectToCell({ schema, ownerUrl });
  await createTriggers(client, await readMovedTables(client), providerId);
  await client.query("insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), $2)", [
    providerId,
    state,
  ]);
  await client.end();
}

test("rows of a provider that has left the cell, and not been deleted yet, stop no work of other providers", async ({
  database: pool,
  databaseUrl,
}) => {
  const [gone, staying] = [await buildWork(pool), await buildWork(pool)];
  await feedsAreComplete(pool);
  const mailed: string[] = [];
  const workers = async (): Promise<void> => {
    const send = async ({ recipient }: { readonly recipient: string }) => void mailed.push(recipient);
    while (await sendDueMail({ pool, send, clock: systemClock }));
    while (await workOnJob(pool));
    while (await workOnReplay(pool));
    while (await purgeDeletedFailures(pool));
    while (await workOnErasure(pool, new Date()));
    await restoreBatch(pool);
    await restoreBatch(pool);
  };
  await evaluateAlerts({ pool, pageUrl: () => "", retentionDays: 30 }); // their first rules
  await pool.query("update alert_schedules set evaluated_at = '-infinity'");
  await refuseChanges(databaseUrl, gone, "left");

  await workers();
  await evaluateAlerts({ pool, pageUrl: () => "", retentionDays: 30 });
  expect(mailed).toEqual([`admin@${staying}.example`]);
  const none = { mails: 0, jobs: 0, replays: 0, deletions: 0, erasures: 0 };
  expect(await left(pool, staying)).toEqual({ ...none, evaluated: 1 });
  expect(await left(pool, gone)).toEqual({ mails: 1, jobs: 1, replays: 1, deletions: 2, erasures: 1, evaluated: 0 });
});

const insertExpired = `
  with old as (select now() - interval '3 years' as at), audited as (
    insert into audit_records (provider_id, at, actor_kind, action, subject) select $1, at, 'key', 'old', 'old' from old
  ), mailed as (
    insert into mails (provider_id, recipient, subject, text, created_at) select $1, 'a@b.example', '', '', at from old
  ), alerted as (
    insert into alerts (provider_id, endpoint_id, kind, state, since, closed_at, sentence)
    select $1, 1, 'disabled', 'closed', at, at, '' from old
  ), counted as (
    insert into change_counters (provider_id, account_id, ends_at, changes, bytes) select $1, 1, at, 1, 1 from old
  ), keyed as (
    insert into idempotency_keys (provider_id, caller, key, digest, recorded_at) select $1, 'key', 'old', '', at from old
  ), muted as (
    insert into failure_mutes (provider_id, cause, until) select $1, 'old', at from old
  ), replayed as (
    insert into replays (provider_id, endpoint_id, since, until, kind, last_event, event_types, finished_at)
    select $1, 1, at, at, 'all', gen_random_uuid(), '{}', at from old
  ), worked as (
    insert into jobs (provider_id, kind, subject, selection, actor_kind, error, finished_at)
    select $1, 'retry', 'failures', '{}', 'key', 'old', at from old
  ), interrupted as (
    insert into jobs (provider_id, kind, subject, selection, actor_kind, work_at, created_at)
    select $1, 'retry', 'failures', '{}', 'key', 'infinity', at from old
  ), signed_in as (
    insert into sessions (digest, provider_id, audience, user_id, csrf_token, created_at, expires_at)
    select sha256($1::text::bytea), $1, 'admin', 1, '', at, at from old
  ), ruled as (
    insert into alert_rules (provider_id, endpoint_id, kind, for_seconds, clear_for_seconds, min_attempts)
    values ($1, $2, 'disabled', 0, 0, 1)
  ), sent as (
    insert into sent_settings (provider_id, endpoint_id, version, url, secret, event_source, user_agent, recorded_at)
    select $1, $2, 1000, '', '', '', '', at from old
  ), deleted as (
    update endpoints set deleted_at = at, name = 'deleted' from old where id = $2
  )
  update endpoints set state = 'paused' where id = $3`;

const readExpired = `
  select (select count(*) from audit_records where provider_id = $1 and action = 'old') as audited,
    (select count(*) from mails where provider_id = $1) as mailed, (select count(*) from alerts where provider_id = $1) as alerted,
    (select count(*) from change_counters where provider_id = $1 and account_id = 1) as counted,
    (select count(*) from idempotency_keys where provider_id = $1) as keyed,
    (select count(*) from failure_mutes where provider_id = $1) as muted, (select count(*) from replays where provider_id = $1) as replayed,
    (select count(*) from jobs where provider_id = $1 and error = 'old') as worked,
    (select count(*) from jobs where provider_id = $1 and finished_at is null) as interrupted,
    (select count(*) from sessions where provider_id = $1) as signed_in,
    (select count(*) from alert_rules where provider_id = $1 and endpoint_id is not null) as ruled, (select count(*) from due where provider_id = $1) as due,
    (select count(*) from sent_settings where provider_id = $1 and version = 1000) as sent,
    (select count(*) from endpoints where provider_id = $1 and name = 'deleted' and secret is not null) as unerased`;

test("what a provider that has left the cell has there keeps nothing of others from expiring", async ({
  database: pool,
  databaseUrl,
  owner,
}) => {
  const [gone, staying] = [await buildProvider(pool), await buildProvider(pool)];
  for (const providerId of [gone, staying]) {
    const [deleted = 0, held] = await Promise.all(
      ["crm", "erp"].map((name) => buildEndpoint(pool, { providerId, name, url: `https://${name}.example/hook` })),
    );
    await recordNow(pool, { providerId });
    await owner.query(insertExpired, [providerId, deleted, held]);
  }
  await refuseChanges(databaseUrl, gone, "left");
  const warned: unknown[] = [];
  const log = Object.assign(createLogger("silent"), { warn: ({ err }: { err: unknown }) => void warned.push(err) });
  const clock = new HandDrivenClock(new Date().toISOString());
  await using _housekeeping = startHousekeeping({
    pool,
    encryption,
    clock,
    log,
    metrics: new Registry(),
    urls: providerUrls("http://localhost:3000", undefined),
    retentionDays: 30,
    auditRetentionDays: 730,
    statisticsDays: 400,
    heldQuota: { rowsMax: 0, daysMax: 90 },
  });
  const before = (await pool.query<object>(readExpired, [gone]))[0];
  expect(before).toEqual((await pool.query<object>(readExpired, [staying]))[0]);
  expect(Object.values(before ?? {})).not.toContain(0);
  await clock.advance(60_000);
  await until(() => clock.sleeping > 0);
  expect(warned).toEqual([]);
  const none = Object.fromEntries(Object.keys(before ?? {}).map((name) => [name, 0]));
  expect(await pool.query(readExpired, [staying])).toEqual([none]);
  expect(await pool.query(readExpired, [gone])).toEqual([before]);
});

test("deleted endpoints of a provider that has left the cell keep no other from being erased or deleted", async ({
  database: pool,
  databaseUrl,
}) => {
  const [gone, staying] = [await buildProvider(pool), await buildProvider(pool)];
  for (const providerId of [gone, staying])
    for (const name of ["deleted", "erased"])
      await buildEndpoint(pool, { providerId, name, url: "https://crm.example/hook" });
  await pool.query("update endpoints set deleted_at = now() - interval '402 days'");
  await pool.query("update endpoints set url = null, secret = null where name = 'erased'");
  await refuseChanges(databaseUrl, gone, "left");
  const forget = () => pool.inTransaction((tx) => deleteForgottenEndpoints(tx, { now: new Date(), keptDays: 400 }));
  expect(await forget()).toHaveLength(1);
  expect(await eraseDeletedEndpoint(pool, encryption)).toBe(true);
  expect(await eraseDeletedEndpoint(pool, encryption)).toBe(false);
  expect(await forget()).toHaveLength(1);
  expect(await pool.query("select provider_id, name from endpoints order by name")).toEqual([
    { providerId: gone, name: "deleted" },
    { providerId: gone, name: "erased" },
  ]);
});

test("an engine that owns a lane of a provider whose changes are refused claims the lanes of others", async ({
  database: pool,
  databaseUrl,
}) => {
  const [frozen, other] = [await buildProvider(pool), await buildProvider(pool)];
  const endpointIds: number[] = [];
  for (const providerId of [frozen, other])
    endpointIds.push(await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" }));
  const engineId = "00000000-0000-7000-8000-000000000001";
  await insertEngine(pool, engineId);
  const claim = async (claimNumber: number): Promise<readonly number[]> =>
    (await claimLanes(pool, { engineId, endpointIds, claimNumber, leaseSeconds: 600 })).map(
      ({ providerId }) => providerId,
    );
  expect(new Set(await claim(1))).toEqual(new Set([frozen, other]));
  await refuseChanges(databaseUrl, frozen, "frozen");
  expect(await claim(2)).toEqual([other]);
});

const retried = { end: null, status: 500, error: "Answered 500", retryAfterSeconds: 60 } as const;

test.for<[name: string, outcome: Partial<Settlement>]>([
  ["a delivery", {}],
  ["a delivery in order", { orderingKey: "account/31" }],
  ["a failed attempt", retried],
  ["a failed attempt in order", { ...retried, orderingKey: "account/31" }],
  ["an attempt during a cancellation", {}],
])(
  "%s of a provider whose changes are refused keeps no outcome of others from its record",
  async ([name, outcome], { database: pool, databaseUrl }) => {
    const [frozen, other] = [await buildProvider(pool), await buildProvider(pool)];
    const engineId = "00000000-0000-7000-8000-000000000001";
    await insertEngine(pool, engineId);
    const settlements: Settlement[] = [];
    for (const [index, providerId] of [frozen, other].entries()) {
      const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
      const [eventId = ""] = await recordNow(pool, { providerId });
      const claim = { engineId, endpointIds: [endpointId], claimNumber: index + 1, leaseSeconds: 600 };
      const [lane] = await claimLanes(pool, claim);
      if (name.endsWith("cancellation"))
        await pool.inTransaction((tx) => cancelDelivery(tx, { providerId, eventId, endpointId }));
      settlements.push({ ...aSuccess({ endpointId, eventId, epoch: lane?.epoch ?? 0 }), ...outcome });
    }
    await refuseChanges(databaseUrl, frozen, "frozen");

    expect(await settleDeliveries(pool, engineId, settlements)).toMatchObject({ recorded: 1, transactions: undefined });
    const attempts = await Promise.all(
      settlements.map(async ({ eventId, endpointId }, index) => {
        const key = { providerId: index === 0 ? frozen : other, eventId, endpointId };
        return (await readDelivery(pool, key))?.attempts.length;
      }),
    );
    expect(attempts).toEqual([0, 1]);
    // The engine gives the lane up, and claims it again if the move is abandoned.
    expect(await verifyOwnership(pool, engineId, settlements)).toEqual([settlements[1]?.endpointId]);
  },
);

test("statistics of a provider whose changes are refused wait, and keep no others from being counted", async ({
  database: pool,
  databaseUrl,
}) => {
  const [gone, staying] = [await buildProvider(pool), await buildProvider(pool)];
  const engineId = "00000000-0000-7000-8000-000000000001";
  await insertEngine(pool, engineId);
  const endpointIds: number[] = [];
  for (const providerId of [gone, staying])
    endpointIds.push(await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" }));
  const lanes = await claimLanes(pool, { engineId, endpointIds, claimNumber: 2, leaseSeconds: 600 });
  const base = Number((await sampleTransactions(pool)).nextToStart) - 1;
  const write = async (known: number | undefined): Promise<object> => {
    const parts = lanes.map((lane) => {
      const counts = new LaneCounts();
      counts.add(countedAttempt());
      return { ...lane, isReleased: false, state: idleLane, counts, base, through: base, isFirstWrite: true, known };
    });
    const written = await pool.inTransaction((tx) => writeStatistics(tx, parts));
    return Object.fromEntries(lanes.map(({ providerId, endpointId }) => [providerId, written.get(endpointId)?.result]));
  };
  const counted = { [gone]: "counted", [staying]: "counted" };
  expect(await write(undefined)).toEqual(counted);
  await refuseChanges(databaseUrl, gone, "frozen");
  expect(await write(undefined)).toEqual({ ...counted, [gone]: "again" });
  // The engine has died.
  await pool.query("delete from engines");
  await feedsAreComplete(pool);
  expect(await countOrphans(pool)).toBe(1);
  expect(await countOrphans(pool)).toBe(0);
});

test("a provider whose alerts cannot be evaluated keeps no other's from evaluation", async ({ database }) => {
  const broken = await buildProvider(database);
  const others = [await buildProvider(database), await buildProvider(database)];
  const pool: Pool = {
    ...database,
    async query(statement, values) {
      if (statement.includes("as is_retrying") && values?.[0] === broken) throw new Error("broken");
      return database.query(statement, values);
    },
  };
  const evaluated = evaluateAlerts({ pool, pageUrl: () => "", retentionDays: 30 });
  await expect(evaluated).rejects.toThrow("the alerts of some providers could not be evaluated");
  expect(await left(database, broken)).toMatchObject({ evaluated: 0 });
  for (const each of others) expect(await left(database, each)).toMatchObject({ evaluated: 1 });
});
