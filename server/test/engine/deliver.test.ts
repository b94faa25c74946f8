import type { ServerResponse } from "node:http";
import { expect } from "vitest";
import {
  type DeliveryState,
  listDeliveries,
  listFailures,
  readDelivery,
  retryDelivery,
  retryFailures,
} from "#webhooks/deliveries/index.ts";
import { readEndpoint, rotateSecret, updateEndpoint } from "#webhooks/endpoints/index.ts";
import {
  anEvent,
  buildEndpoint,
  buildProvider,
  bySystem,
  encryption,
  endpointNeeds,
  recordNow,
} from "../support/build-webhooks.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test.concurrent("a recorded event is delivered immediately, with its body, id and context headers", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: `${receiver.url}?token=a%20b` });

  const [id = ""] = await recordNow(database, { providerId });
  await until(() => receiver.received.length > 0);
  const delivery = await until(async () => {
    const current = await readDelivery(database, { providerId, eventId: id, endpointId });
    return current?.state === "delivered" && current;
  });

  const [request] = receiver.received;
  expect(request?.body).toBe(delivery.body?.toString());
  expect(request?.path).toBe("/hook?token=a%20b");
  expect(request?.headers).toMatchObject({
    "content-type": "application/xml",
    "webhook-id": id,
    "bellwire-attempt": "1",
    "bellwire-event-type": "account.created",
    "bellwire-sequence": "1",
    "bellwire-actor": "developer:21",
    "bellwire-channel": "developer_portal",
  });
  expect(delivery.attempts).toMatchObject([{ number: 1, status: 200, error: null }]);
  expect(delivery).toMatchObject({ lastStatus: 200, lastAttemptAt: delivery.attempts[0]?.at });
});

test.concurrent("six failed attempts with one id and body end on the failure list, from which a retry delivers", async ({
  database,
}) => {
  await using receiver = await startReceiver(500);
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, {
    providerId,
    url: receiver.url,
    retryWaitsSeconds: [1, 1, 0, 0, 0],
  });
  const [eventId = ""] = await recordNow(database, { providerId });

  const [failure] = await until(async () => {
    const list = await listFailures(database, encryption, { providerId });
    return list.length > 0 && list;
  });
  expect(failure).toMatchObject({ eventId, endpointId, error: "Answered 500", attemptsMade: 6, url: receiver.url });
  expect(receiver.received).toHaveLength(6);
  expect(
    new Set(receiver.received.map((request) => `${String(request.headers["webhook-id"])} ${request.body}`)).size,
  ).toBe(1);
  expect(receiver.received.map((request) => request.headers["bellwire-attempt"])).toEqual([
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
  ]);
  const [first, second, third] = receiver.received.map((request) => request.atMs);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1000);
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(1000);

  receiver.answer(200);
  expect(await retryFailures(database, { providerId }, bySystem)).toBe(1);
  await until(async () => (await listDeliveries(database, { providerId, limit: 1 }))[0]?.state === "delivered");
  expect(await listFailures(database, encryption, { providerId })).toEqual([]);
  expect(receiver.received.at(-1)?.headers).toMatchObject({ "webhook-id": eventId, "bellwire-attempt": "7" });
  expect(receiver.received.at(-1)?.headers["bellwire-replay"]).toBeUndefined();
});

test.concurrent.for([
  ["201", 201, "Answered 201; only 200 counts as delivered"],
  ["301", 301, "Answered 301; redirects are not followed"],
  ["a hang", "hang", "No complete answer within 1 s"],
] as const)("%s is recorded as a failure", async ([, answer, error], { database }) => {
  await using receiver = await startReceiver(answer);
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, {
    providerId,
    url: receiver.url,
    retryWaitsSeconds: [],
    timeoutSeconds: 1,
  });
  const [eventId = ""] = await recordNow(database, { providerId });

  const delivery = await until(async () => {
    const current = await readDelivery(database, { providerId, eventId, endpointId });
    return current?.state === "failed" && current;
  });
  expect(delivery.attempts).toMatchObject([{ number: 1, error }]);
});

test.concurrent("a manual retry of a delivered event keeps its id and is marked as a replay", async ({ database }) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const [eventId = ""] = await recordNow(database, { providerId });
  const delivered = async (attemptsMade: number) => {
    const delivery = await readDelivery(database, { providerId, eventId, endpointId });
    return delivery?.state === "delivered" && delivery.attemptsMade === attemptsMade;
  };
  await until(() => delivered(1));

  expect(await database.inTransaction((tx) => retryDelivery(tx, { providerId, eventId, endpointId }))).toBe(true);

  await until(() => delivered(2));
  expect(receiver.received.map(({ headers }) => [headers["webhook-id"], headers["bellwire-replay"]])).toEqual([
    [eventId, undefined],
    [eventId, "1"],
  ]);
});

