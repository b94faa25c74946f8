import { expect } from "vitest";
import { fail } from "../../../test/support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, recordNow } from "../../../test/support/build-webhooks.ts";
import { countWaiting } from "../../../test/support/count-waiting.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import type { Pool } from "#platform/database/database.ts";
import { measureDue, skipHeldDeliveries } from "./backlog.ts";
import { retryDeliveries } from "./bulk-transitions.ts";
import { deleteFailuresForUndo } from "./failure-batches.ts";
import { purgeDeletedFailures, restoreBatch, undoDeletion } from "./failure-deletions.ts";
import { listDeliveries } from "./read-deliveries.ts";
import { makeDueAgain, retryDelivery } from "./transitions.ts";

/** Records events of one account for an endpoint that is in order. */
async function build(pool: Pool, count: number) {
  const providerId = await buildProvider(pool);
  const place = { providerId, url: "https://crm.example/hook", ordering: "account" } as const;
  const endpointId = await buildEndpoint(pool, place);
  const eventIds = await recordNow(
    pool,
    { providerId },
    Array.from({ length: count }, () => anEvent()),
  );
  return { providerId, endpointId, eventIds };
}

/** Returns whether each pending delivery waits for another one, in sequence. */
const readWaits = async (pool: Pool): Promise<readonly boolean[]> => {
  const rows = await pool.query<{ waits: boolean }>("select due_at = 'infinity' as waits from due order by sequence");
  return rows.map(({ waits }) => waits);
};

test("failures of one ordering key that are replayed together are due one after the other", async ({ database }) => {
  const { providerId, endpointId, eventIds } = await build(database, 3);
  await fail(database, providerId, "an hour ago");
  const again = { was: "failed", format: "3scale", orderingKey: "account/1" } as const;
  const deliveries = eventIds.map((eventId, sequence) => ({ ...again, eventId, sequence }));
  await database.inTransaction((tx) => makeDueAgain(tx, { providerId, endpointId }, deliveries.toReversed()));
  expect(await readWaits(database)).toEqual([false, true, true]);
});

test("a delivery that is due again is listed once, as pending", async ({ database }) => {
  const { providerId, endpointId, eventIds } = await build(database, 2);
  await fail(database, providerId, "an hour ago");
  const [failed, retried = ""] = eventIds;
  await database.inTransaction((tx) => retryDelivery(tx, { providerId, endpointId, eventId: retried }));
  expect(await listDeliveries(database, { providerId, limit: 10 })).toMatchObject([
    { eventId: retried, state: "pending", endedAt: null, attemptsMade: 1 },
    { eventId: failed, state: "failed", nextAttemptAt: null, attemptsMade: 1 },
  ]);
});

test("a job that retries leaves deliveries that wait for another one in their places", async ({ database }) => {
  const { providerId, endpointId, eventIds } = await build(database, 3);
  const keys = { providerId, eventIds, endpointIds: eventIds.map(() => endpointId) };
  const retry = { ...keys, selectedAt: new Date(), onlyFailures: false, resumed: [] };
  const retried = await database.inTransaction((tx) => retryDeliveries(tx, retry));
  expect(retried).toEqual(new Map([[endpointId, 1]]));
  expect(await readWaits(database)).toEqual([false, true, true]);
});

test("deliveries from before a restore are skipped only while their endpoint is held", async ({ database }) => {
  const place = await build(database, 2);
  const skip = () => database.inTransaction((tx) => skipHeldDeliveries(tx, place, Number.MAX_SAFE_INTEGER));
  expect(await skip()).toBe(0);
  await database.query("update lanes set not_before = 'infinity'");
  expect([await skip(), await skip()]).toEqual([2, 0]);
});

test("an undone deletion returns only failures whose deliveries have not changed since", async ({ database }) => {
  const { providerId, endpointId, eventIds } = await build(database, 3);
  await fail(database, providerId, "an hour ago");
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  const [untouched, ...retried] = eventIds;
  for (const eventId of retried)
    await database.inTransaction((tx) => retryDelivery(tx, { providerId, endpointId, eventId }));
  const deliver = `with sent as (delete from due where event_id = $1) update deliveries set state = 'delivered' where event_id = $1`;
  await database.query(deliver, [retried[0]]);

  expect(await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id))).toBe(true);
  expect(await restoreBatch(database, { providerId, id: deletion.id })).toEqual({ restored: 1, hasMore: false });
  expect(await database.query("select event_id as id from failures")).toEqual([{ id: untouched }]);
});

/** Deletes failures of two deliveries, which then are retried and fail again with a newer error. */
async function failTwice(pool: Pool) {
  const { providerId, endpointId, eventIds } = await build(pool, 2);
  await fail(pool, providerId, "an hour ago");
  const older = await deleteFailuresForUndo(pool, { providerId }, bySystem);
  for (const eventId of eventIds)
    await pool.inTransaction((tx) => retryDelivery(tx, { providerId, endpointId, eventId }));
  await fail(pool, providerId, "an hour ago");
  await pool.query("update failures set error = 'Answered 503', failed_at = failed_at + interval '1 minute'");
  const undo = async (id: number): Promise<number> => {
    await pool.inTransaction((tx) => undoDeletion(tx, providerId, id));
    return (await restoreBatch(pool, { providerId, id })).restored;
  };
  return { providerId, older: older.deletion.id, undo };
}

