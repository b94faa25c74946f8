import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { deleteFailures, limitBacklogs, listFailures } from "#webhooks/deliveries/index.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, encryption, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Waits for the next second of the database's clock. */
async function secondPasses(pool: Pool): Promise<void> {
  const secondOf = async (): Promise<number> =>
    (await pool.query<{ at: Date }>(`select date_trunc('second', clock_timestamp()) as at`))[0]?.at.getTime() ?? 0;
  const now = await secondOf();
  await until(async () => (await secondOf()) > now);
}

/** Fails the held deliveries of the provider's endpoint, and commits on demand. */
async function failSlowly(pool: Pool): Promise<{ commit: () => Promise<unknown> }> {
  const hasFailed = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const transaction = pool.inTransaction(async (tx) => {
    await limitBacklogs(tx, { rowsMax: 0, daysMax: 90 });
    hasFailed.resolve();
    await mayCommit.promise;
  });
  await Promise.race([hasFailed.promise, transaction]);
  return {
    commit: () => {
      mayCommit.resolve();
      return transaction;
    },
  };
}

test("deleting up to a time that was read keeps failures that commit later", async ({ database }) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const paused = await buildEndpoint(database, { providerId, url: receiver.url, name: "paused" });
  const [lateId] = await recordNow(database, { providerId });
  await database.query(`update endpoints set state = 'paused' where id = $1`, [paused]);
  const late = await failSlowly(database);

  // Meanwhile another delivery fails, and commits at once.
  await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  await database.query(`update endpoints set active = false where id = $1`, [paused]);
  const [quickId] = await recordNow(database, { providerId }, [anEvent({ accountId: 2 })]);
  await using _engine = await startTestEngine(database);
  const [quick] = await until(async () => {
    const rows = await database.query<{ failedAt: Date }>(`select failed_at from failures`);
    return rows.length === 1 && rows;
  });
  await secondPasses(database);
  expect(await listFailures(database, encryption, { providerId })).toEqual([]);
  const byTime = { providerId, until: quick?.failedAt };
  expect(await deleteFailures(database, byTime, bySystem)).toBe(0);

  await late.commit();
  const listed = await listFailures(database, encryption, { providerId });
  expect(listed.map(({ eventId }) => eventId)).toEqual([lateId, quickId]);
  expect(await deleteFailures(database, byTime, bySystem)).toBe(2);
});

test("failures before the oldest uncommitted one are listed", async ({ database }) => {
  const providerId = await buildProvider(database);
  const paused = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const ids = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await database.query(`update endpoints set state = 'paused' where id = $1`, [paused]);
  await database.inTransaction((tx) => limitBacklogs(tx, { rowsMax: 1, daysMax: 90 }));
  await secondPasses(database);
  const late = await failSlowly(database);
  await secondPasses(database);

  const listed = await listFailures(database, encryption, { providerId });
  expect(listed.map(({ eventId }) => eventId)).toEqual(ids.slice(0, 1));
  await late.commit();
});
