import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import {
  cancelDelivery,
  deleteFailures,
  listDeliveries,
  retryDeliveries,
  retryDelivery,
} from "#webhooks/deliveries/index.ts";
import { deleteEndpoint } from "#webhooks/endpoints/index.ts";
import { readJob, workOnJob } from "#webhooks/jobs/index.ts";
import {
  type Replay,
  type ReplayRange,
  cancelReplaysOf,
  countReplayable,
  deleteOldReplays,
  listReplays,
  readReplay,
  startReplay,
  workOnReplay,
} from "#webhooks/replays/index.ts";
import { record, value } from "#platform/document.ts";
import { failingAtTheEnd } from "../portal/portal-fixture.ts";
import {
  anEvent,
  buildEndpoint,
  buildProvider,
  bySystem,
  finishReplays,
  recordIn,
  recordNow,
  startJob,
} from "../support/build-webhooks.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const hourMs = 3_600_000;
const idOf = ({ headers }: ReceivedRequest): string => String(headers["webhook-id"]);

type Wanted = Pick<ReplayRange, "providerId" | "endpointId" | "only"> & Partial<ReplayRange>;

/** The last hour by default. */
const rangeOf = (options: Wanted): ReplayRange => ({
  since: new Date(Date.now() - hourMs),
  until: new Date(Date.now() + 1),
  eventTypes: null,
  ...options,
});

async function start(database: Pool, options: Wanted): Promise<Replay> {
  const replay = await database.inTransaction((tx) => startReplay(tx, rangeOf(options)));
  if (!replay) throw new Error("Another replay is under way.");
  return replay;
}

/** Starts a replay and runs it to its end. */
async function replayAll(database: Pool, options: Wanted): Promise<Replay | undefined> {
  const { providerId, id } = await start(database, options);
  await finishReplays(database);
  return readReplay(database, providerId, id);
}

/** Returns a millisecond without events. */
async function nextMoment(): Promise<Date> {
  const atMs = Date.now();
  return until(() => Date.now() > atMs && new Date(), { everyMs: 1 });
}

const nothingIsDue = (database: Pool) => async (): Promise<boolean> =>
  (await database.query("select from due")).length === 0;

test("missing deliveries are sent in the endpoint's format, if it subscribes to the type", async ({ database }) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const [before = ""] = await recordNow(database, { providerId });
  const types = { eventTypes: ["account.created"], format: "json" } as const;
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, ...types });
  const token = { kind: "token", userId: 1 } as const; // a gate stops events caused by tokens
  const [stopped = ""] = await recordNow(database, { providerId, actor: token });
  await recordNow(database, { providerId }, [
    anEvent({ type: "account.updated" }),
    anEvent({ type: "endpoint.degraded", objectId: endpointId }),
    anEvent({ type: "endpoint.degraded", objectId: endpointId + 1 }),
  ]);
  await using _engine = await startTestEngine(database);
  const [sent = ""] = await recordNow(database, { providerId });
  await until(nothingIsDue(database));

  const counts = { failed: 0, missing: 2, delivered: 0, givenUp: 0 };
  const preview = { ...rangeOf({ providerId, endpointId, only: "missing" }), subscribedTo: types.eventTypes };
  expect(await countReplayable(database, preview)).toEqual(counts);
  const ofPortal = await countReplayable(database, { ...preview, subscribedTo: ["*"] }); // no operational event
  expect(ofPortal).toEqual({ ...counts, missing: 3 });
  const ofAlerts = await countReplayable(database, { ...preview, subscribedTo: ["endpoint.degraded"] }); // not about itself
  expect(ofAlerts).toEqual({ ...counts, missing: 1 });
  expect(await replayAll(database, { providerId, endpointId, only: "missing" })).toMatchObject({
    ...counts,
    state: "done",
    finishedAt: expect.any(Date),
  });
  await until(nothingIsDue(database));
  expect(receiver.received.map(idOf)).toEqual([sent, before, stopped]);
  expect(receiver.received.map(({ headers }) => headers["bellwire-replay"])).toEqual([undefined, undefined, undefined]);
  expect(JSON.parse(receiver.received[1]?.body ?? "")).toMatchObject({
    type: "account.created",
    data: { sequence: 1 },
  });
  expect(await countReplayable(database, preview)).toEqual({ ...counts, missing: 0 });
});

