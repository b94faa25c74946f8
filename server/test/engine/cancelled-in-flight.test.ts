import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { cancelDelivery, readDelivery, retryDeliveries, retryDelivery } from "#webhooks/deliveries/index.ts";
import { deleteEndpoint } from "#webhooks/endpoints/index.ts";
import { resendEvents } from "#webhooks/replays/index.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test.concurrent.for(["cancelled", "delivered"] as const)(
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

/** A delivery that was cancelled during its attempt, which ends with `answer`. */
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
  return { receiver, key, answer };
}

interface Key {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventId: string;
}

const ways = [
  { name: "a retry", retry: (tx: Transaction, key: Key): Promise<unknown> => retryDelivery(tx, key) },
  {
    name: "a job that retries",
    retry: (tx: Transaction, { eventId, endpointId, ...key }: Key): Promise<unknown> => {
      const keys = { ...key, eventIds: [eventId], endpointIds: [endpointId] };
      // Later than the delivery's end, which may be in the same millisecond.
      const selectedAt = new Date(Date.now() + 1);
      return retryDeliveries(tx, { ...keys, selectedAt, onlyFailures: false, resumed: [] });
    },
  },
  {
    name: "a replay",
    retry: (tx: Transaction, { eventId, ...key }: Key): Promise<unknown> =>
      resendEvents(tx, { ...key, eventIds: [eventId] }),
  },
];

test.concurrent.for(ways)(
  "an attempt in flight that ends before the commit of $name is the first one of its round",
  async ({ retry }, { database }) => {
    await using stack = new AsyncDisposableStack();
    const { receiver, key, answer } = await cancelInFlight(stack, database);
    await database.inTransaction(async (tx) => {
      await retry(tx, key);
      answer();
      await until(() => countWaiting(database));
    });

    const delivery = await until(async () => {
      const current = await readDelivery(database, key);
      return current?.state === "delivered" && current;
    });
    expect(delivery).toMatchObject({ attemptsMade: 1, attempts: [{ number: 1, status: 200 }] });
    const [otherId = ""] = await recordNow(database, key);
    await until(async () => (await readDelivery(database, { ...key, eventId: otherId }))?.state === "delivered");
    expect(receiver.received).toHaveLength(2);
  },
);

test.concurrent.for([...ways, { name: "a retry without a cancellation", retry: ways[0]?.retry }])(
  "$name during the last attempt of a delivery is not lost when that attempt fails",
  async ({ name, retry }, { database }) => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    await using receiver = await startReceiver(
      (response) => void answered.then(() => response.writeHead(receiver.received.length === 1 ? 500 : 200).end()),
    );
    await using _engine = await startTestEngine(database);
    const providerId = await buildProvider(database);
    const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
    const [eventId = ""] = await recordNow(database, { providerId });
    const key = { providerId, eventId, endpointId };
    await until(() => receiver.received.length === 1);
    if (!name.endsWith("cancellation")) await database.inTransaction((tx) => cancelDelivery(tx, key));
    await database.inTransaction((tx) => retry?.(tx, key) ?? Promise.resolve());
    answer();

    const delivery = await until(async () => {
      const current = await readDelivery(database, key);
      return current?.state !== "pending" && current;
    });
    expect(delivery).toMatchObject({ state: "delivered", attempts: [{ status: 500 }, { status: 200 }] });
    expect(await database.query("select from failures")).toEqual([]);
  },
);

test.concurrent("a retry during the only attempt of a delivery that was read ahead in its order is not lost when it fails", async ({
  database,
}) => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const providerId = await buildProvider(database);
  await using receiver = await startReceiver((response, { headers }) => {
    const attempts = receiver.received.filter((other) => other.headers["webhook-id"] === headers["webhook-id"]).length;
    if (headers["bellwire-sequence"] !== "4") response.writeHead(200).end();
    else void answered.then(() => response.writeHead(attempts === 1 ? 500 : 200).end());
  });
  const settings = { providerId, url: receiver.url, ordering: "account", retryWaitsSeconds: [] } as const;
  const endpointId = await buildEndpoint(database, settings);
  const eventIds = await recordNow(
    database,
    { providerId },
    Array.from({ length: 5 }, () => anEvent()),
  );
  const [third = "", eventId = "", last = ""] = eventIds.slice(2);
  const key = { providerId, eventId, endpointId };
  await using _engine = await startTestEngine(database);
  const stateOf = async (id: string) => (await readDelivery(database, { ...key, eventId: id }))?.state;
  await until(async () => receiver.received.length === 4 && (await stateOf(third)) === "delivered");
  await database.inTransaction((tx) => retryDelivery(tx, key));
  answer();

  await until(async () => (await stateOf(eventId)) !== "pending" && (await stateOf(last)) === "delivered");
  expect(await readDelivery(database, key)).toMatchObject({
    state: "delivered",
    attempts: [{ status: 500 }, { status: 200 }],
  });
  expect(await database.query("select from failures")).toEqual([]);
});

const insertAttempt = `
  insert into attempts (provider_id, event_id, endpoint_id, number, at, latency_ms) values ($1, $2, $3, 1, now(), 1)`;

test.concurrent.for(ways)(
  "an attempt in flight during a cancellation and the attempt of $name beside its record have numbers of their own",
  async ({ retry }, { database }) => {
    await using stack = new AsyncDisposableStack();
    const { receiver, key, answer } = await cancelInFlight(stack, database);
    const retried: Promise<unknown>[] = [];
    const hold = database.inTransaction(async (tx) => {
      await tx.query(insertAttempt, [key.providerId, key.eventId, key.endpointId]); // the record of the attempt waits for this
      answer();
      await until(async () => (await countWaiting(database)) === 1);
      retried.push(database.inTransaction((other) => retry(other, key)));
      await until(async () => (await countWaiting(database)) === 2);
      throw new Error("rolled back");
    });
    await expect(hold).rejects.toThrow("rolled back");
    await Promise.all(retried);

    const delivery = await until(async () => {
      const current = await readDelivery(database, key);
      return current?.state === "delivered" && current;
    });
    expect(delivery.attempts.map(({ number }) => number)).toEqual([1, 2]);
    expect(receiver.received).toHaveLength(2);
  },
);

test.concurrent("a cancellation after such a retry counts the attempt that was in flight", async ({ database }) => {
  await using stack = new AsyncDisposableStack();
  const { receiver, key, answer } = await cancelInFlight(stack, database);
  await database.inTransaction(async (tx) => {
    await retryDelivery(tx, key);
    answer();
    await until(() => countWaiting(database));
    await cancelDelivery(tx, key);
  });

  const delivery = await until(async () => {
    const current = await readDelivery(database, key);
    return current?.attemptsMade === 1 && current;
  });
  expect(delivery).toMatchObject({ state: "cancelled", attempts: [{ number: 1 }] });
  expect(receiver.received).toHaveLength(1);
});
