import { expect } from "vitest";
import type { Database } from "#platform/database/database.ts";
import { directorySchema, migrate } from "#platform/database/migrate.ts";
import { openPool } from "#platform/database/pool.ts";
import { followAttempts, sampleTransactions } from "#webhooks/deliveries/index.ts";
import { followEvents, startOfFeed } from "#webhooks/events/index.ts";
import { anEvent, buildEndpoint, buildProvider, feedsAreComplete, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const ahead = 5_000_000_000;

/** Simulates pg_restore: the restored rows have numbers far beyond those of this cluster. */
async function moveToThisCluster(owner: Database): Promise<void> {
  await owner.query("update events set recorded_in = recorded_in + $1", [ahead]);
  await owner.query("update transaction_numbers set cluster = cluster + 1");
}

const start = (connectionString: string) => migrate({ connectionString, schema });

test("after a move to another cluster, feeds continue from their cursor without a gap", async ({
  database,
  databaseUrl,
  owner,
}) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const read = (after = startOfFeed) => followEvents(database, { providerId, limit: 10, after });
  await recordNow(database, { providerId }, [anEvent({ accountId: 1 })]);
  const attemptsFrom = (recordedIn: number) =>
    until(async () => {
      const all = { providerId, from: recordedIn, before: Number.MAX_SAFE_INTEGER, limit: 10 };
      const attempts = await followAttempts(database, all);
      return attempts.length > 0 && attempts;
    });
  await attemptsFrom(0);
  await moveToThisCluster(owner);
  await start(databaseUrl);
  await feedsAreComplete(database);
  const [before] = await read();
  expect(before).toMatchObject({ accountId: 1 });
  await recordNow(database, { providerId }, [anEvent({ accountId: 2 })]);
  await feedsAreComplete(database);
  const [after, ...more] = await read(before);
  expect([after?.accountId, more]).toEqual([2, []]);
  const { nextToStart, oldestRunning } = await sampleTransactions(database);
  expect(nextToStart).toBeGreaterThanOrEqual(oldestRunning);
  expect(await attemptsFrom(after?.recordedIn ?? 0)).toMatchObject([{ endpointId, status: 200 }]);
});

test("a start without a move skips no numbers", async ({ database, databaseUrl, owner }) => {
  const skipped = () => database.query("select transaction_numbers_skipped() as skipped");
  await start(databaseUrl);
  expect(await skipped()).toEqual([{ skipped: 0 }]);
  await moveToThisCluster(owner);
  await start(databaseUrl);
  const afterMove = await skipped();
  await start(databaseUrl);
  expect(await skipped()).toEqual(afterMove);
});

// PostgreSQL refuses updates and deletions of a published table without a key or another replica identity.
const tablesWithoutIdentity = `
  select relname from pg_class
  where relnamespace in ($1::regnamespace, $2::regnamespace) and relkind = 'r' and relreplident = 'd'
    and not exists (select from pg_index where indrelid = pg_class.oid and indisprimary)`;

test("a publication of all tables refuses no change, nor connections after a failover", async ({
  databaseUrl,
  owner,
}) => {
  expect(await owner.query(tablesWithoutIdentity, [schema, directorySchema])).toEqual([]);
  await owner.query("update transaction_numbers set timeline = 0");
  await owner.query("create publication everything for all tables");
  await using pool = await openPool({ connectionString: databaseUrl, schema });
  expect(await pool.query("select kind from database_switches")).toEqual([{ kind: "timeline" }]);
});
