import { expect } from "vitest";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { limitBacklogs, listFailures, retryFailures } from "#webhooks/deliveries/index.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, encryption, recordNow } from "../support/build-webhooks.ts";
import { withoutWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const url = "https://crm.example/hook";
const limit = (pool: Pool, rowsMax: number, daysMax = 90): Promise<number> =>
  pool.inTransaction((tx) => limitBacklogs(tx, { rowsMax, daysMax }));
const failuresOf = (pool: Pool, providerId: number, count: number) =>
  until(async () => {
    const failures = await listFailures(pool, encryption, { providerId });
    return failures.length === count && failures;
  });
const record = (pool: Pool, providerId: number, count: number): Promise<readonly string[]> =>
  recordNow(
    pool,
    { providerId },
    Array.from({ length: count }, () => anEvent()),
  );

test("held deliveries beyond the quota go to the failure list, oldest first, with the reason, and can be retried", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url, active: true });
  const other = await buildEndpoint(database, { providerId, url, name: "other" });
  const ids = await record(database, providerId, 5);
  await database.query(`update endpoints set state = 'paused' where id = $1`, [endpointId]);

  expect(await limit(database, 5)).toBe(0);
  expect(await limit(database, 3)).toBe(2);
  expect(await limit(database, 3)).toBe(0);
  expect(await database.query(`select from due where endpoint_id = $1`, [other])).toHaveLength(5);

  const failures = await failuresOf(database, providerId, 2);
  expect(failures.map((failure) => failure.eventId).toSorted()).toEqual(ids.slice(0, 2).toSorted());
  expect(failures[0]).toMatchObject({ url, error: expect.stringContaining("More than 3 deliveries were held") });
  expect(await retryFailures(database, { providerId }, bySystem)).toBe(2);
  expect(await database.query(`select from due`)).toHaveLength(10);
});

test("deliveries of active and deleted endpoints and of other providers do not count", async ({ database }) => {
  const [one, other] = [await buildProvider(database), await buildProvider(database)];
  await buildEndpoint(database, { providerId: one, url });
  const heldEndpoint = await buildEndpoint(database, { providerId: one, url, name: "held" });
  await record(database, one, 1);
  await database.query(`update endpoints set active = false where id = $1`, [heldEndpoint]);
  await record(database, one, 5);
  for (const name of ["held", "deleted"]) await buildEndpoint(database, { providerId: other, url, name });
  await record(database, other, 3);
  await database.query(
    `update endpoints set active = false, deleted_at = case when name = 'deleted' then now() end where provider_id = $1`,
    [other],
  );
  expect(await limit(database, 3)).toBe(0);
  expect(await limit(database, 2)).toBe(1); // not the oldest of all, which belongs to another provider
  expect(await database.query("select distinct provider_id from failures")).toEqual([{ providerId: other }]);
});

test("a held delivery whose outcome is being recorded does not fail because of the quota", async ({ database }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url });
  const [recorded] = await record(database, providerId, 2);
  await database.query("update endpoints set state = 'paused'");
  await database.inTransaction(async (tx) => {
    await tx.query(
      `with gone as (delete from due where event_id = $1 returning *)
       insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
       select provider_id, event_id, endpoint_id, 'delivered', 1, format from gone`,
      [recorded],
    );
    expect(await withoutWaiting(database, (other) => limitBacklogs(other, { rowsMax: 0, daysMax: 90 }))).toBe(1);
  });
  const read = "select state from deliveries where event_id = $1";
  expect(await database.query(read, [recorded])).toEqual([{ state: "delivered" }]);
  await failuresOf(database, providerId, 1);
});

test("deliveries held for too many days go to the failure list, and the next of their ordering key is due", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url, ordering: "account" });
  await record(database, providerId, 2);
  await database.query(`update endpoints set state = 'disabled' where id = $1`, [endpointId]);
  expect(await limit(database, 1)).toBe(1);
  expect(await database.query(`select from due where due_at < 'infinity'`)).toHaveLength(1);

  expect(await limit(database, 1000, 0)).toBe(1);
  const failures = await failuresOf(database, providerId, 2);
  expect(failures.map((failure) => failure.error.slice(0, 23))).toContain("Held for more than 0 da");
});