test.concurrent("a thousand events are delivered exactly once to each of three endpoints", async ({ database }) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  for (const name of ["one", "two", "three"]) await buildEndpoint(database, { providerId, url: receiver.url, name });
  const thousand = Array.from({ length: 1000 }, (_, index) => anEvent({ accountId: index % 7 }));
  await Promise.all(
    Array.from({ length: 10 }, (_, batch) =>
      recordNow(database, { providerId }, thousand.slice(batch * 100, batch * 100 + 100)),
    ),
  );

  await until(async () => (await database.query(`select from due`)).length === 0);
  expect(receiver.received).toHaveLength(3000);
  const requestsById = Map.groupBy(receiver.received, (request) => request.headers["webhook-id"]);
  expect([...requestsById.values()].every((requests) => requests.length === 3)).toBe(true);
});

// Alone: after a second without a response, the next event of the change is sent.
test("the events of one change are delivered in sequence, even without an ordering key", async ({ database }) => {
  const later = (response: ServerResponse, request: ReceivedRequest) =>
    void setTimeout(() => response.writeHead(200).end(), request.headers["bellwire-sequence"] === "1" ? 50 : 0);
  await using receiver = await startReceiver(later);
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url });
  const signUp = (accountId: number) => [1, 2, 3].map(() => anEvent({ accountId }));
  for (let account = 0; account < 20; account += 1) await recordNow(database, { providerId }, signUp(account));

  await until(() => receiver.received.length === 60);
  const accounts = await database.query<{ id: string; accountId: number }>(`select id, account_id from events`);
  const accountOf = new Map(accounts.map(({ id, accountId }) => [id, accountId]));
  const arrived = Map.groupBy(receiver.received, (request) => accountOf.get(String(request.headers["webhook-id"])));
  expect(
    [...arrived.values()].every(
      (requests) => requests.map((request) => request.headers["bellwire-sequence"]).join() === "1,2,3",
    ),
  ).toBe(true);
});

test.concurrent("a Retry-After of a 429 pauses the endpoint for that time, in every engine", async ({ database }) => {
  await using receiver = await startReceiver((response) => response.writeHead(429, { "retry-after": "2" }).end());
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url });
  await recordNow(
    database,
    { providerId },
    Array.from({ length: 20 }, (_, accountId) => anEvent({ accountId })),
  );
  await until(() => receiver.received.length === 1);
  receiver.answer(200);
  await using _other = await startTestEngine(database);

  await until(async () => (await database.query(`select from due`)).length === 0);
  const [first, second] = receiver.received.map((request) => request.atMs);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2000);
  expect(receiver.received).toHaveLength(21);
});

test.concurrent("a manual retry ends a pause by Retry-After, which is capped at one hour", async ({ database }) => {
  await using receiver = await startReceiver((response) => response.writeHead(503, { "retry-after": "86400" }).end());
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [60] });
  const [eventId = ""] = await recordNow(database, { providerId });
  const heldUntil = async (): Promise<Date | null | undefined> =>
    (await readEndpoint(database, encryption, { providerId, id: endpointId }))?.heldUntil;
  const held = await until(heldUntil);
  expect(held.getTime() - Date.now()).toBeGreaterThan(3_500_000);
  expect(held.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
  receiver.answer(200);

  await database.inTransaction((tx) => retryDelivery(tx, { providerId, eventId, endpointId }));

  await until(() => receiver.received.length === 2);
  expect(await heldUntil()).toBe(null);
});

test.concurrent("an engine releases the lane of an unresponsive endpoint, and the lane keeps its failure count and pause", async ({
  database,
}) => {
  await using engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", retryWaitsSeconds: [3600] });
  await recordNow(
    database,
    { providerId },
    Array.from({ length: 60 }, (_, accountId) => anEvent({ accountId })),
  );

  await until(() => engine.lines.length === 50);
  const released = `select from lanes where owner is null and unanswered = 50 and not_before > now()`;
  await until(async () => (await database.query(released)).length === 1);
});

