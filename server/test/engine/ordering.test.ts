import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { cancelDelivery, retryDeliveries, retryDelivery, skipDelivery } from "#webhooks/deliveries/index.ts";
import { anEvent, buildEndpoint, buildProvider, recordIn, recordNow } from "../support/build-webhooks.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

type DeliveryKey = Parameters<typeof retryDelivery>[1];

/** Creates three deliveries of one account to one endpoint. The first waits an hour after a failed attempt. */
async function threeInOrder(database: Pool, url: string): Promise<Record<"first" | "second" | "third", DeliveryKey>> {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, {
    providerId,
    url,
    ordering: "account",
    retryWaitsSeconds: [3600],
  });
  const [first = "", second = "", third = ""] = await recordNow(database, { providerId }, [
    anEvent(),
    anEvent(),
    anEvent(),
  ]);
  const keyOf = (eventId: string): DeliveryKey => ({ providerId, eventId, endpointId });
  return { first: keyOf(first), second: keyOf(second), third: keyOf(third) };
}

const sequenceOf = (request: ReceivedRequest): number => Number(request.headers["bellwire-sequence"]);

test.concurrent("with ordering by account, each account's events are delivered in sequence", async ({ database }) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ordering: "account" });

  const forty = Array.from({ length: 40 }, (_, index) => index);
  await Promise.all(
    forty.map((index) =>
      recordNow(database, { providerId }, [anEvent({ accountId: index % 4 }), anEvent({ accountId: index % 4 })]),
    ),
  );

  await until(() => receiver.received.length === 80);
  const sequences = await database.query<{ id: string; accountId: number }>(`select id, account_id from events`);
  const accountOf = new Map(sequences.map(({ id, accountId }) => [id, accountId]));
  const byAccount = Map.groupBy(receiver.received, (request) => accountOf.get(String(request.headers["webhook-id"])));
  const oneToTwenty = Array.from({ length: 20 }, (_, index) => index + 1);
  expect([...byAccount.values()].map((requests) => requests.map(sequenceOf))).toEqual([
    oneToTwenty,
    oneToTwenty,
    oneToTwenty,
    oneToTwenty,
  ]);
});

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

// Alone: a busy process writes smaller batches.
test("an ordering key's backlog is sent one at a time in sequence, and recorded in batches", async ({ database }) => {
  const backlog = 400;
  let open = 0;
  let openMax = 0;
  await using receiver = await startReceiver((answer) => {
    open += 1;
    openMax = Math.max(openMax, open);
    setImmediate(() => {
      open -= 1;
      answer.writeHead(200).end();
    });
  });
  const batches: number[] = [];
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ordering: "account" });
  await recordNow(
    database,
    { providerId },
    times(backlog).map(() => anEvent()),
  );
  await using _engine = await startTestEngine(database, { onSettled: (attempted) => batches.push(attempted) });

  await until(async () => (await database.query(`select from due`)).length === 0);
  expect(receiver.received.map(sequenceOf)).toEqual(times(backlog));
  expect(openMax).toBe(1);
  expect(batches.length).toBeLessThan(0.8 * backlog); // on a busy machine, few attempts end while a batch is written
});

test.concurrent("a failed attempt within an ordering key's backlog is retried before later deliveries are sent", async ({
  database,
}) => {
  const failing = 7;
  await using receiver = await startReceiver((answer, request) => {
    const isFirst = receiver.received.filter((each) => sequenceOf(each) === failing).length === 1;
    answer.writeHead(sequenceOf(request) === failing && isFirst ? 500 : 200).end();
  });
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ordering: "account", retryWaitsSeconds: [1] });
  await recordNow(
    database,
    { providerId },
    times(30).map(() => anEvent()),
  );
  await using _engine = await startTestEngine(database);

  await until(async () => (await database.query(`select from due`)).length === 0);
  expect(receiver.received.map(sequenceOf)).toEqual([...times(failing), ...times(30).slice(failing - 1)]);
});

test.concurrent("a delivery waits for the earlier one of its ordering key, and cancelling that one releases it", async ({
  database,
}) => {
  await using receiver = await startReceiver(500);
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, {
    providerId,
    url: receiver.url,
    ordering: "account",
    retryWaitsSeconds: [3600],
  });
  const [first = "", second = ""] = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await until(() => receiver.received.length === 1);
  receiver.answer(200);
  await until(async () => (await database.query(`select from due where attempts_made = 1`)).length === 1);

  await database.inTransaction((tx) => cancelDelivery(tx, { providerId, eventId: first, endpointId }));

  await until(() => receiver.received.length === 2);
  expect(receiver.received.map((request) => request.headers["webhook-id"])).toEqual([first, second]);
});

test.concurrent("skipping a delivery releases those behind it, and its own retries continue", async ({ database }) => {
  await using receiver = await startReceiver(500);
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, {
    providerId,
    url: receiver.url,
    ordering: "account",
    retryWaitsSeconds: [2],
  });
  const [first = "", second = "", third = ""] = await recordNow(database, { providerId }, [
    anEvent(),
    anEvent(),
    anEvent(),
  ]);
  await until(async () => (await database.query(`select from due where attempts_made = 1`)).length === 1);
  receiver.answer(200);

  await database.inTransaction((tx) => skipDelivery(tx, { providerId, eventId: first, endpointId }));

  await until(async () => (await database.query(`select from due`)).length === 0);
  expect(receiver.received.map((request) => request.headers["webhook-id"])).toEqual([first, second, third, first]);
  expect(await database.inTransaction((tx) => skipDelivery(tx, { providerId, eventId: first, endpointId }))).toBe(
    false,
  );
});