// Each may have 400 kB. Rows of one statement have the same command number.
test("a replay renders the bodies of missing deliveries 20 at a time", async ({ database, owner }) => {
  const providerId = await buildProvider(database);
  await recordNow(database, { providerId }, Array(45).fill(anEvent()));
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  expect(await replayAll(database, { providerId, endpointId, only: "missing" })).toMatchObject({ missing: 45 });
  const statements = await owner.query<{ rows: number }>(
    "select count(*)::integer as rows from payloads group by cmin order by cmin::text::integer",
  );
  expect(statements.map(({ rows }) => rows)).toEqual([20, 20, 5]);
});

test("failures on the list get a new round of retries, deleted ones do not", async ({ database }) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  await using _engine = await startTestEngine(database);
  const [dealtWith = "", failed = ""] = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await until(async () => (await database.query("select from failures")).length === 2);
  await until(async () => {
    const filter = { providerId, eventIds: [dealtWith] };
    return (await deleteFailures(database, filter, bySystem)) === 1; // once its second has passed
  });

  const sentBefore = receiver.received.find((request) => idOf(request) === failed);
  receiver.answer(200);
  expect(await replayAll(database, { providerId, endpointId, only: "failed" })).toMatchObject({
    failed: 1,
    givenUp: 0,
  });
  await until(nothingIsDue(database));
  expect(receiver.received).toHaveLength(3);
  const again = receiver.received[2];
  expect(again?.body).toBe(sentBefore?.body);
  expect(again?.headers).toMatchObject({ "webhook-id": failed, "bellwire-attempt": "2" });
  expect(again?.headers["bellwire-replay"]).toBeUndefined();
  expect(await database.query("select from failures")).toEqual([]);
});

test("a replay of all events also repeats delivered and abandoned deliveries, with the same id and bytes", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const [givenUp = ""] = await recordNow(database, { providerId });
  await database.inTransaction((tx) => cancelDelivery(tx, { providerId, eventId: givenUp, endpointId }));
  await using _engine = await startTestEngine(database);
  const [delivered = ""] = await recordNow(database, { providerId });
  await until(nothingIsDue(database));

  await database.query(`update endpoints set format = 'json', version = version + 1`); // a delivery that was never sent
  for (const counts of [
    { delivered: 1, givenUp: 1 },
    { delivered: 2, givenUp: 0 },
  ]) {
    expect(await replayAll(database, { providerId, endpointId, only: "all" })).toMatchObject(counts);
    await until(nothingIsDue(database));
  }
  const replayHeaders = (id: string): unknown[] =>
    receiver.received.filter((each) => idOf(each) === id).map(({ headers }) => headers["bellwire-replay"]);
  expect(replayHeaders(delivered)).toEqual([undefined, "1", "2"]);
  expect(replayHeaders(givenUp)).toEqual([undefined, "1"]);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
});

const endStatement = `
  with arranged as (
    select * from unnest($1::uuid[], $2::bigint[], $3::text[]) as arranged (event_id, endpoint_id, state)
  ), ended as (
    delete from due using arranged
    where due.event_id = arranged.event_id and due.endpoint_id = arranged.endpoint_id and state <> 'pending'
    returning due.*, state
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url)
    select provider_id, endpoint_id, event_id, 'Answered 500', '' from ended where state = 'failed'
  )
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
  select provider_id, event_id, endpoint_id, state, 1, format from ended where state <> 'missing'`;

