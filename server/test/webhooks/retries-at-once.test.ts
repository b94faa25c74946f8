import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type DeliveryToRepeat, limitBacklogs, makeDueAgain, retryDelivery } from "#webhooks/deliveries/index.ts";
import { buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

interface Key {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventId: string;
}

async function buildFailure(pool: Pool): Promise<Key> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
  const [eventId = ""] = await recordNow(pool, { providerId });
  await pool.query(`update endpoints set state = 'paused' where id = $1`, [endpointId]);
  await pool.inTransaction((tx) => limitBacklogs(tx, { rowsMax: 0, daysMax: 90 }));
  await pool.query(`update endpoints set state = 'enabled' where id = $1`, [endpointId]);
  return { providerId, endpointId, eventId };
}

const again = { format: "3scale", orderingKey: null, sequence: 1, attemptsMade: 1, replay: 0 } as const;
const ways = [
  { name: "of one delivery", retry: (tx: Transaction, key: Key): Promise<unknown> => retryDelivery(tx, key) },
  {
    name: "by a replay",
    retry: (tx: Transaction, key: Key): Promise<unknown> =>
      makeDueAgain(tx, key, [{ ...again, eventId: key.eventId } satisfies DeliveryToRepeat]),
  },
];

// The two statements of retryFailures: delete from the list, then make due.
const deleteFailure = `delete from failures where provider_id = $1 and endpoint_id = $2 and event_id = $3`;
const makeDue = `
  insert into due (provider_id, endpoint_id, event_id, format, sequence) values ($1, $2, $3, '3scale', 1)
  on conflict (event_id, endpoint_id) do update set due_at = clock_timestamp()`;

test.for(ways)(
  "a retry $name waits for a retry of the whole list without a deadlock",
  async ({ retry }, { database }) => {
    const key = await buildFailure(database);
    const values = [key.providerId, key.endpointId, key.eventId];
    const retried: Promise<unknown>[] = [];
    await database.inTransaction(async (tx) => {
      await tx.query(deleteFailure, values);
      retried.push(Promise.allSettled([database.inTransaction((other) => retry(other, key))]));
      await until(() => countWaiting(database));
      await tx.query(makeDue, values);
    });
    expect(await Promise.all(retried)).toMatchObject([[{ status: "fulfilled" }]]);
    expect(await database.query(`select from due`)).toHaveLength(1);
    expect(await database.query(`select from failures`)).toEqual([]);
  },
);
