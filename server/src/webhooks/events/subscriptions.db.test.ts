import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { buildEndpoint, buildProvider } from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";
import { type Subscription, readSubscriptions } from "./subscriptions.ts";

const url = "https://crm.example/hooks";

async function subscribe(pool: Pool): Promise<{ providerId: number; id: number }> {
  const providerId = await buildProvider(pool);
  return { providerId, id: await buildEndpoint(pool, { providerId, url }) };
}

/** What is recalled, and how many statements that took. */
const recall = (pool: Pool, providerId: number) =>
  pool.inTransaction(async (tx) => {
    let statements = 0;
    const counting: Transaction = {
      ...tx,
      query(text, values) {
        statements += 1;
        return tx.query(text, values);
      },
    };
    return { subscriptions: await readSubscriptions(counting, providerId), statements };
  });

test("subscriptions that were read once are known by their version", async ({ database }) => {
  const { providerId } = await subscribe(database);
  const first = await recall(database, providerId);
  expect(await recall(database, providerId)).toEqual({ ...first, statements: 1 });
});

const changes: readonly (readonly [string, string, Partial<Subscription>])[] = [
  ["activity", "update endpoints set active = false where id = $1", { active: false }],
  [
    "event types",
    "update endpoints set event_types = '{user.created}' where id = $1",
    { eventTypes: ["user.created"] },
  ],
  ["admins' actions", "update endpoints set provider_actions = not provider_actions where id = $1", {}],
  ["all actors", "update endpoints set all_actors = not all_actors where id = $1", {}],
  ["format", "update endpoints set format = 'json' where id = $1", { format: "json" }],
  ["credentials", "update endpoints set include_credentials = not include_credentials where id = $1", {}],
  ["order", "update endpoints set ordering = 'object' where id = $1", { ordering: "object" }],
  [
    "capability",
    "update providers set web_hooks = 'denied' where id = (select provider_id from endpoints where id = $1)",
    { webHooks: "denied" },
  ],
  [
    "source",
    "update providers set event_source = 'https://new.example' where id = (select provider_id from endpoints where id = $1)",
    { source: "https://new.example" },
  ],
];

test.for(changes)("a change of %s by any hand counts at once", async ([, statement, after], { database }) => {
  const { providerId, id } = await subscribe(database);
  const before = await recall(database, providerId);
  await database.query(statement, [id]);
  const { subscriptions, statements } = await recall(database, providerId);
  expect(statements).toBe(2);
  expect(subscriptions).toHaveLength(1);
  expect(subscriptions).not.toEqual(before.subscriptions);
  expect(subscriptions[0]).toMatchObject(after);
});

test("an endpoint that comes or goes counts at once, and none of another provider's does", async ({ database }) => {
  const { providerId, id } = await subscribe(database);
  await subscribe(database);
  const idsNow = async (): Promise<readonly number[]> => {
    const { subscriptions } = await recall(database, providerId);
    return subscriptions.map((subscription) => subscription.id);
  };
  expect(await idsNow()).toEqual([id]);
  const second = await buildEndpoint(database, { providerId, url, name: "second" });
  expect(await idsNow()).toEqual([id, second]);
  await database.query("update endpoints set deleted_at = now() where id = $1", [id]);
  expect(await idsNow()).toEqual([second]);
  await database.query("delete from endpoints where id = $1", [second]);
  expect(await idsNow()).toEqual([]);
});

test("a change that is rolled back was seen by its own transaction and by no other", async ({ database }) => {
  const { providerId, id } = await subscribe(database);
  const undone = database.inTransaction(async (tx) => {
    await tx.query("update endpoints set active = false where id = $1", [id]);
    expect(await readSubscriptions(tx, providerId)).toMatchObject([{ active: false }]);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect((await recall(database, providerId)).subscriptions).toMatchObject([{ active: true }]);
});

test("what engines write of an endpoint renews no version", async ({ database }) => {
  const { providerId, id } = await subscribe(database);
  await recall(database, providerId);
  await database.query(
    "update endpoints set state = 'disabled', disabled_reason = 'gone', version = version + 1 where id = $1",
    [id],
  );
  expect((await recall(database, providerId)).statements).toBe(1);
});