test.concurrent("a waiting delivery that is retried manually leaves the ordering: it waits for none and delays none", async ({
  database,
}) => {
  await using receiver = await startReceiver(500);
  await using _engine = await startTestEngine(database);
  const { first, second, third } = await threeInOrder(database, receiver.url);
  await until(async () => (await database.query(`select from due where attempts_made = 1`)).length === 1);
  receiver.answer(200);

  await database.inTransaction((tx) => retryDelivery(tx, second));
  await until(() => receiver.received.length === 2);
  await database.inTransaction((tx) => cancelDelivery(tx, first));

  await until(() => receiver.received.length === 3);
  expect(receiver.received.map((request) => request.headers["webhook-id"])).toEqual(
    [first, second, third].map(({ eventId }) => eventId),
  );
});

test.concurrent.for([
  ["retried", retryDelivery],
  ["skipped", skipDelivery],
  ["cancelled", cancelDelivery],
] as const)(
  "a delivery becomes due if the one before it is %s while the first one ends",
  async ([, act], { database }) => {
    const { first, second, third } = await threeInOrder(database, "http://127.0.0.1:9/");
    const hasActed = Promise.withResolvers<void>();
    const acting = database.inTransaction(async (tx) => {
      await act(tx, second);
      hasActed.resolve();
      const blockedTransaction = "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
      await until(async () => (await tx.query(blockedTransaction)).length === 1);
    });
    await hasActed.promise;
    await Promise.all([acting, database.inTransaction((tx) => cancelDelivery(tx, first))]);

    const isDue = `select from due where event_id = $1 and due_at <= clock_timestamp()`;
    expect(await database.query(isDue, [third.eventId])).toHaveLength(1);
  },
);

const placesStatement = `
  select event_id, ordering_key is not null as "isInOrder",
    case when due_at <= clock_timestamp() then 'now' when due_at < 'infinity' then 'later' else 'waits' end as due
  from due order by sequence`;

const failFirst = "update due set attempts_made = 1, due_at = now() + interval '1 hour' where event_id = $1";

test.concurrent("a job that retries a whole order makes its first delivery due, and the others keep their places", async ({
  database,
}) => {
  const keys = Object.values(await threeInOrder(database, "http://127.0.0.1:9/"));
  const [first, second, third] = keys.map(({ eventId }) => eventId);
  const { providerId = 0, endpointId = 0 } = keys[0] ?? {};
  await database.query(failFirst, [first]);
  const selected = {
    providerId,
    eventIds: [third, second, first].map(String),
    endpointIds: keys.map(() => endpointId),
  };
  const options = { selectedAt: new Date(), onlyFailures: false, resumed: [] };
  const retried = await database.inTransaction((tx) => retryDeliveries(tx, { ...selected, ...options }));
  expect(retried).toEqual(new Map([[endpointId, 1]]));
  expect(await database.query(placesStatement)).toEqual([
    { eventId: first, isInOrder: true, due: "now" },
    { eventId: second, isInOrder: true, due: "waits" },
    { eventId: third, isInOrder: true, due: "waits" },
  ]);
});

test.concurrent("a waiting delivery that is skipped is due at once, and a failed one when its next attempt is", async ({
  database,
}) => {
  const { first, second, third } = await threeInOrder(database, "http://127.0.0.1:9/");
  await database.query(failFirst, [first.eventId]);
  const skip = (key: DeliveryKey) => database.inTransaction((tx) => skipDelivery(tx, key));
  expect(await skip(second)).toBe(true);
  const skipped = { eventId: second.eventId, isInOrder: false, due: "now" };
  expect(await database.query(placesStatement)).toEqual([
    { eventId: first.eventId, isInOrder: true, due: "later" },
    skipped,
    { eventId: third.eventId, isInOrder: true, due: "waits" },
  ]);
  expect(await skip(first)).toBe(true);
  expect(await database.query(placesStatement)).toEqual([
    { eventId: first.eventId, isInOrder: false, due: "later" },
    skipped,
    { eventId: third.eventId, isInOrder: true, due: "now" },
  ]);
});

test.concurrent("with ordering by object, a failing event delays only events of the same object", async ({
  database,
}) => {
  await using receiver = await startReceiver(500);
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ordering: "object", retryWaitsSeconds: [3600] });
  const application = { type: "application.created", objectId: 41 } as const;
  await recordNow(database, { providerId }, [anEvent(), anEvent(), anEvent(application), anEvent(application)]);

  await until(async () => (await database.query(`select from due where attempts_made = 1`)).length === 2);
  expect(receiver.received.map((request) => String(request.headers["bellwire-event-type"])).toSorted()).toEqual([
    "account.created",
    "application.created",
  ]);
});

test.concurrent("an event recorded while the one before it is settled is delivered in sequence", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ordering: "account" });
  for (let round = 0; round < 50; round += 1) {
    await database.inTransaction((tx) => recordIn(tx, { providerId }));
    // The first delivery may be pending, in flight or settled at this time.
    await database.inTransaction((tx) => recordIn(tx, { providerId }));
  }

  await until(() => receiver.received.length === 100);
  expect(receiver.received.map(sequenceOf)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  await until(async () => (await database.query("select from due")).length === 0);
});
