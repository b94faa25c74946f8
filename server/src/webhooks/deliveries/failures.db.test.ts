import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import { serverSettings } from "#platform/embedded-postgres/server.ts";
import { fail } from "../../../test/support/build-failures.ts";
import {
  anEvent,
  buildEndpoint,
  buildProvider,
  bySystem,
  encryption,
  recordNow,
} from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";
import { deleteFailuresForUndo } from "./failure-batches.ts";
import { restoreBatch, undoDeletion } from "./failure-deletions.ts";
import { deleteExpiredMutes } from "./failure-causes.ts";
import { listFailures, readFailureHorizon, selectFailures } from "./failures.ts";
import { outcomesOfAnyKind } from "./settle.ts";

test("an uncommitted settle holds the horizon at the second of its failure", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(database, { providerId });
  const owner = "019b2c1e-8694-739b-aea5-966c26f8ad91";
  await database.query(`update lanes set owner = $1, epoch = 1`, [owner]);
  const at = new Date();
  const attempt = { status: 500, error: "Answered 500", errorClass: null };
  const answer = { ...attempt, latencyMs: 1, responseHeaders: null, responseBody: null };
  const details = { settingsId: 1, trace: null };
  const end = {
    end: "failed",
    retryAfterSeconds: null,
    retriedAt: null,
    url: Buffer.from("url"),
    orderingKey: null,
  } as const;

  const failedAt = await database.inTransaction(async (tx) => {
    const settlement = { endpointId, epoch: 1, eventId, number: 1, at, ...answer, ...details, ...end };
    expect(await tx.query(...outcomesOfAnyKind(owner, [settlement]))).toMatchObject([{ written: 1 }]);
    const [failure] = await tx.query<{ failedAt: Date }>(`select failed_at from failures`);
    await tx.query(`select pg_sleep(1.1)`); // its second passes by the database's clock
    expect(Math.floor((failure?.failedAt.getTime() ?? 0) / 1000)).toBe(
      (await readFailureHorizon(database)).getTime() / 1000,
    );
    return failure?.failedAt;
  });

  expect((await readFailureHorizon(database)).getTime()).toBeGreaterThan(failedAt?.getTime() ?? 0);
});

test("the embedded database has locks for ten lists of a year's failures of an account at once", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const locks = await database.inTransaction(async (tx) => {
    await listFailures(tx, encryption, { providerId, accountIds: [1] }, { limit: 1 });
    const [counted] = await tx.query<{ ofDay: number }>(
      `select count(*)::float8 / (select count(*) from pg_inherits where inhparent = 'events'::regclass) as "ofDay"
       from pg_locks join pg_class on pg_class.oid = relation where pid = pg_backend_pid() and relispartition`,
    );
    return counted?.ofDay ?? Number.NaN;
  });
  const { max_locks_per_transaction: perConnection = "64", max_connections: connections } = serverSettings("");
  expect(locks).toBeGreaterThan(7);
  expect(10 * 365 * locks).toBeLessThan(Number(perConnection) * Number(connections));
});

test("an undo of many deleted failures compares no key with the others, also when it is planned for any values", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const eventIds = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await fail(database, providerId, "an hour ago");
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id));
  let restoring = "";
  const observed: Pool = {
    ...database,
    inTransaction: (work) =>
      database.inTransaction((tx) =>
        work({
          ...tx,
          query: (text, values) => {
            if (text.includes("insert into failures")) restoring = text;
            return tx.query(text, values);
          },
        }),
      ),
  };
  const { restored } = await restoreBatch(observed, { providerId, id: deletion.id });
  expect(restored).toBe(eventIds.length);

  const plan = await database.inTransaction(async (tx) => {
    await tx.query("set local plan_cache_mode = force_generic_plan");
    await tx.query(`prepare restoring as ${restoring}`);
    const values = [...new Set(restoring.match(/\$\d+/g))].map(() => "null");
    const lines = await tx.query<object>(`explain execute restoring (${values.join()})`);
    await tx.query("deallocate restoring");
    return lines.flatMap((line) => Object.values(line).map(String));
  });
  expect(plan.filter((line) => line.includes("Function Scan"))).toHaveLength(1);
  expect(plan.filter((line) => line.includes("Join Filter"))).toEqual([]);
});

test("failures of an account, an object or a rare type are found by their events, without reading those of other failures", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  const events = [anEvent({ accountId: 32, objectId: 33, type: "user.deleted" })];
  const [eventId] = await recordNow(database, { providerId }, events);
  expect(await fail(database, providerId, "an hour ago")).toHaveLength(2);
  const plans: object[] = [];
  const db: Database = {
    caches: database.caches,
    async query(text, values) {
      if (text.includes("from failures")) plans.push(await database.query(`explain ${text}`, values));
      return database.query(text, values);
    },
  };
  for (const criterion of [{ accountIds: [32] }, { objectId: 33 }, { eventTypes: ["user.deleted"] }]) {
    const found: string[] = [];
    for await (const page of selectFailures(db, { providerId, ...criterion })) {
      found.push(...page.map((failure) => failure.eventId));
    }
    expect(found).toEqual([eventId]);
  }
  expect(plans).toHaveLength(3);
  expect(JSON.stringify(plans)).not.toContain("on events_");
});

test("a page has the next failure in place of one that leaves the list while the page is read", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [gone, ...others] = await recordNow(database, { providerId }, [anEvent(), anEvent(), anEvent(), anEvent()]);
  await fail(database, providerId, "an hour ago");
  const db: Database = {
    caches: database.caches,
    async query<Row>(text: string, values?: readonly unknown[]) {
      const rows = await database.query<Row>(text, values);
      if (text.includes("limit $18")) await database.query("delete from failures where event_id = $1", [gone]);
      return rows;
    },
  };
  const page = await listFailures(db, encryption, { providerId }, { limit: 2 });
  expect(page.map(({ eventId }) => eventId)).toEqual(others.slice(0, 2));
});

test("a cause of failures is muted until its time is over, or for ever", async ({ database }) => {
  const providerId = await buildProvider(database);
  const now = new Date();
  const mutes = { past: -1, future: 1, ever: null };
  for (const [cause, seconds] of Object.entries(mutes))
    await database.query(
      "insert into failure_mutes (provider_id, cause, until) values ($1, $2, $3::timestamptz + make_interval(secs => $4))",
      [providerId, cause, now, seconds],
    );
  await deleteExpiredMutes(database, now);
  expect(await database.query("select cause from failure_mutes order by cause")).toEqual([
    { cause: "ever" },
    { cause: "future" },
  ]);
});