/** Inserts deliveries to an inactive endpoint: a retry and a replay of old events, and three of one order. Returns the endpoint's id. */
async function insertHeld(pool: Pool, owner: Pool): Promise<number> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url, active: false });
  await owner.query("select add_history_days(current_date - 101, current_date - 99)");
  const insert = `
    insert into due (provider_id, endpoint_id, event_id, format, sequence, round_start, ordering_key, due_at)
    select $1, $2, uuid_v7_floor(now() - make_interval(days => row.days, secs => 10 - row.n)), 'json', row.n, row.round_start, row.key,
      coalesce(row.due_at::timestamptz, now())
    from (values (1, 100, 6, null, null), (2, 100, 0, null, null), (3, 100, 0, 'account', null), (4, 100, 0, 'account', 'infinity'),
      (5, 10, 0, 'account', 'infinity')) as row (n, days, round_start, key, due_at)`;
  await pool.query(insert, [providerId, endpointId]);
  return endpointId;
}

const waitFor91Days = "update due set due_at = now() - interval '91 days' where due_at < 'infinity'";
const remaining = "select sequence, now() - due_at > '90 days' as is_old from due";

test("a retry or replay of an old event is held as long as any other delivery", async ({ database, owner }) => {
  await insertHeld(database, owner);
  expect(await limit(database, 1000)).toBe(0);

  await database.query(waitFor91Days);
  expect(await limit(database, 1000)).toBe(4);
  // The next one of the order has waited as long, and expires once its event is as old.
  expect(await database.query(remaining)).toEqual([{ sequence: 5, isOld: true }]);
});

test.for(["is being resumed", "was resumed meanwhile"])(
  "the next of an order is due now at an endpoint that %s: its engine reads no earlier rows",
  async (when, { database, owner }) => {
    const endpointId = await insertHeld(database, owner);
    await database.query(waitFor91Days);
    const resume = (db: Database) => db.query("update endpoints set active = true where id = $1", [endpointId]);
    await database.inTransaction(async (tx) => {
      if (when === "is being resumed") await resume(tx);
      const failed = await database.inTransaction((limiting) => {
        const query: Transaction["query"] = async (text, values) => {
          if (when === "was resumed meanwhile" && text.includes("for share")) await resume(database);
          return limiting.query(text, values);
        };
        return limitBacklogs({ ...limiting, query }, { rowsMax: 1000, daysMax: 90 });
      });
      expect(failed).toBe(4);
    });
    expect(await database.query(remaining)).toEqual([{ sequence: 5, isOld: false }]);
  },
);

test("an order expires with the first of its own, and not with that of another order or endpoint", async ({
  database,
  owner,
}) => {
  const providerId = await buildProvider(database);
  const build = (name: string) => buildEndpoint(database, { providerId, url, name, active: false });
  const endpointIds = (await Promise.all(["one", "other"].map(build))).toSorted((one, other) => one - other);
  await owner.query("select add_history_days(current_date - 101, current_date - 99)");
  // In each of four orders, an old event is first, another old one and two newer ones wait. One of the first was retried yesterday.
  await database.query(
    `insert into due (provider_id, endpoint_id, event_id, format, sequence, ordering_key, due_at)
     select $1, each.endpoint_id, uuid_v7_floor(now() - make_interval(days => row.days, secs => each.nth::integer * 10 - row.n)), 'json', row.n,
       each.key, case when row.n = 1 then now() - make_interval(days => case each.nth when 1 then 1 else 90 + each.nth::integer end)
         else 'infinity' end
     from (values (1, 100), (2, 100), (3, 10), (4, 10)) as row (n, days),
       unnest(array[$2, $2, $3, $3]::bigint[], array['account/1', 'account/2', 'account/1', 'account/2'])
         with ordinality as each (endpoint_id, key, nth)`,
    [providerId, ...endpointIds],
  );

  expect(await limit(database, 1000)).toBe(6);

  const daysOfRows = `
    select endpoint_id, ordering_key, array_agg(floor(extract(epoch from now() - nullif(due_at, 'infinity')) / 86400) order by sequence) as days
    from due group by endpoint_id, ordering_key order by endpoint_id, ordering_key`;
  const [one, other] = endpointIds;
  expect(await database.query(daysOfRows)).toEqual([
    { endpointId: one, orderingKey: "account/1", days: [1, null, null, null] },
    { endpointId: one, orderingKey: "account/2", days: [92, null] },
    { endpointId: other, orderingKey: "account/1", days: [93, null] },
    { endpointId: other, orderingKey: "account/2", days: [94, null] },
  ]);
});
