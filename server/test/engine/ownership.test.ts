import { expect } from "vitest";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { cancelDelivery, everyAttempt, listDeliveries, retryDelivery } from "#webhooks/deliveries/index.ts";
import { postgresLaneStore } from "#webhooks/engine/index.ts";
import { aSuccess, anEvent, buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const newId = createIdGenerator(systemClock);
const events = (count: number) => Array.from({ length: count }, (_, index) => anEvent({ accountId: index }));

test.concurrent("another engine delivers for a crashed engine's lanes once the lease has expired", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const crashed = postgresLaneStore(database, encryption, { leaseMs: 1000, userAgent: "Bellwire/test" });
  const crashedId = newId();
  await crashed.register(crashedId, []);
  expect(await crashed.claim(crashedId, [endpointId], 1)).toHaveLength(1);
  await recordNow(database, { providerId }, events(3));

  await using _engine = await startTestEngine(database, { leaseMs: 1000 });

  await until(() => receiver.received.length === 3);
});

/** Starts an engine with one endpoint. `loseLease` delays its heartbeat responses until it notices that the lease has expired. */
async function startEngineToLose(
  database: Pool,
  { url, leaseMs, onLate = () => Promise.resolve() }: { url: string; leaseMs: number; onLate?: () => Promise<unknown> },
) {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url });
  const responses = Promise.withResolvers<void>();
  let areLate = false;
  const engine = await startTestEngine(database, {
    leaseMs,
    async onHeartbeat() {
      if (!areLate) return;
      await onLate();
      await responses.promise;
    },
  });
  return {
    providerId,
    /** Resolves when the engine notices it. On a busy machine the lease may have expired before. */
    async loseLease(): Promise<void> {
      const countLost = (): number =>
        engine.warnings.filter((warning) => warning.startsWith("the lease has expired")).length;
      const before = countLost();
      areLate = true;
      await until(() => countLost() > before);
      areLate = false;
      responses.resolve();
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

const readEngines = (database: Pool) => database.query<{ id: string }>(`select id from engines`);

test.concurrent("an engine with late heartbeat responses reclaims its lanes immediately under a new id, even if the former looks alive", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  const onLate = () => database.query(`update engines set beat_at = clock_timestamp() + interval '1 hour'`);
  await using engine = await startEngineToLose(database, { url: receiver.url, leaseMs: 1000, onLate });
  await recordNow(database, engine, events(1));
  await until(() => receiver.received.length === 1);
  const former = await readEngines(database);

  await engine.loseLease();
  await recordNow(database, engine, events(1));

  await until(() => receiver.received.length === 2);
  const engines = await readEngines(database);
  expect(engines).toHaveLength(1);
  expect(engines).not.toEqual(former);
});

test.concurrent("an attempt in flight when a lease is lost can end before the next claim, and is not repeated", async ({
  database,
}) => {
  const mayAnswer = Promise.withResolvers<void>();
  await using receiver = await startReceiver(
    (response) => void mayAnswer.promise.then(() => response.writeHead(200).end()),
  );
  await using engine = await startEngineToLose(database, { url: receiver.url, leaseMs: 5000 });
  await recordNow(database, engine, events(1));
  await until(() => receiver.received.length === 1);
  const [former] = await readEngines(database);

  await engine.loseLease();
  const isReplaced = async () =>
    (await database.query(`select from engines where id <> $1`, [former?.id])).length === 1;
  await expect(until(isReplaced, { withinMs: 600 })).rejects.toThrow("this still did not hold");
  mayAnswer.resolve();

  await until(async () => (await database.query(`select from due`)).length === 0);
  await until(isReplaced);
  expect(receiver.received).toHaveLength(1);
});

/** Returns the warnings of an engine whose second heartbeat hangs. */
async function warningsWhileHanging(database: Pool, leaseMs: number): Promise<readonly string[]> {
  const hanging = Promise.withResolvers<void>();
  let heartbeats = 0;
  await using engine = await startTestEngine(database, {
    leaseMs,
    async onHeartbeat() {
      heartbeats += 1;
      if (heartbeats === 2) await hanging.promise;
    },
  });
  await until(() => heartbeats >= 10);
  hanging.resolve();
  return engine.warnings;
}

test.concurrent("a hanging heartbeat does not end an engine's lease", async ({ database }) => {
  let warnings = await warningsWhileHanging(database, 1000);
  // A busy machine may not run the process for a second.
  if (warnings.length > 0) warnings = await warningsWhileHanging(database, 10_000);
  expect(warnings).toEqual([]);
});

test.concurrent("an owned lane cannot be claimed and is not listed as free", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [one, other] = [newId(), newId()];
  const store = postgresLaneStore(database, encryption, { leaseMs: 60_000, userAgent: "Bellwire/test" });
  await store.register(one, []);
  await store.register(other, []);

  const claims = await Promise.all([one, other].map((engineId) => store.claim(engineId, [endpointId], 1)));
  expect(claims.flat()).toHaveLength(1);

  await recordNow(database, { providerId });
  expect((await store.findDueLanes(one)).free).toEqual([]);
});

