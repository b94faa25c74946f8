import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { openPool } from "#platform/database/pool.ts";
import {
  deleteFailures,
  deleteFailuresForUndo,
  deleteSelectedFailures,
  extendDeletion,
  purgeDeletedFailures,
  restoreBatch,
  retryFailures,
  undoDeletion,
} from "#webhooks/deliveries/index.ts";
import { literalOf } from "../schema/read-plan.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { schema } from "../support/test-databases.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const pieceMax = 3;
const url = "https://crm.example/hook";
const ways = [
  { name: "retry", take: retryFailures, action: "failures.retried" },
  { name: "delete", take: deleteFailures, action: "failures.deleted" },
] as const;

const plans = ["force_custom_plan", "force_generic_plan"] as const;

/** Builds a provider whose endpoints have this many failures each. */
async function buildFailures(pool: Pool, { endpoints = 1, each }: { endpoints?: number; each: number }) {
  const providerId = await buildProvider(pool);
  const endpointIds: number[] = [];
  for (let at = 0; at < endpoints; at += 1)
    endpointIds.push(await buildEndpoint(pool, { providerId, url, name: `endpoint ${at}` }));
  const events = Array.from({ length: each }, () => anEvent());
  const eventIds = await recordNow(pool, { providerId }, events);
  await fail(pool, providerId, "an hour ago");
  return { providerId, endpointIds, eventIds };
}

/** Returns a pool that runs `around` before the commit of each batch, numbered from 1. */
function aroundBatches(pool: Pool, around: (nth: number, batch: () => Promise<void>) => Promise<void>): Pool {
  let nth = 0;
  return {
    ...pool,
    inTransaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
      pool.inTransaction(async (tx) => {
        nth += 1;
        const results: T[] = [];
        await around(nth, async () => void results.push(await work(tx)));
        const [result] = results;
        if (result === undefined) throw new Error("The batch was not run.");
        return result;
      }),
  };
}

/** Returns a pool that records the plan of each batch. */
const explaining = (pool: Pool, mode: string, explained: string[]): Pool => ({
  ...pool,
  inTransaction: (work) =>
    pool.inTransaction((tx) =>
      work({
        ...tx,
        async query(text, values = []) {
          if (text.includes("skip locked")) {
            await tx.query(`set local plan_cache_mode to ${mode}`);
            await tx.query(`savepoint before`);
            await tx.query(`prepare batch as ${text}`);
            const plan = await tx.query<object>(
              `explain (analyze, timing off) execute batch(${values.map(literalOf).join(", ")})`,
            );
            await tx.query(`rollback to before`);
            await tx.query(`deallocate batch`);
            explained.push(plan.flatMap((row) => Object.values(row).map(String)).join("\n"));
          }
          return tx.query(text, values);
        },
      }),
    ),
});

const eventsIn = async (pool: Pool, table: "due" | "failures"): Promise<string[]> => {
  const rows = await pool.query<{ id: string }>(`select event_id as id from ${table} order by event_id, endpoint_id`);
  return rows.map(({ id }) => id);
};
const audits = (pool: Pool) => pool.query(`select action, subject, detail from audit_records order by id`);

test.for(ways)(
  "a $name of all failures works in batches, with one audit record of the total",
  async (way, { database }) => {
    const { providerId, endpointIds } = await buildFailures(database, { endpoints: 2, each: 5 });
    const otherApi = await buildFailures(database, { each: 1 });
    const remaining: number[] = [];
    const watched = aroundBatches(database, async (_nth, batch) => {
      remaining.push((await eventsIn(database, "failures")).length - 1);
      await batch();
    });

    expect(await way.take(watched, { providerId }, bySystem, pieceMax)).toBe(10);
    expect(remaining).toEqual([10, 7, 4, 1]);
    expect(await eventsIn(database, "failures")).toEqual(otherApi.eventIds);
    const due = await database.query(`select endpoint_id as id, count(*) from due group by endpoint_id order by 1`);
    expect(due).toEqual(way.name === "retry" ? endpointIds.map((id) => ({ id, count: 5 })) : []);
    expect(await audits(database)).toEqual([{ action: way.action, subject: "failures", detail: { count: 10 } }]);
  },
);

test("a deletion of failures that others return to the list again and again ends after five passes", async ({
  database,
}) => {
  const { providerId, eventIds } = await buildFailures(database, { each: 2 });
  const returnAll = `
    insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
    select provider_id, endpoint_id, event_id, now() - interval '1 hour', 'Answered 500', '' from deliveries`;
  const returning: Pool = {
    ...database,
    async query<Row>(text: string, values?: readonly unknown[]) {
      if (text.includes("from failures")) await database.query(returnAll);
      return database.query<Row>(text, values);
    },
  };
  expect(await deleteFailures(returning, { providerId }, bySystem)).toBe(5 * eventIds.length);
  expect(await eventsIn(database, "failures")).toEqual([]);
});