test.concurrent("an endpoint that fails for long is disabled and gets held deliveries once enabled; `default` stays enabled", async ({
  database,
}) => {
  await using receiver = await startReceiver(500);
  await using _engine = await startTestEngine(database, { disableAfterMs: 1 });
  const providerId = await buildProvider(database);
  const choices = { providerId, url: receiver.url, retryWaitsSeconds: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3600] };
  const endpointId = await buildEndpoint(database, { ...choices, name: "crm" });
  await buildEndpoint(database, choices);
  await recordNow(database, { providerId });

  const endpoint = await until(async () => {
    const current = await readEndpoint(database, encryption, { providerId, id: endpointId });
    return current?.state === "disabled" && current;
  });
  expect(endpoint.disabledReason).toContain("No attempt has succeeded");
  await until(() => receiver.received.length === 22); // ten, and the default endpoint's twelve
  await recordNow(database, { providerId });
  receiver.answer(200);
  const countIn = async (state: DeliveryState, ofEndpoint?: number): Promise<number> => {
    const deliveries = await listDeliveries(database, { providerId, endpointId: ofEndpoint, limit: 50 });
    return deliveries.filter((delivery) => delivery.state === state).length;
  };
  await until(async () => (await countIn("delivered")) === 1);
  expect(await countIn("pending", endpointId)).toBe(2);

  await database.inTransaction(async (tx) => {
    await tx.query(`update endpoints set state = 'enabled', version = version + 1 where id = $1`, [endpointId]);
    tx.hintAfterCommit("endpoints", String(endpointId));
  });
  await until(async () => (await countIn("delivered", endpointId)) === 2);
});

test.concurrent("from the commit of another URL on, nothing is sent to the former one, however long the engine reads it", async ({
  database,
}) => {
  await using former = await startReceiver();
  await using latter = await startReceiver();
  await using other = await startReceiver();
  const settingsAreRead = Promise.withResolvers<void>();
  let isChanged = false;
  await using _engine = await startTestEngine(database, {
    onReadSettings: () => (isChanged ? settingsAreRead.promise : undefined),
  });
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: former.url });
  await buildEndpoint(database, { providerId, url: other.url, name: "other" });
  await recordNow(database, { providerId });
  await until(() => former.received.length + other.received.length === 2);

  isChanged = true;
  const change = { providerId, id: endpointId, ...bySystem, input: { url: latter.url } };
  await updateEndpoint(endpointNeeds(database), change);
  await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await until(() => other.received.length === 3);
  settingsAreRead.resolve();
  await until(() => latter.received.length === 2);
  expect(former.received).toHaveLength(1);
});

// Alone: the previous secret signs for a second and a half.
test("a busy endpoint's previous secret stops signing when its time is over", async ({ database }) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await rotateSecret({ pool: database, encryption }, { providerId, id: endpointId, ...bySystem });
  await database.query(
    "update endpoints set version = version + 1, previous_secret_until = now() + interval '1500 milliseconds'",
  );
  const signatures = async (): Promise<number | undefined> => {
    const count = receiver.received.length;
    await recordNow(database, { providerId });
    await until(() => receiver.received.length > count);
    return receiver.received.at(-1)?.headers["webhook-signature"]?.toString().split(" ").length;
  };

  expect(await signatures()).toBe(2);
  await until(async () => (await signatures()) === 1);
});

test.concurrent("hints of strangers stop no delivery: any role of the database may notify", async ({
  database,
  owner,
}) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await recordNow(database, { providerId });
  await until(async () => (await database.query("select from due")).length === 0);
  for (const channel of ["due", "endpoints"])
    await owner.query("select pg_notify($1, $2)", [
      schema,
      JSON.stringify(["stranger", [channel, "x", "1.5", "1e99"]]),
    ]);
  await owner.query(
    `insert into due (endpoint_id, event_id, provider_id, format, sequence)
     select $1, event_id, provider_id, format, 1 from payloads`,
    [endpointId],
  );
  await until(() => receiver.received.length === 2);
});

test.concurrent("a delivery with more attempts than can be numbered ends, and stops no other delivery", async ({
  database,
}) => {
  let status = 500;
  await using receiver = await startReceiver((answer) => answer.writeHead(status).end());
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await database.query("update endpoints set state = 'paused'");
  const [eventId = ""] = await recordNow(database, { providerId });
  await database.query("update due set attempts_made = 32765, round_start = 32765");
  await database.query("update endpoints set state = 'enabled', version = version + 1");
  const key = { providerId, eventId, endpointId };
  const stateOf = async (id: string) => (await readDelivery(database, { ...key, eventId: id }))?.state;
  await until(async () => (await stateOf(eventId)) === "failed");
  status = 200;
  await database.inTransaction((tx) => retryDelivery(tx, key));
  const [otherId = ""] = await recordNow(database, { providerId });
  for (const id of [eventId, otherId]) await until(async () => (await stateOf(id)) === "delivered");
  expect(await readDelivery(database, key)).toMatchObject({ attemptsMade: 32_767 });
});