test("a replay to an endpoint counts and sends whatever has become of the events at another one", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const build = (name: string) => buildEndpoint(database, { providerId, name, url: "http://127.0.0.1:9/" });
  const [endpointId, other] = [await build("replayed"), await build("other")];
  const states = ["failed", "missing", "delivered", "cancelled", "pending"];
  const pairs = states.flatMap((its) => states.map((others) => [its, others]));
  const eventIds = await recordNow(
    database,
    { providerId },
    pairs.map(() => anEvent()),
  );
  await database.query(endStatement, [
    eventIds.flatMap((id) => [id, id]),
    eventIds.flatMap(() => [endpointId, other]),
    pairs.flat(),
  ]);
  const range = { ...rangeOf({ providerId, endpointId, only: "all" }), subscribedTo: ["*"] };
  const counts = { failed: 5, missing: 5, delivered: 5, givenUp: 5 };
  expect(await countReplayable(database, range)).toEqual(counts);
  expect(await replayAll(database, { providerId, endpointId, only: "all" })).toMatchObject(counts);
  const due = await database.query("select endpoint_id, count(*) from due group by endpoint_id order by count(*) desc");
  expect(due).toEqual([
    { endpointId, count: 25 },
    { endpointId: other, count: 5 },
  ]);
});

/** Starts replays of one event to two endpoints of a provider. */
async function startTwo(database: Pool) {
  const providerId = await buildProvider(database);
  await recordNow(database, { providerId });
  const replays: Replay[] = [];
  for (const name of ["one", "other"]) {
    const endpointId = await buildEndpoint(database, { providerId, name, url: "http://127.0.0.1:9/" });
    replays.push(await start(database, { providerId, endpointId, only: "missing" }));
  }
  const read = async () => {
    const present = await Promise.all(replays.map(({ id }) => readReplay(database, providerId, id)));
    return present.map((replay) => ({ state: replay?.state, missing: replay?.missing }));
  };
  return { replays, read };
}

const running = { state: "running", missing: 0 };
const done = { state: "done", missing: 1 };

test("each of a provider's replays advances with its own events", async ({ database }) => {
  const { read } = await startTwo(database);
  await until(() => workOnReplay(database));
  expect(await read()).toContainEqual(running);
  await finishReplays(database);
  expect(await read()).toEqual([done, done]);
});

test("replays are listed and cancelled by endpoint", async ({ database }) => {
  const { replays, read } = await startTwo(database);
  for (const { id, providerId, endpointId } of replays) {
    const listed = await listReplays(database, { providerId, endpointId, limit: 10 });
    expect(listed.map((replay) => replay.id)).toEqual([id]);
  }
  await database.inTransaction((tx) => cancelReplaysOf(tx, replays[0]?.endpointId ?? 0));
  expect(await read()).toEqual([{ ...running, state: "cancelled" }, running]);
});

test("only events of the time range and of the requested types are resent", async ({ database }) => {
  const providerId = await buildProvider(database);
  const recordOne = async (type: "account.created" | "user.created"): Promise<string> =>
    (await recordNow(database, { providerId }, [anEvent({ type })]))[0] ?? "";
  await recordOne("account.created");
  const since = await nextMoment();
  const first = await recordOne("account.created");
  await recordOne("user.created");
  const last = await recordOne("account.created");
  const end = await nextMoment();
  await recordOne("account.created");
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await replayAll(database, {
    providerId,
    endpointId,
    only: "missing",
    since,
    until: end,
    eventTypes: ["account.created"],
  });
  const due = await database.query<{ id: string }>(`select event_id as id from due order by event_id`);
  expect(due.map(({ id }) => id)).toEqual([first, last]);
});