test.concurrent("an engine that missed the response to its claim can claim the lane again, with a new epoch", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const engineId = newId();
  const store = postgresLaneStore(database, encryption, { leaseMs: 60_000, userAgent: "Bellwire/test" });
  await store.register(engineId, []);

  const [missed] = await store.claim(engineId, [endpointId], 1);
  const [repeated] = await store.claim(engineId, [endpointId], 2);

  expect(repeated?.epoch).toBe((missed?.epoch ?? 0) + 1);
});

test.concurrent("an earlier claim that arrives after a later one of the same engine gets no lane", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const engineId = newId();
  const store = postgresLaneStore(database, encryption, { leaseMs: 60_000, userAgent: "Bellwire/test" });
  await store.register(engineId, []);
  const [lane] = await store.claim(engineId, [endpointId], 2);

  expect(await store.claim(engineId, [endpointId], 1)).toEqual([]);
  expect(lane && (await store.verifyOwnership(engineId, [lane]))).toEqual([endpointId]);
  expect(lane && (await store.verifyOwnership(engineId, [{ ...lane, epoch: lane.epoch + 1 }]))).toEqual([]);
});

test.concurrent("an engine finds out which lanes are recorded as its own, whatever it knows of them", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpoints = ["mine", "theirs", "free"].map((name) =>
    buildEndpoint(database, { providerId, name, url: "http://127.0.0.1:9/" }),
  );
  const [mine = 0, theirs = 0, free = 0] = await Promise.all(endpoints);
  const [one, other] = [newId(), newId()];
  const store = postgresLaneStore(database, encryption, { leaseMs: 60_000, userAgent: "Bellwire/test" });
  await store.register(one, []);
  await store.register(other, []);
  await store.claim(one, [mine], 1);
  await store.claim(other, [theirs], 1);

  expect(await store.findRecorded(one, [mine, theirs, free, -1])).toEqual([mine]);
});

test.concurrent("an engine notices that it no longer owns a lane and stops sending", async ({ database }) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await using _engine = await startTestEngine(database, { leaseMs: 60_000 });
  await recordNow(database, { providerId }, events(1));
  await until(async () => (await database.query(`select from due`)).length === 0);
  const other = newId();
  await database.query(`insert into engines (id) values ($1)`, [other]);
  await database.query(`update lanes set owner = $1, epoch = epoch + 1`, [other]);

  await recordNow(database, { providerId }, events(1));
  await until(() => receiver.received.length === 2);
  await database.query(`update lanes set owner = null where endpoint_id = $1`, [endpointId]);

  await until(async () => (await database.query(`select from due`)).length === 0);
  expect(receiver.received.length).toBeLessThanOrEqual(4);
});

