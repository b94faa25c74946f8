import { expect } from "vitest";
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

test("a retry that does not see an attempt in flight during the cancellation delivers, and stops no other delivery", async ({
  database,
}) => {
  const answered = Promise.withResolvers<void>();
  await using receiver = await startReceiver((answer) => void answered.promise.then(() => answer.writeHead(200).end()));
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const [eventId = ""] = await recordNow(database, { providerId });
  const key = { providerId, eventId, endpointId };
  await until(() => receiver.received.length === 1);
  await database.inTransaction((tx) => cancelDelivery(tx, key));
  await database.inTransaction(async (tx) => {
    expect(await retryDelivery(tx, key)).toBe(true);
    answered.resolve();
    await until(async () => (await readDelivery(database, key))?.attemptsMade === 1);
  });

  await until(async () => (await readDelivery(database, key))?.state === "delivered");
  const [otherId = ""] = await recordNow(database, { providerId });
  await until(async () => (await readDelivery(database, { ...key, eventId: otherId }))?.state === "delivered");
  expect(receiver.received).toHaveLength(3);
});

test("a cancellation after such a retry counts the attempt that was in flight", async ({ database }) => {
  const answered = Promise.withResolvers<void>();
  await using receiver = await startReceiver((answer) => void answered.promise.then(() => answer.writeHead(200).end()));
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const [eventId = ""] = await recordNow(database, { providerId });
  const key = { providerId, eventId, endpointId };
  await until(() => receiver.received.length === 1);
  await database.inTransaction((tx) => cancelDelivery(tx, key));
  await database.inTransaction(async (tx) => {
    expect(await retryDelivery(tx, key)).toBe(true);
    answered.resolve();
    await until(async () => (await readDelivery(database, key))?.attemptsMade === 1);
    await cancelDelivery(tx, key);
  });

  expect(await readDelivery(database, key)).toMatchObject({ state: "cancelled", attemptsMade: 1 });
  expect(receiver.received).toHaveLength(1);
});