/** More events than one transaction examines, recorded before the endpoint existed. */
async function buildBacklog(database: Pool): Promise<{ providerId: number; endpointId: number; ids: string[] }> {
  const providerId = await buildProvider(database);
  const events = Array.from({ length: 1200 }, (_, index) => anEvent({ accountId: index % 3 }));
  const ids = await recordNow(database, { providerId }, events);
  return { providerId, endpointId: await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" }), ids };
}

const dueIds = async (database: Pool): Promise<string[]> =>
  (await database.query<{ id: string }>(`select event_id as id from due order by event_id`)).map(({ id }) => id);

test("a killed process has completed whole batches of a replay, and another process continues", async ({
  database,
}) => {
  const { providerId, endpointId, ids } = await buildBacklog(database);
  const { id } = await start(database, { providerId, endpointId, only: "missing" });
  await until(() => workOnReplay(database));
  await expect(workOnReplay(failingAtTheEnd(database))).rejects.toThrow("the last statement failed");

  expect(await dueIds(database)).toEqual(ids.slice(0, 500));
  expect(await readReplay(database, providerId, id)).toMatchObject({ missing: 500, state: "running" });
  await finishReplays(database);
  expect(await dueIds(database)).toEqual(ids);
  expect(await readReplay(database, providerId, id)).toMatchObject({ missing: 1200, state: "done" });
});

/** Records 22 events with bodies of a megabyte. The first 20 are more than a transaction renders. */
async function recordLarge(pool: Pool, providerId: number): Promise<readonly string[]> {
  const document = record("account", [value("id", 31), value("org_name", "x".repeat(1024 * 1024))]);
  const events = Array.from({ length: 22 }, () => anEvent({ document }));
  return recordNow(pool, { providerId }, events);
}

test("a replay of large bodies stores a part of them per transaction", async ({ database }) => {
  const providerId = await buildProvider(database);
  const ids = await recordLarge(database, providerId);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", format: "json" });
  const { id } = await start(database, { providerId, endpointId, only: "missing" });
  await until(() => workOnReplay(database));
  expect(await dueIds(database)).toEqual(ids.slice(0, 20));
  expect(await readReplay(database, providerId, id)).toMatchObject({ missing: 20, state: "running" });
  await finishReplays(database);
  expect(await dueIds(database)).toEqual(ids);
  expect(await readReplay(database, providerId, id)).toMatchObject({ missing: 22, state: "done" });
});

test("a job that replays large bodies stores a part of a chunk per transaction", async ({ database }) => {
  const providerId = await buildProvider(database);
  const url = "http://127.0.0.1:9/";
  await buildEndpoint(database, { providerId, url });
  await recordLarge(database, providerId);
  const endpointId = await buildEndpoint(database, { providerId, url, format: "json", name: "other" });
  const { id } = await startJob(database, {
    providerId,
    kind: "replay",
    endpointId,
    rows: async function* (db) {
      yield await listDeliveries(db, { providerId, limit: 100 });
    },
  });
  const dueCount = async (): Promise<number> =>
    (await database.query("select from due where endpoint_id = $1", [endpointId])).length;
  expect(await workOnJob(database)).toBe(true);
  expect(await dueCount()).toBe(20);
  expect(await readJob(database, providerId, id)).toMatchObject({ state: "running", done: 20, skipped: 0 });
  while (await workOnJob(database));
  expect(await dueCount()).toBe(22);
  expect(await readJob(database, providerId, id)).toMatchObject({ state: "done", done: 22, skipped: 0 });
});

test("concurrent processes make each delivery of several replays due once", async ({ database }) => {
  const backlogs = [await buildBacklog(database), await buildBacklog(database)];
  for (const { providerId, endpointId } of backlogs) await start(database, { providerId, endpointId, only: "missing" });
  await database.inTransaction(async (tx) => {
    await tx.query("select from replays for update"); // another process works on them
    expect(await workOnReplay(database)).toBe(false);
  });
  await Promise.all(Array.from({ length: 4 }, () => finishReplays(database)));
  expect(await dueIds(database)).toEqual(backlogs.flatMap(({ ids }) => ids).toSorted());
  const [first, second] = await Promise.all(
    backlogs.map(({ providerId }) => listReplays(database, { providerId, limit: 10 })),
  );
  expect([first, second]).toMatchObject([[{ missing: 1200, state: "done" }], [{ missing: 1200, state: "done" }]]);
});

test("replays take turns", async ({ database }) => {
  const replays = [await buildBacklog(database), await buildBacklog(database)];
  const started = await Promise.all(replays.map((each) => start(database, { ...each, only: "missing" })));
  for (const _replay of started) await until(() => workOnReplay(database));
  const present = await Promise.all(started.map(({ providerId, id }) => readReplay(database, providerId, id)));
  expect(present.map((replay) => replay?.missing)).toEqual([500, 500]);
});

test("an ordered endpoint receives replayed events in sequence, before later ones", async ({ database }) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const three = await recordNow(database, { providerId }, [anEvent(), anEvent(), anEvent()]);
  const waits = { ordering: "account", retryWaitsSeconds: [1] } as const;
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, ...waits });
  await using _engine = await startTestEngine(database);
  const [underWay = ""] = await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1); // it is due already, and stays first
  await replayAll(database, { providerId, endpointId, only: "missing" });
  const [later = ""] = await recordNow(database, { providerId });

  let open = 0;
  const most: number[] = [];
  receiver.answer((response) => {
    open += 1;
    most.push(open);
    setImmediate(() => {
      open -= 1;
      response.writeHead(200).end();
    });
  });
  await until(nothingIsDue(database));
  expect(receiver.received.map(idOf)).toEqual([underWay, underWay, ...three, later]);
  expect(Math.max(...most)).toBe(1);
});