test.for(ways)("a $name without a match has an audit record too", async (way, { database }) => {
  const providerId = await buildProvider(database);
  expect(await way.take(database, { providerId }, bySystem)).toBe(0);
  expect(await audits(database)).toEqual([{ action: way.action, subject: "failures", detail: { count: 0 } }]);
});

test.for(ways)(
  "an interrupted $name has completed whole batches, records their count, and can be repeated",
  async (way, { database }) => {
    const { providerId, eventIds } = await buildFailures(database, { each: 10 });
    const dying = aroundBatches(database, async (nth, batch) => {
      await batch();
      if (nth === 3) throw new Error("died");
    });
    await expect(way.take(dying, { providerId }, bySystem, pieceMax)).rejects.toThrow("died");
    expect(await eventsIn(database, "failures")).toEqual(eventIds.slice(6));
    expect(await eventsIn(database, "due")).toEqual(way.name === "retry" ? eventIds.slice(0, 6) : []);
    expect(await audits(database)).toMatchObject([{ detail: { count: 6 } }]);

    expect(await way.take(database, { providerId }, bySystem, pieceMax)).toBe(4);
    expect(await eventsIn(database, "failures")).toEqual([]);
    expect(await audits(database)).toMatchObject([{ detail: { count: 6 } }, { detail: { count: 4 } }]);
  },
);

test.for(ways)("deliveries that fail while a $name runs stay on the list", async (way, { database }) => {
  const { providerId, eventIds } = await buildFailures(database, { each: 5 });
  const lateIds: string[] = [];
  const running = aroundBatches(database, async (nth, batch) => {
    if (nth === 2) {
      // The same delivery after a retry, or a new one.
      if (way.name === "delete") await recordNow(database, { providerId });
      lateIds.push(...(await fail(database, providerId, "now")));
    }
    await batch();
  });
  expect(await way.take(running, { providerId }, bySystem, pieceMax)).toBe(5);
  expect(lateIds).toHaveLength(way.name === "retry" ? 3 : 1);
  expect(await eventsIn(database, "failures")).toEqual(lateIds.toSorted());
  expect(await eventsIn(database, "due")).toEqual(way.name === "retry" ? eventIds.slice(3) : []);
});

test.for([...ways.map((way) => ({ ...way, table: "failures" })), { ...ways[0], table: "deliveries" }])(
  "a $name takes failures whose $table another transaction has locked, once that has ended",
  async ({ table, ...way }, { database }) => {
    const { providerId, eventIds } = await buildFailures(database, { each: 10 });
    const [first, last] = [eventIds.slice(0, 2), eventIds.slice(-2)];
    const taken: Promise<number>[] = [];
    await database.inTransaction(async (tx) => {
      await tx.query(`select from ${table} where event_id = any($1) for update`, [[...first, ...last]]);
      taken.push(way.take(database, { providerId }, bySystem, pieceMax));
      await until(() => countWaiting(database));
      expect(await eventsIn(database, "failures")).toEqual([...first, ...last]);
    });
    expect(await Promise.all(taken)).toEqual([10]);
    expect(await eventsIn(database, "failures")).toEqual([]);
    expect(await audits(database)).toMatchObject([{ detail: { count: 10 } }]);
  },
);

interface Selection {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventIds: readonly string[];
}

/** Deletes failures as a job does. */
const deleteSelected = (pool: Pool, { providerId, endpointId, eventIds }: Selection): Promise<number> =>
  pool.inTransaction(async (tx) => {
    const { id: deletionId } = await extendDeletion(tx, providerId);
    const selectedAt = new Date(Date.now() + 1); // later than the failures, which may be of the same millisecond
    const keys = { providerId, eventIds, endpointIds: eventIds.map(() => endpointId) };
    return deleteSelectedFailures(tx, { ...keys, selectedAt, deletionId });
  });

test("a job deletes failures that another transaction has locked, once that has ended", async ({ database }) => {
  const { providerId, endpointIds, eventIds } = await buildFailures(database, { each: 2 });
  const deleted: Promise<number>[] = [];
  await database.inTransaction(async (tx) => {
    await tx.query("update failures set url = url where event_id = $1", [eventIds[0]]); // moves the row, as rekey does
    deleted.push(deleteSelected(database, { providerId, eventIds, endpointId: endpointIds[0] ?? 0 }));
    await until(() => countWaiting(database));
  });
  expect(await Promise.all(deleted)).toEqual([2]);
});

