import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { createUuidV7Generator } from "#platform/ids.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";
import { readNotifications } from "./object-events.ts";
import { type Subscription, readSubscriptions } from "./record-events.ts";

const url = "https://crm.example/hooks";

async function subscribe(pool: Pool): Promise<{ providerId: number; id: number }> {
  const providerId = await buildProvider(pool);
  return { providerId, id: await buildEndpoint(pool, { providerId, url }) };
}

const read = (pool: Pool, providerId: number) => pool.inTransaction((tx) => readSubscriptions(tx, providerId));

const changes: readonly (readonly [string, string, Partial<Subscription>])[] = [
  ["active flag", "update endpoints set active = false where id = $1", { active: false }],
  [
    "event types",
    "update endpoints set event_types = '{user.created}' where id = $1",
    { eventTypes: ["user.created"] },
  ],
  ["provider actions flag", "update endpoints set provider_actions = not provider_actions where id = $1", {}],
  ["all actors flag", "update endpoints set all_actors = not all_actors where id = $1", {}],
  ["format", "update endpoints set format = 'json' where id = $1", { format: "json" }],
  ["credentials flag", "update endpoints set include_credentials = not include_credentials where id = $1", {}],
  ["ordering", "update endpoints set ordering = 'object' where id = $1", { ordering: "object" }],
  [
    "webhooks capability",
    "update providers set web_hooks = 'denied' where id = (select provider_id from endpoints where id = $1)",
    { webHooks: "denied" },
  ],
  [
    "event source",
    "update providers set event_source = 'https://new.example' where id = (select provider_id from endpoints where id = $1)",
    { source: "https://new.example" },
  ],
];

test.for(changes)("a change of the %s applies from the next event on", async ([, statement, after], { database }) => {
  const { providerId, id } = await subscribe(database);
  const before = await read(database, providerId);
  await database.query(statement, [id]);
  const subscriptions = await read(database, providerId);
  expect(subscriptions).toHaveLength(1);
  expect(subscriptions).not.toEqual(before);
  expect(subscriptions[0]).toMatchObject(after);
});

test("new endpoints subscribe at once, and deleted ones until their deletion becomes final", async ({ database }) => {
  const { providerId, id } = await subscribe(database);
  await subscribe(database);
  const idsNow = async (): Promise<readonly number[]> =>
    (await read(database, providerId)).map((subscription) => subscription.id);
  expect(await idsNow()).toEqual([id]);
  const second = await buildEndpoint(database, { providerId, url, name: "second" });
  expect(await idsNow()).toEqual([id, second]);
  await database.query("update endpoints set deleted_at = now() where id = $1", [id]);
  expect(await idsNow()).toEqual([id, second]);
  await database.query("update endpoints set deleted_at = now() - interval '61 seconds' where id = $1", [id]);
  expect(await idsNow()).toEqual([second]);
  await database.query("delete from endpoints where id = $1", [second]);
  expect(await idsNow()).toEqual([]);
});

/** Copies an endpoint, and deletes the copies. */
const insertDeleted = `
  insert into endpoints (provider_id, name, url, url_masked, secret, retry_waits_seconds, deleted_at)
  select provider_id, 'deleted ' || copy, url, url_masked, secret, retry_waits_seconds, now() - interval '2 days'
  from endpoints, generate_series(1, 1000) copy where id = $1`;

const readRows = `
  select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as count
  from pg_stat_xact_user_tables where relid = 'endpoints'::regclass`;

test("a change reads none of the endpoints that were deleted before", async ({ database, owner }) => {
  const { providerId, id } = await subscribe(database);
  await database.query(insertDeleted, [id]);
  await owner.query("analyze endpoints");
  const rows = await database.inTransaction(async (tx) => {
    await tx.query("set local plan_cache_mode = force_generic_plan");
    const subscriptions = await readSubscriptions(tx, providerId);
    expect(subscriptions.map((subscription) => subscription.id)).toEqual([id]);
    const [counted] = await tx.query<{ count: number }>(readRows);
    return counted?.count;
  });
  expect(rows).toBeLessThan(10);
});

test("the events of one change have the same time, although another one's id came between theirs", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const newId = createUuidV7Generator();
  const nowMs = Date.now();
  await recordNow(database, { providerId }, [
    anEvent({ id: newId(nowMs), accountId: 31 }),
    anEvent({ id: newId(nowMs + 5), accountId: 31 }),
    anEvent({ id: newId(nowMs + 7), accountId: 32 }),
  ]);
  const rows = await database.query<{ ms: number }>(
    "select extract(epoch from occurred_at)::float8 * 1000 as ms from events order by id",
  );
  expect(rows.map(({ ms }) => Math.round(ms) - nowMs)).toEqual([0, 0, 7]);
});

test("an event shows no more endpoints than the limit, those with a delivery first, and counts all", async ({
  sharedPool: pool,
}) => {
  const providerId = await buildProvider(pool);
  await buildEndpoint(pool, { providerId, url, name: "off", eventTypes: [] });
  for (const name of ["a", "b"]) await buildEndpoint(pool, { providerId, url, name });
  const eventIds = await recordNow(pool, { providerId });
  const all = [
    { endpointName: "a", state: "pending", gate: null, total: 3 },
    { endpointName: "b", state: "pending", gate: null, total: 3 },
    { endpointName: "off", state: "withheld", gate: "switch_off", total: 3 },
  ];
  expect(await readNotifications(pool, { providerId, eventIds })).toMatchObject(all);
  expect(await readNotifications(pool, { providerId, eventIds, limit: 2 })).toMatchObject(all.slice(0, 2));
});
