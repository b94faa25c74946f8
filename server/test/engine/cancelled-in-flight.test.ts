import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { cancelDelivery, readDelivery, retryDelivery } from "#webhooks/deliveries/index.ts";
import { deleteEndpoint } from "#webhooks/endpoints/index.ts";
import { buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test.for(["cancelled", "delivered"] as const)(
  "an attempt in flight during a cancellation or its endpoint's deletion is recorded, and the delivery ends as %s",
  async (state, { database }) => {
    const answered = Promise.withResolvers<void>();
    await using receiver = await startReceiver(
      (answer) => void answered.promise.then(() => answer.writeHead(200).end()),
    );
    await using _engine = await startTestEngine(database);
    const providerId = await buildProvider(database);
    const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
    const [eventId = ""] = await recordNow(database, { providerId });
    await until(() => receiver.received.length === 1);
    if (state === "cancelled") {
      await database.inTransaction((tx) => cancelDelivery(tx, { providerId, eventId, endpointId }));
    } else await deleteEndpoint(database, { providerId, id: endpointId, actor: bySystem.actor });
    answered.resolve();

    const delivery = await until(async () => {
      const current = await readDelivery(database, { providerId, eventId, endpointId });
      return current && current.attemptsMade > 0 && current;
    });
    expect(delivery).toMatchObject({ state, attemptsMade: 1, attempts: [{ number: 1, status: 200 }] });
    expect(receiver.received).toHaveLength(1);
  },
);

/** A delivery that was cancelled during its attempt. `retry` makes it due again, and the attempt ends before that commits. */
async function cancelInFlight(stack: AsyncDisposableStack, pool: Pool) {
  const { promise, resolve: answer } = Promise.withResolvers<void>();
  const receiver = stack.use(await startReceiver((response) => void promise.then(() => response.writeHead(200).end())));
  stack.use(await startTestEngine(pool));
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: receiver.url });
  const [eventId = ""] = await recordNow(pool, { providerId });
  const key = { providerId, eventId, endpointId };
  await until(() => receiver.received.length === 1);
  await pool.inTransaction((tx) => cancelDelivery(tx, key));
  const retry = async (tx: Transaction): Promise<void> => {
    expect(await retryDelivery(tx, key)).toBe(true);
    answer();
    await until(async () => (await readDelivery(pool, key))?.attemptsMade === 1);
  };
  return { receiver, key, retry };
}

test("a retry that does not see an attempt in flight during the cancellation delivers, and stops no other delivery", async ({
  database,
}) => {
  await using stack = new AsyncDisposableStack();
  const { receiver, key, retry } = await cancelInFlight(stack, database);
  await database.inTransaction(retry);

  await until(async () => (await readDelivery(database, key))?.state === "delivered");
  const [otherId = ""] = await recordNow(database, key);
  await until(async () => (await readDelivery(database, { ...key, eventId: otherId }))?.state === "delivered");
  expect(receiver.received).toHaveLength(3);
});

test("a cancellation after such a retry counts the attempt that was in flight", async ({ database }) => {
  await using stack = new AsyncDisposableStack();
  const { receiver, key, retry } = await cancelInFlight(stack, database);
  await database.inTransaction(async (tx) => {
    await retry(tx);
    await cancelDelivery(tx, key);
  });

  expect(await readDelivery(database, key)).toMatchObject({ state: "cancelled", attemptsMade: 1 });
  expect(receiver.received).toHaveLength(1);
});