test("a job leaves a failure that is newer than its selection", async ({ database }) => {
  const { providerId, endpointIds, eventIds } = await buildFailures(database, { each: 2 });
  const [again = ""] = eventIds;
  await database.query("update failures set failed_at = now() + interval '1 minute' where event_id = $1", [again]);
  expect(await deleteSelected(database, { providerId, eventIds, endpointId: endpointIds[0] ?? 0 })).toBe(1);
  expect(await eventsIn(database, "failures")).toEqual([again]);
});

test("an undone deletion is not purged, and returns no failure that was delivered or has failed again since", async ({
  database,
}) => {
  const { providerId, eventIds } = await buildFailures(database, { each: 3 });
  const [delivered, again, kept] = eventIds;
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  await database.query("update deliveries set state = 'delivered' where event_id = $1", [delivered]);
  await database.query(
    `insert into failures (provider_id, endpoint_id, event_id, url, error, failed_at)
     select provider_id, endpoint_id, event_id, url, 'later', now() from deleted_failures where event_id = $1`,
    [again],
  );
  await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id));
  await database.query("update failure_deletions set ends_at = now() - interval '1 minute'");
  expect(await purgeDeletedFailures(database)).toBe(false);
  expect(await restoreBatch(database, { providerId, id: deletion.id })).toEqual({ restored: 1, hasMore: false });
  const listed = "select event_id, error = 'later' as later from failures order by event_id";
  expect(await database.query(listed)).toEqual([
    { eventId: again, later: true },
    { eventId: kept, later: false },
  ]);
});

test("the purge of a deletion leaves none of its failures, however many they are", async ({ database }) => {
  const providerId = await buildProvider(database);
  const { id } = await database.inTransaction((tx) => extendDeletion(tx, providerId));
  await database.query(
    `insert into deleted_failures (provider_id, deletion_id, endpoint_id, event_id, failed_at, error, url)
     select $1, $2, 1, gen_random_uuid(), now(), '', '' from generate_series(1, 6000)`,
    [providerId, id],
  );
  await database.query("update failure_deletions set ends_at = now()");
  while (await purgeDeletedFailures(database));
  expect(await database.query("select from deleted_failures")).toEqual([]);
  expect(await database.query("select from failure_deletions")).toEqual([]);
});

test("a job that deletes failures locks their deliveries in the order of all locks", async ({ database }) => {
  const { providerId, endpointIds, eventIds } = await buildFailures(database, { each: 3 });
  const [, second = "", third] = eventIds.toSorted();
  const deleted: Promise<number>[] = [];
  const free = await database.inTransaction(async (tx) => {
    await tx.query("select from deliveries where event_id = $1 for update", [second]);
    const selected = eventIds.toSorted().toReversed();
    deleted.push(deleteSelected(database, { providerId, eventIds: selected, endpointId: endpointIds[0] ?? 0 }));
    await until(() => countWaiting(database), { withinMs: 10_000 });
    return tx.query("select event_id from deliveries order by event_id for update skip locked");
  });
  expect(free).toEqual([{ eventId: second }, { eventId: third }]);
  expect(await Promise.all(deleted)).toEqual([3]);
});

test("a retry leaves failures that another transaction has locked for long", async ({ database }) => {
  const { providerId, eventIds } = await buildFailures(database, { each: 2 });
  await database.inTransaction(async (tx) => {
    await tx.query(`select from failures where event_id = $1 for update`, [eventIds[0]]);
    expect(await retryFailures(database, { providerId }, bySystem)).toBe(1);
  });
});

test("concurrent retries and deletions process each failure once", async ({ database }) => {
  const { providerId } = await buildFailures(database, { endpoints: 3, each: 20 });
  const results = await Promise.all(
    [...ways, ...ways].map(async ({ name, take }) => ({
      name,
      count: await take(database, { providerId }, bySystem, pieceMax),
    })),
  );
  const countOf = (action: string): number =>
    results.reduce((sum, { name, count }) => sum + (name === action ? count : 0), 0);
  expect(countOf("retry") + countOf("delete")).toBe(60);
  expect(await eventsIn(database, "due")).toHaveLength(countOf("retry"));
  expect(await eventsIn(database, "failures")).toEqual([]);
});