test("an event whose transaction commits late is not skipped", async ({ database }) => {
  const providerId = await buildProvider(database);
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: isRecorded, resolve: recorded } = Promise.withResolvers<void>();
  const late = database.inTransaction(async (tx) => {
    await recordIn(tx, { providerId });
    recorded();
    await mayCommit;
  });
  await isRecorded;
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const { id } = await start(database, { providerId, endpointId, only: "missing" });
  expect(await workOnReplay(database)).toBe(false);
  commit();
  await late;
  await until(() => workOnReplay(database));
  expect(await readReplay(database, providerId, id)).toMatchObject({ missing: 1, state: "done" });
});

test("a replay to a deleted endpoint ends without making more deliveries due", async ({ database }) => {
  const { providerId, endpointId } = await buildBacklog(database);
  const { id } = await start(database, { providerId, endpointId, only: "missing" });
  await until(() => workOnReplay(database));
  const before = await dueIds(database);
  await deleteEndpoint(database, { providerId, id: endpointId, actor: { kind: "system" } });
  await finishReplays(database);
  expect(await readReplay(database, providerId, id)).toMatchObject({ state: "cancelled" });
  expect(await dueIds(database)).toEqual(before);
});

test("a replay that cannot continue does not block others", async ({ database, owner }) => {
  const [stuck, fine] = [await buildBacklog(database), await buildBacklog(database)];
  await owner.query(`update events set document = '5' where provider_id = $1`, [stuck.providerId]);
  await database.query(`update endpoints set format = 'json'`); // so that the payload must be rendered
  await start(database, { ...stuck, only: "missing" });
  const { id } = await start(database, { ...fine, only: "missing" });
  const failure = await until(() =>
    workOnReplay(database).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  expect(failure).toBeInstanceOf(TypeError);
  // On a busy machine the first is due again by now.
  await until(() => workOnReplay(database).catch(() => false));
  expect(await readReplay(database, fine.providerId, id)).toMatchObject({ missing: 500 });
});

test("a replay is deleted with the history of the day it ended, never while it runs", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await replayAll(database, { providerId, endpointId, only: "all" });
  const { id } = await start(database, { providerId, endpointId, only: "all" });
  const deleted = (days: number): Promise<number> =>
    deleteOldReplays(database, new Date(Date.now() + days * 24 * hourMs), 30);

  expect([await deleted(29), await deleted(31), await deleted(31)]).toEqual([0, 1, 0]);
  expect(await listReplays(database, { providerId, limit: 10 })).toMatchObject([{ id, state: "running" }]);
});

test("a delivery that was repeated 32,767 times can be repeated again, alone, in a job and in a replay", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(database, { providerId });
  const key = { providerId, eventId, endpointId };
  const deliver = async (): Promise<void> => {
    await database.query("delete from due");
    await database.query(
      `insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
       values ($1, $2, $3, 'delivered', 32767, 32767, '3scale') on conflict do nothing`,
      [providerId, eventId, endpointId],
    );
  };
  await deliver();
  expect(await database.inTransaction((tx) => retryDelivery(tx, key))).toBe(true);
  await deliver();
  const keys = { providerId, eventIds: [eventId], endpointIds: [endpointId] };
  const selection = { ...keys, selectedAt: new Date(Date.now() + hourMs), onlyFailures: false, resumed: [] };
  expect(await database.inTransaction((tx) => retryDeliveries(tx, selection))).toEqual(new Map([[endpointId, 1]]));
  await deliver();
  expect(await replayAll(database, { providerId, endpointId, only: "all" })).toMatchObject({
    state: "done",
    delivered: 1,
  });
});