test.for([
  { end: "delivered", status: 200, error: null, url: null, settingsId: 1, trace: null },
  { end: "failed", status: 500, error: "Answered 500", url: Buffer.alloc(1) },
] as const)("an engine that lost its lane cannot settle a delivery as $end", async (change, { database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(database, { providerId });
  const [frozen, heir] = [newId(), newId()];
  const store = postgresLaneStore(database, encryption, { leaseMs: 0, userAgent: "Bellwire/test" }); // every lease has already expired
  await store.register(frozen, []);
  await store.register(heir, []);
  const [before] = await store.claim(frozen, [endpointId], 1);
  const [after] = await store.claim(heir, [endpointId], 1);
  expect(after).toEqual({
    endpointId,
    providerId,
    epoch: (before?.epoch ?? 0) + 1,
    unanswered: 0,
    lifts: 0,
    failingSeconds: null,
    failedAttempts: 0,
    rateSeconds: 1, // the former owner did not release the lane
  });

  const outcome = { ...aSuccess({ endpointId, eventId, epoch: 0 }), ...change };
  expect((await store.settle(frozen, [{ ...outcome, epoch: before?.epoch ?? 0 }])).recorded).toBe(0);
  // A failover may lose the claim that gave it an epoch, which the next owner then gets.
  expect((await store.settle(frozen, [{ ...outcome, epoch: after?.epoch ?? 0 }])).recorded).toBe(0);
  expect((await listDeliveries(database, { providerId, limit: 1 }))[0]?.state).toBe("pending");
  expect((await store.settle(heir, [{ ...outcome, epoch: before?.epoch ?? 0 }])).recorded).toBe(0); // an outcome of an earlier epoch is not recorded either
  expect((await store.settle(heir, [{ ...outcome, epoch: after?.epoch ?? 0 }])).recorded).toBe(1);
  expect((await store.settle(heir, [{ ...outcome, epoch: after?.epoch ?? 0 }])).recorded).toBe(0);
});

/** An ordered outcome waits for half a second at most, and is then refused. */
test.for([
  { ordering: "none", orderingKey: null, status: 500, error: "Answered 500", end: null, retryAfterSeconds: 1 },
  { ordering: "account", orderingKey: "account/0" },
] as const)(
  "an outcome that is recorded during a claim has a number from before it, ordering $ordering",
  async (given, { database }) => {
    const { ordering, ...change } = given;
    const providerId = await buildProvider(database);
    const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", ordering });
    const [eventId = ""] = await recordNow(database, { providerId }, events(1));
    const [killed, heir] = [newId(), newId()];
    const store = postgresLaneStore(database, encryption, { leaseMs: 0, userAgent: "Bellwire/test" });
    await store.register(killed, []);
    await store.register(heir, []);
    const [{ epoch } = { epoch: 0 }] = await store.claim(killed, [endpointId], 1);
    const { settled, nextToStart } = await database.inTransaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid from due for update");
      const settling = store.settle(killed, [{ ...aSuccess({ endpointId, eventId, epoch }), ...change }]);
      const waiting = "select from pg_locks where not granted and $1 = any(pg_blocking_pids(pid))";
      await until(async () => (await database.query(waiting, [row?.pid])).length > 0);
      expect(await store.claim(heir, [endpointId], 1)).toHaveLength(1);
      return { settled: settling, ...(await store.sampleTransactions()) };
    });
    if (ordering === "none") expect((await settled).recorded).toBe(1);
    else await settled;
    const attempts = await database.query<{ recordedIn: string }>(
      `select recorded_in::text from ${everyAttempt} attempt`,
    );
    expect(attempts.filter(({ recordedIn }) => BigInt(recordedIn) >= nextToStart)).toEqual([]);
  },
);

test.concurrent("a delivery cancelled before its first attempt and retried is settled, with others of its batch", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = "", other = ""] = await recordNow(database, { providerId }, events(2));
  await database.inTransaction((tx) => cancelDelivery(tx, { providerId, eventId, endpointId }));
  await database.inTransaction((tx) => retryDelivery(tx, { providerId, eventId, endpointId }));
  const store = postgresLaneStore(database, encryption, { leaseMs: 60_000, userAgent: "Bellwire/test" });
  const engineId = newId();
  await store.register(engineId, []);
  const [lane] = await store.claim(engineId, [endpointId], 1);

  const outcomes = [eventId, other].map((id) => aSuccess({ endpointId, eventId: id, epoch: lane?.epoch ?? 0 }));

  expect((await store.settle(engineId, outcomes)).recorded).toBe(2);
  const deliveries = await listDeliveries(database, { providerId, limit: 3 });
  expect(deliveries.map(({ state, attemptsMade }) => ({ state, attemptsMade }))).toEqual([
    { state: "delivered", attemptsMade: 1 },
    { state: "delivered", attemptsMade: 1 },
  ]);
});

test.concurrent("a stopping engine waits for attempts in flight, records them and releases its lanes", async ({
  database,
}) => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  await using receiver = await startReceiver((response) => void mayAnswer.then(() => response.writeHead(200).end()));
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url });
  const { engine } = await startTestEngine(database);
  await recordNow(database, { providerId }, events(3));
  await until(() => receiver.received.length === 1); // a new lane has one attempt in flight

  const stopped = engine.stop(5000);
  answer();
  await stopped;

  const states = (await listDeliveries(database, { providerId, limit: 3 })).map((delivery) => delivery.state);
  expect(states.toSorted()).toEqual(["delivered", "pending", "pending"]);
  expect(receiver.received).toHaveLength(1);
  expect(await database.query(`select from lanes where owner is not null`)).toEqual([]);
  expect(await database.query(`select from engines`)).toEqual([]);
});