test.for(ways)("a $name by a filter applies the filter in every batch", async (way, { database }) => {
  const { providerId, endpointIds, eventIds } = await buildFailures(database, { endpoints: 2, each: 10 });
  const [, endpointId] = endpointIds;
  const rows = await database.query<{ id: string; at: Date }>(
    `select event_id as id, failed_at as at from failures where endpoint_id = $1 order by failed_at`,
    [endpointId],
  );
  expect(await way.take(database, { providerId, endpointId, until: rows[4]?.at }, bySystem, 2)).toBe(5);
  expect(await way.take(database, { providerId, eventIds: eventIds.slice(6, 9) }, bySystem, 2)).toBe(6);
  expect(await way.take(database, { providerId, endpointId, eventIds: eventIds.slice(9) }, bySystem, 2)).toBe(1);
  const remaining = await database.query<{ id: string }>(
    `select event_id as id from failures where endpoint_id = $1 order by failed_at`,
    [endpointId],
  );
  expect(remaining).toEqual([rows[5]?.id].map((id) => ({ id })));
  expect(await eventsIn(database, "failures")).toHaveLength(20 - 5 - 6 - 1);
});

test("failures of a deleted endpoint stay when all are retried, and are removed when all are deleted", async ({
  database,
}) => {
  const { providerId, endpointIds } = await buildFailures(database, { endpoints: 3, each: 4 });
  const [, deletedEndpoint] = endpointIds;
  await database.query(`update endpoints set deleted_at = now() where id = $1`, [deletedEndpoint]);
  expect(await retryFailures(database, { providerId }, bySystem, pieceMax)).toBe(8);
  const remaining = await database.query(`select distinct endpoint_id as id from failures`);
  expect(remaining).toEqual([{ id: deletedEndpoint }]);
  expect(await deleteFailures(database, { providerId }, bySystem, pieceMax)).toBe(4);
});

test("failures that are retried together keep their places in the order, to which they may return", async ({
  database,
}) => {
  const { providerId } = await buildFailures(database, { each: 4 });
  expect(await retryFailures(database, { providerId }, bySystem)).toBe(4);
  const moved = `select from due join events on events.id = due.event_id where due.sequence <> events.sequence`;
  expect(await database.query(moved)).toEqual([]);
});

test("a retry ends an earlier pause of a lane, but not one that a retried delivery causes", async ({ database }) => {
  const { providerId } = await buildFailures(database, { each: 7 });
  const askForPeace = `update lanes set not_before = now() + interval '1 hour'`;
  await database.query(askForPeace);
  const lanes: unknown[] = [];
  const running = aroundBatches(database, async (nth, batch) => {
    lanes.push(...(await database.query(`select not_before is null as "isOpen" from lanes`)));
    if (nth === 3) await database.query(askForPeace);
    await batch();
  });
  expect(await retryFailures(running, { providerId }, bySystem, pieceMax)).toBe(7);
  lanes.push(...(await database.query(`select not_before is null as "isOpen" from lanes`)));
  expect(lanes).toEqual([false, true, true, false].map((isOpen) => ({ isOpen })));
});

test.for(ways.flatMap((way) => plans.map((mode) => ({ ...way, mode }))))(
  "each batch of a $name reads only its own rows of the list, with a $mode plan",
  async ({ take, mode }, { database, databaseUrl }) => {
    const { providerId } = await buildFailures(database, { endpoints: 10, each: 200 });
    await using owner = await openPool({ connectionString: databaseUrl, schema });
    // In another order than their events, and large, so that another index looks cheaper.
    await owner.query(
      `update failures set failed_at = failed_at - random() * interval '1 day', error = repeat('Answered 500', 100)`,
    );
    await owner.query(`vacuum (full, analyze) failures`);
    await owner.query(`analyze deliveries, events, endpoints`);
    const explained: string[] = [];
    const planned = explaining(database, mode, explained);
    expect(await take(planned, { providerId }, bySystem, 300)).toBe(2000);
    const scans = explained.map((plan) => plan.split("\n").filter((line) => / Scan .*on failures/.test(line)));
    expect(scans).toEqual(
      Array.from({ length: 7 }, (_, nth) => [
        expect.stringMatching(
          new RegExp(`Index Scan using failures_list_idx on failures .*rows=${nth < 6 ? 300 : 200}\\.`),
        ),
        expect.stringContaining("Tid Scan on failures"),
      ]),
    );
    const history = explained.flatMap((plan) =>
      plan.split("\n").filter((line) => /Scan .*on (deliveries|events)/.test(line) && !line.includes("never executed")),
    );
    expect(history.filter((line) => !line.includes("Index Scan"))).toEqual([]);
  },
);
