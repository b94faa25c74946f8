import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { cancelHeldJobs, readJob, releaseHeldJobs, type RowKey, workOnJob } from "#webhooks/jobs/index.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow, selecting, startJob } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const url = "http://127.0.0.1:9/";

/** Starts a retry of the deliveries of these rows. */
const startRetry = (pool: Pool, providerId: number, rows: readonly RowKey[]) =>
  startJob(pool, { providerId, kind: "retry", rows: selecting(rows) });

/** Starts a retry of so many failures. */
async function retryFailures(pool: Pool, count: number) {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url });
  const events = Array.from({ length: count }, () => anEvent());
  await recordNow(pool, { providerId }, events);
  const eventIds = await fail(pool, providerId, "an hour ago");
  const rows = eventIds.map((eventId) => ({ eventId, endpointId }));
  return startRetry(pool, providerId, rows);
}

/** Processes a chunk, but its transaction fails in the end. `meanwhile` happens before the failure is recorded. */
async function failChunk(pool: Pool, error: Error, meanwhile?: () => Promise<unknown>): Promise<void> {
  let transactions = 0;
  const failing: Pool = {
    ...pool,
    async inTransaction(work) {
      transactions += 1;
      if (transactions === 2) await meanwhile?.();
      return pool.inTransaction(async (tx) => {
        const result = await work(tx);
        if (transactions === 1) throw error;
        return result;
      });
    },
  };
  await expect(workOnJob(failing)).rejects.toThrow(error.message);
}

/** Lets the job try again at once. */
const endPause = (pool: Pool) => pool.query("update jobs set work_at = now()");

async function finish(pool: Pool, { providerId, id }: { readonly providerId: number; readonly id: number }) {
  while (await workOnJob(pool));
  return readJob(pool, providerId, id);
}

test("each chunk of a job has five tries", async ({ database }) => {
  const job = await retryFailures(database, 1000);
  for (let chunk = 0; chunk < 2; chunk += 1) {
    for (let failed = 0; failed < 4; failed += 1) {
      await failChunk(database, new Error("killed"));
      await endPause(database);
    }
    expect(await workOnJob(database)).toBe(true);
  }
  expect(await finish(database, job)).toMatchObject({ state: "done", done: 1000, failed: 0 });
});

// A row may be the reason for which PostgreSQL ends the connection.
test("a lost connection counts as a try of its chunk", async ({ database }) => {
  const job = await retryFailures(database, 3);
  for (let failed = 0; failed < 5; failed += 1) {
    await failChunk(database, Object.assign(new Error("the connection was lost"), { code: "08006" }));
    await endPause(database);
  }
  expect(await finish(database, job)).toMatchObject({ state: "done", done: 0, failed: 3 });
});

test("a chunk that another process completes after its last try fails is not counted as failed", async ({
  database,
}) => {
  const job = await retryFailures(database, 1000);
  for (let failed = 0; failed < 4; failed += 1) {
    await failChunk(database, new Error("killed"));
    await endPause(database);
  }
  const processed = Promise.withResolvers<void>();
  const slow: Pool = {
    ...database,
    inTransaction: (work) =>
      database.inTransaction(async (tx) => {
        const result = await work(tx);
        processed.resolve();
        await until(() => countWaiting(database));
        return result;
      }),
  };
  let other: Promise<boolean> | undefined;
  await failChunk(database, new Error("killed"), () => {
    other = workOnJob(slow);
    return processed.promise;
  });
  expect(await other).toBe(true);
  expect(await finish(database, job)).toMatchObject({ state: "done", done: 1000, failed: 0 });
});

test("a held job that is released while the held ones are cancelled continues", async ({ database }) => {
  const job = await retryFailures(database, 3);
  await database.query("update jobs set work_at = held_jobs_until()");
  const { cancelled } = await database.inTransaction(async (tx) => {
    expect(await releaseHeldJobs(tx, job.providerId)).toBe(1);
    const waiting = { cancelled: database.inTransaction((other) => cancelHeldJobs(other, job.providerId)) };
    await until(() => countWaiting(database));
    return waiting;
  });
  expect(await cancelled).toBe(0);
  expect(await finish(database, job)).toMatchObject({ state: "done", done: 3, failed: 0 });
});

test("a release of held jobs starts none whose rows are being stored", async ({ database }) => {
  const { providerId } = await retryFailures(database, 3);
  await database.query("update jobs set work_at = 'infinity'"); // as while its process stores them
  expect(await database.inTransaction((tx) => releaseHeldJobs(tx, providerId))).toBe(0);
  expect(await workOnJob(database)).toBe(false);
});

test("a job that is held after a restore stays held when its chunk fails", async ({ database }) => {
  const job = await retryFailures(database, 3);
  await failChunk(database, new Error("killed"), () => database.query("update jobs set work_at = held_jobs_until()"));
  expect(await finish(database, job)).toMatchObject({ state: "running", done: 0, failed: 0, error: null });
  expect(await database.query(`select work_at = held_jobs_until() as held from jobs`)).toEqual([{ held: true }]);
});

test("a retry ends the pause of each endpoint once, in whatever chunks its deliveries are", async ({ database }) => {
  const providerId = await buildProvider(database);
  const one = await buildEndpoint(database, { providerId, url, name: "one" });
  const other = await buildEndpoint(database, { providerId, url, name: "other" });
  const [eventId = ""] = await recordNow(database, { providerId }, [anEvent()]);
  const chunk = (endpointId: number): readonly RowKey[] => Array.from({ length: 500 }, () => ({ eventId, endpointId }));
  await finish(database, await startRetry(database, providerId, [one, other, one].flatMap(chunk)));
  expect(await database.query(`select endpoint_id, lifts from lanes order by endpoint_id`)).toEqual([
    { endpointId: one, lifts: 1 },
    { endpointId: other, lifts: 1 },
  ]);
});

test("a full disk counts no row of a job as failed, however long it lasts", async ({ database, owner }) => {
  const job = await retryFailures(database, 3);
  await owner.query(`create function bellwire.refuse() returns trigger language plpgsql as
    $$begin raise exception 'could not extend file' using errcode = '53100'; end$$`);
  await owner.query("create trigger full_disk before insert on bellwire.due execute function bellwire.refuse()");
  for (let attempt = 0; attempt < 6; attempt += 1)
    await expect(workOnJob(database)).rejects.toThrow("could not extend file");

  await owner.query("drop trigger full_disk on bellwire.due");
  expect(await finish(database, job)).toMatchObject({ state: "done", done: 3, skipped: 0, failed: 0 });
});