const selectErrors = "select distinct error from failures";

test("a failure that has failed and was deleted again returns as it failed last, whichever deletion is undone first", async ({
  database,
}) => {
  const { providerId, older, undo } = await failTwice(database);
  const { deletion: newer } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  expect(await undo(older)).toBe(2);
  expect(await database.query(selectErrors)).toEqual([{ error: "Answered 503" }]);
  // As an undo returns it that began before the newer deletion committed.
  await database.query("update failures set error = 'Answered 500', failed_at = failed_at - interval '1 minute'");
  expect(await undo(newer.id)).toBe(2);
  expect(await database.query(selectErrors)).toEqual([{ error: "Answered 503" }]);
});

test("a failure that an undo returns while it is deleted again returns as it failed last with that deletion", async ({
  database,
}) => {
  const { providerId, older, undo } = await failTwice(database);
  const undone: Promise<number>[] = [];
  const undoingMeanwhile: Pool = {
    ...database,
    async inTransaction(work) {
      const result = await database.inTransaction((tx) =>
        work({
          ...tx,
          async query<Row>(text: string, values?: readonly unknown[]) {
            const rows = await tx.query<Row>(text, values);
            if (text.includes("insert into deleted_failures") && undone.length === 0) {
              undone.push(undo(older));
              await until(() => countWaiting(database));
            }
            return rows;
          },
        }),
      );
      await Promise.all(undone); // before the deletion looks for failures that others held
      return result;
    },
  };
  const { deletion: newer } = await deleteFailuresForUndo(undoingMeanwhile, { providerId }, bySystem);
  expect(await Promise.all(undone)).toEqual([2]);
  expect(await undo(newer.id)).toBe(2);
  expect(await database.query(selectErrors)).toEqual([{ error: "Answered 503" }]);
});

test("an undone deletion is completed, also after its time, by others only if its process has stopped", async ({
  database,
}) => {
  const { providerId } = await build(database, 1);
  await fail(database, providerId, "an hour ago");
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id));
  await database.query("update failure_deletions set ends_at = now()");
  expect(await purgeDeletedFailures(database)).toBe(false);
  expect(await restoreBatch(database)).toMatchObject({ restored: 0 });
  await database.query("update failure_deletions set undone_at = now() - interval '11 seconds'");
  expect(await restoreBatch(database)).toMatchObject({ restored: 1 });
});

test("a deletion whose undo commits late is not completed meanwhile", async ({ database }) => {
  const { providerId } = await build(database, 1);
  await fail(database, providerId, "an hour ago");
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  await database.query("update failure_deletions set ends_at = now()");
  const purged: Promise<boolean>[] = [];
  let hasEnded = false;
  await database.inTransaction(async (tx) => {
    await tx.query("update failure_deletions set ends_at = clock_timestamp() + interval '1 minute'");
    expect(await undoDeletion(tx, providerId, deletion.id)).toBe(true);
    purged.push(purgeDeletedFailures(database).finally(() => (hasEnded = true)));
    await until(async () => hasEnded || (await countWaiting(database)) > 0);
  });
  expect(await Promise.all(purged)).toEqual([false]);
  expect(await restoreBatch(database, { providerId, id: deletion.id })).toMatchObject({ restored: 1 });
});

test("the backlog is as old as its oldest event, except for events that were sent or repeated later", async ({
  database,
}) => {
  await build(database, 1);
  await database.query("update due set event_id = uuid_v7_floor(now() - interval '1 hour')");
  const isOldWith = async (values: string): Promise<boolean> => {
    await database.query(
      `update due set attempts_made = 0, round_start = 0, replay = 0, ordering_key = null, due_at = now()`,
    );
    await database.query(`update due set ${values}`);
    return (await measureDue(database)).oldestEventAgeSeconds > 3000;
  };
  const late = ["due_at = now()", "round_start = 1, attempts_made = 2", "replay = 1, attempts_made = 1"];
  const old = ["due_at = now() - interval '59 minutes 30 seconds'", "attempts_made = 1", "ordering_key = 'account/1'"];
  for (const values of late) expect([values, await isOldWith(values)]).toEqual([values, false]);
  for (const values of old) expect([values, await isOldWith(values)]).toEqual([values, true]);
});

test("a deletion of failures can be undone until its time is over, and is only then completed", async ({
  database,
}) => {
  const { providerId } = await build(database, 2);
  await fail(database, providerId, "an hour ago");
  const kept = "select from deleted_failures";
  const undo = async () => {
    const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
    return (endsAt: string) =>
      database.inTransaction(async (tx) => {
        await tx.query(`update failure_deletions set ends_at = clock_timestamp() + $1::interval`, [endsAt]);
        return undoDeletion(tx, providerId, deletion.id);
      });
  };
  const early = await undo();
  expect(await purgeDeletedFailures(database)).toBe(false);
  expect(await database.query(kept)).toHaveLength(2);
  expect(await early("1 second")).toBe(true);
  await database.query("update failure_deletions set undone_at = now() - interval '11 seconds'");
  expect(await restoreBatch(database)).toMatchObject({ restored: 2 });

  const late = await undo();
  expect(await late("-1 millisecond")).toBe(false);
  expect(await purgeDeletedFailures(database)).toBe(true);
  expect(await database.query(kept)).toEqual([]);
});