test.concurrent("a stopping engine gets no lane, and does not count for the share of others", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const store = postgresLaneStore(database, encryption, { leaseMs: 60_000, userAgent: "Bellwire/test" });
  const [stopping, other] = [newId(), newId()];
  for (const id of [stopping, other]) await store.register(id, []);
  expect(await store.findDueLanes(other)).toMatchObject({ engines: 2 });

  await store.stopClaims(stopping);

  expect(await store.findDueLanes(other)).toMatchObject({ engines: 1 });
  expect(await store.claim(stopping, [endpointId], 1)).toEqual([]);
  expect(await store.claim(other, [endpointId], 1)).toMatchObject([{ endpointId }]);
});

test.concurrent("no transaction is open while a receiver hangs", async ({ database }) => {
  await using receiver = await startReceiver("hang");
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, timeoutSeconds: 60 });
  await using _engine = await startTestEngine(database);
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1);

  // A heartbeat may be in a transaction, so one of many samples must find none besides the observer's own.
  const others = `select from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`;
  await until(async () => (await database.query(others)).length === 0);
  await receiver[Symbol.asyncDispose](); // the engine waits for the attempt
});

test.concurrent("nothing is sent to an address outside the operator's allowed targets", async ({ database }) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  await using _engine = await startTestEngine(database, { allowedTargets: "none" });
  await recordNow(database, { providerId });
  const delivery = await until(async () => {
    const [current] = await listDeliveries(database, { providerId, limit: 1 });
    return current?.state === "failed" && current;
  });
  expect(delivery.lastError).toContain("127.0.0.1");
  expect(receiver.received).toEqual([]);
});

test.concurrent("an inactive endpoint holds due deliveries until it is active again", async ({ database }) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await recordNow(database, { providerId });
  const switchTo = (active: boolean) =>
    database.inTransaction(async (tx) => {
      await tx.query(`update endpoints set active = $2, version = version + 1 where id = $1`, [endpointId, active]);
      tx.hintAfterCommit("endpoints", String(endpointId));
    });
  await switchTo(false);
  await using _engine = await startTestEngine(database);
  await recordNow(database, { providerId: await buildProvider(database) });
  expect(await database.query(`select from due`)).toHaveLength(1);
  expect(receiver.received).toEqual([]);

  await switchTo(true);
  await until(() => receiver.received.length === 1);
});

test.concurrent("an attempt in flight when its endpoint becomes inactive is recorded, and not repeated", async ({
  database,
}) => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  await using receiver = await startReceiver((response) => void mayAnswer.then(() => response.writeHead(200).end()));
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await using _engine = await startTestEngine(database);
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1);

  await database.inTransaction(async (tx) => {
    await tx.query(`update endpoints set active = false, version = version + 1 where id = $1`, [endpointId]);
    tx.hintAfterCommit("endpoints", String(endpointId));
  });
  answer();
  await until(async () => (await listDeliveries(database, { providerId, limit: 1 }))[0]?.state === "delivered");
  await until(async () => (await database.query(`select from lanes where owner is not null`)).length === 0);
  expect(receiver.received).toHaveLength(1);
});

test.concurrent("a pause applies to deliveries already read, even if the first reads of the settings fail", async ({
  database,
}) => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  await using receiver = await startReceiver((response) => void mayAnswer.then(() => response.writeHead(200).end()));
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  let cuts = 0;
  let isRead = false;
  await using _engine = await startTestEngine(database, {
    onReadSettings: () => {
      if (receiver.received.length > 0 && (cuts += 1) <= 2) throw new Error("the line is cut");
    },
    onSettingsRead: () => (isRead = cuts > 2),
  });
  await recordNow(database, { providerId }, events(5));
  await until(() => receiver.received.length === 1);

  await database.inTransaction(async (tx) => {
    await tx.query(`update endpoints set state = 'paused', version = version + 1 where id = $1`, [endpointId]);
    tx.hintAfterCommit("endpoints", String(endpointId));
  });
  await until(() => isRead);
  answer();

  await until(async () => (await database.query(`select from lanes where owner is not null`)).length === 0);
  expect(receiver.received).toHaveLength(1);
  expect(await database.query(`select from due`)).toHaveLength(4);
});
