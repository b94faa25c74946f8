import { expect } from "vitest";
import { evaluateAlerts } from "#alerts/index.ts";
import { connectToCell } from "#cells/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { insertMail, sendDueMail } from "#portal/mails/index.ts";
import {
  claimLanes,
  deleteFailuresForUndo,
  insertEngine,
  purgeDeletedFailures,
  selectFailures,
} from "#webhooks/deliveries/index.ts";
import { createJob, workOnJob } from "#webhooks/jobs/index.ts";
import { startReplay, workOnReplay } from "#webhooks/replays/index.ts";
import { createTriggers } from "../../src/cells/move/follow-changes.ts";
import { readMovedTables } from "../../src/cells/move/moved-rows.ts";
import { fail } from "../support/build-failures.ts";
import { buildEndpoint, buildProvider, bySystem, feedsAreComplete, recordNow } from "../support/build-webhooks.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";

/** Builds a provider with a mail, a job, a replay and a deletion that wait for a worker. */
async function buildWork(pool: Pool): Promise<number> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
  const [deletedId = ""] = await recordNow(pool, { providerId });
  await fail(pool, providerId, "an hour ago");
  await deleteFailuresForUndo(pool, { providerId, eventIds: [deletedId] }, bySystem);
  await recordNow(pool, { providerId });
  await fail(pool, providerId, "an hour ago");
  await createJob(pool, {
    providerId,
    kind: "retry",
    subject: "failures",
    selection: {},
    endpointId: null,
    format: null,
    ...bySystem,
    rows: (db) => selectFailures(db, { providerId }),
    follow: async () => undefined,
  });
  const mail = { recipient: `admin@${providerId}.example`, subject: "Welcome", text: "Hello" };
  const range = { since: new Date(0), until: new Date(Date.now() + 60_000), eventTypes: null, only: "all" } as const;
  await pool.inTransaction(async (tx) => {
    await insertMail(tx, providerId, mail, new Date());
    await startReplay(tx, { providerId, endpointId, ...range });
  });
  await pool.query("update failure_deletions set ends_at = now() - interval '1 second' where provider_id = $1", [
    providerId,
  ]);
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
         (select count(*) from alert_schedules where provider_id = $1 and evaluated_at > now() - interval '1 minute') as evaluated`,
      [providerId],
    )
  )[0];

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
  };
  await evaluateAlerts({ pool, pageUrl: () => "", retentionDays: 30 }); // their first rules
  await pool.query("update alert_schedules set evaluated_at = '-infinity'");
  const client = await connectToCell({ schema, ownerUrl: databaseUrl });
  await createTriggers(client, await readMovedTables(client), gone);
  await client.query("insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), 'left')", [gone]);
  await client.end();

  await workers();
  await evaluateAlerts({ pool, pageUrl: () => "", retentionDays: 30 });
  expect(mailed).toEqual([`admin@${staying}.example`]);
  expect(await left(pool, staying)).toEqual({ mails: 0, jobs: 0, replays: 0, deletions: 0, evaluated: 1 });
  expect(await left(pool, gone)).toEqual({ mails: 1, jobs: 1, replays: 1, deletions: 1, evaluated: 0 });
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
  const claim = async (asked: number): Promise<readonly number[]> =>
    (await claimLanes(pool, { engineId, endpointIds, asked, leaseSeconds: 600 })).map(({ providerId }) => providerId);
  expect(new Set(await claim(1))).toEqual(new Set([frozen, other]));
  const client = await connectToCell({ schema, ownerUrl: databaseUrl });
  await createTriggers(client, await readMovedTables(client), frozen);
  await client.query("insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), 'frozen')", [
    frozen,
  ]);
  await client.end();
  expect(await claim(2)).toEqual([other]);
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
