import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { anEvent, buildEndpoint, buildProvider, recordIn } from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";

/** Records events of these accounts in one transaction. */
const record = (pool: Pool, providerId: number, ...accountIds: readonly number[]) =>
  pool.inTransaction((tx) =>
    recordIn(
      tx,
      { providerId },
      accountIds.map((accountId) => anEvent({ accountId, objectId: accountId })),
    ),
  );

/** Returns which rows of an endpoint wait for another one, in the order of their events. */
async function waiting(pool: Pool, endpointId: number): Promise<readonly boolean[]> {
  const rows = await pool.query<{ waits: boolean }>(
    "select due_at = 'infinity' as waits from due where endpoint_id = $1 order by event_id",
    [endpointId],
  );
  return rows.map(({ waits }) => waits);
}

test("a delivery waits only behind one of the same ordering key, from its own or an earlier transaction", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const ofAccount = { providerId, url: "http://127.0.0.1:9/", ordering: "account" } as const;
  const endpoints = [
    await buildEndpoint(database, { ...ofAccount, name: "first" }),
    await buildEndpoint(database, { ...ofAccount, name: "second" }),
  ];
  const unordered = await buildEndpoint(database, { ...ofAccount, name: "third", ordering: "none" });

  await record(database, providerId, 31);
  for (const endpoint of endpoints) expect(await waiting(database, endpoint)).toEqual([false]);
  await record(database, providerId, 31);
  await record(database, providerId, 32);
  for (const endpoint of endpoints) expect(await waiting(database, endpoint)).toEqual([false, true, false]);
  await record(database, providerId, 33, 33, 34, 31);
  for (const endpoint of endpoints)
    expect(await waiting(database, endpoint)).toEqual([false, true, false, false, true, false, true]);
  expect(await waiting(database, unordered)).toEqual(Array.from({ length: 7 }, () => false));
});
