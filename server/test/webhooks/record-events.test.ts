import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { record, value } from "#platform/document.ts";
import {
  type DueDelivery,
  type HintedRows,
  contextOf,
  hintedRowsChannel,
  listDeliveries,
  parseHintedRows,
  planDeliveries,
  readDueDeliveries,
  readRuns,
  startOfLane,
} from "#webhooks/deliveries/index.ts";
import { followEvents, readEvent } from "#webhooks/events/index.ts";
import {
  anEvent,
  buildEndpoint,
  buildProvider,
  feedsAreComplete,
  recordIn,
  recordNow,
} from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const url = "http://127.0.0.1:9/hook";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
setFlagsFromString("--no-expose-gc"); // with other flags, V8 refuses the compiled code that is kept of modules

const limits = { bytesMax: 1e6, bodyMax: 1e6 };

test("an event has one delivery per subscribed endpoint, and a gate for each other endpoint", async ({ database }) => {
  const providerId = await buildProvider(database);
  const hears = await buildEndpoint(database, { providerId, url });
  const alsoHears = await buildEndpoint(database, { providerId, url, name: "second", eventTypes: ["account.created"] });
  const isOff = await buildEndpoint(database, { providerId, url, name: "third", active: false });
  const hasSwitchOff = await buildEndpoint(database, { providerId, url, name: "fourth", eventTypes: ["user.created"] });
  const foreign = await buildEndpoint(database, { providerId: await buildProvider(database), url });

  const [id = ""] = await recordNow(database, { providerId });

  const deliveries = await listDeliveries(database, { providerId, limit: 10 });
  expect(deliveries.map((delivery) => delivery.endpointId).toSorted((one, other) => one - other)).toEqual([
    hears,
    alsoHears,
  ]);
  const event = await readEvent(database, providerId, id);
  expect(event?.verdicts.map(({ endpointId, sent, gate }) => [endpointId, sent, gate])).toEqual([
    [hears, true, null],
    [alsoHears, true, null],
    [isOff, false, "not_active"],
    [hasSwitchOff, false, "switch_off"],
  ]);
  expect(event?.verdicts.map((verdict) => verdict.endpointId)).not.toContain(foreign);
});

test("the rows in a change's hint equal the due rows that a query returns, except behind earlier deliveries", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const unordered = await buildEndpoint(database, { providerId, url });
  const ordered = await buildEndpoint(database, {
    providerId,
    url,
    name: "second",
    ordering: "account",
    format: "json",
  });
  const hinted: HintedRows[] = [];
  database.onHint(hintedRowsChannel, (values) => void hinted.push(...values.map(parseHintedRows)));
  const lanes = [unordered, ordered].map((endpointId) => ({
    endpointId,
    after: startOfLane,
    limit: 10,
    bytes: 1e6,
    bytesAgain: 0,
  }));

  await recordNow(database, { providerId });
  await until(() => hinted.length === 1);
  expect(hinted[0]?.rows.toSorted(byEndpoint)).toEqual(
    (await readDueDeliveries(database, lanes, limits)).toSorted(byEndpoint),
  );
  expect(hinted[0]?.rows).toHaveLength(2);

  await recordNow(database, { providerId });
  await until(() => hinted.length === 2);
  expect(hinted[1]?.rows.map(({ endpointId }) => endpointId)).toEqual([unordered]);
});

test("a transaction keeps none of its large bodies in memory for its hint, which names the endpoints to read", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url });
  const hinted: HintedRows[] = [];
  database.onHint(hintedRowsChannel, (values) => void hinted.push(...values.map(parseHintedRows)));
  await database.inTransaction(async (tx) => {
    const eventId = tx.newUuidV7(Date.now());
    const delivery = {
      eventId,
      endpointId,
      format: "3scale",
      orderingKey: null,
      sequence: 1,
      endpointVersion: 1,
    } as const;
    const about = { type: "account.updated", objectId: 31, accountId: 31, sequence: 1 };
    const context = contextOf({
      ...about,
      occurredAt: new Date(),
      actorKind: "key",
      actorUserId: null,
      channel: "api",
    });
    const plan = (): WeakRef<Buffer> => {
      const body = Buffer.alloc(200_000);
      const payload = { eventId, format: "3scale", body, context } as const;
      planDeliveries(tx, providerId, { deliveries: [delivery], payloads: [payload] });
      return new WeakRef(body);
    };
    const body = plan();
    await tx.query("select");
    await new Promise(setImmediate); // a WeakRef keeps its object until the turn is over
    collectGarbage();
    expect(body.deref()).toBeUndefined();
  });
  await until(() => hinted.length === 1);
  expect(hinted).toEqual([{ committingAtMs: expect.any(Number), rows: [], endpointIds: [endpointId] }]);
});

test("a read of due rows ends in each lane with the row at which its bodies have the requested size", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const lanes = [
    {
      endpointId: await buildEndpoint(database, { providerId, url }),
      after: startOfLane,
      limit: 10,
      bytes: 1,
      bytesAgain: 0,
    },
    {
      endpointId: await buildEndpoint(database, { providerId, url, name: "b" }),
      after: startOfLane,
      limit: 10,
      bytes: 0,
      bytesAgain: 0,
    },
  ] as const;
  await recordNow(database, { providerId }, [anEvent(), anEvent(), anEvent()]);
  const [first] = await readDueDeliveries(database, [lanes[0]], limits);
  const bytes = 1 + (first?.body.length ?? 0);

  const rows = await readDueDeliveries(database, [lanes[0], { ...lanes[1], bytes }], limits);
  expect(rows.map(({ endpointId }) => endpointId)).toEqual([0, 1, 1].map((lane) => lanes[lane]?.endpointId));
});

test("reads of due rows and of rows behind them end with the row at which all bodies have the requested size", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const [one, two] = [
    await buildEndpoint(database, { providerId, url, ordering: "account" }),
    await buildEndpoint(database, { providerId, url, name: "b", ordering: "account" }),
  ];
  const events = [anEvent(), anEvent({ accountId: 32 }), anEvent(), anEvent({ accountId: 32 })];
  await recordNow(database, { providerId }, [...events, ...events]);
  const lanes = [two, one].map((endpointId) => ({
    endpointId,
    after: startOfLane,
    limit: 10,
    bytes: 1e6,
    bytesAgain: 0,
  }));
  const all = await readDueDeliveries(database, lanes, limits);
  const bytes = all[0]?.body.length ?? 0;
  expect(all.map(({ endpointId }) => endpointId)).toEqual([two, two, one, one]);
  expect(await readDueDeliveries(database, lanes, { ...limits, bytesMax: 1 })).toEqual(all.slice(0, 1));
  expect(await readDueDeliveries(database, lanes, { ...limits, bytesMax: 2 * bytes })).toEqual(all.slice(0, 2));
  expect(await readDueDeliveries(database, lanes, { ...limits, bytesMax: 2 * bytes + 1 })).toEqual(all.slice(0, 3));

  const runs = [two, one].map((endpointId) => ({ ...runOf(endpointId), limit: 2 }));
  const behind = await readRuns(database, runs, limits);
  expect(behind.map(({ endpointId, context }) => [endpointId, context.sequence])).toEqual([
    [two, 2],
    [two, 3],
    [one, 2],
    [one, 3],
  ]);
  expect(await readRuns(database, runs, { ...limits, bytesMax: 1 })).toEqual(behind.slice(0, 1));
  expect(await readRuns(database, runs, { ...limits, bytesMax: 2 * bytes + 1 })).toEqual(behind.slice(0, 3));
});

test("reads of due rows and of rows behind them end in each lane or key before a body that is too large", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const ids = [
    await buildEndpoint(database, { providerId, url, ordering: "account" }),
    await buildEndpoint(database, { providerId, url, name: "b" }),
  ] as const;
  const large = anEvent({ document: record("account", [value("note", "x".repeat(5000))]) });
  await recordNow(database, { providerId }, [anEvent(), anEvent(), large, anEvent()]);
  const lanes = ids.map((endpointId) => ({ endpointId, after: startOfLane, limit: 10, bytes: 1e6, bytesAgain: 0 }));
  const small = { ...limits, bodyMax: 4000 };
  const found = await readDueDeliveries(database, lanes, small);
  expect(found.map(({ endpointId, context }) => [endpointId, context.sequence])).toEqual([
    [ids[0], 1],
    [ids[1], 1],
    [ids[1], 2],
  ]);
  const behind = await readRuns(database, [{ ...runOf(ids[0]), limit: 10 }], small);
  expect(behind.map(({ context }) => context.sequence)).toEqual([2]);
});

const runOf = (endpointId: number) => ({ endpointId, orderingKey: "account/31", afterSequence: 1, fromSequence: 1 });

const byEndpoint = (one: DueDelivery, other: DueDelivery): number => one.endpointId - other.endpointId;

test("a rolled-back change leaves no event, no delivery and no payload", async ({ database }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url });
  const failing = database.inTransaction(async (tx) => {
    await recordIn(tx, { providerId });
    throw new Error("the change did not work out");
  });
  await expect(failing).rejects.toThrow("the change did not work out");

  for (const table of ["events", "payloads", "due"]) {
    expect(await database.query(`select from ${table}`), table).toEqual([]);
  }
});

test("a provider without the webhooks capability still records events, with the gate", async ({ database }) => {
  const providerId = await buildProvider(database, { webHooks: "denied" });
  await buildEndpoint(database, { providerId, url });
  const [id = ""] = await recordNow(database, { providerId });
  expect((await readEvent(database, providerId, id))?.verdicts).toMatchObject([
    { sent: false, gate: "web_hooks_denied" },
  ]);
});

test("the bytes are 3scale's envelope around the object on one line", async ({ database }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url });
  await recordNow(database, { providerId });
  const [payload] = await database.query<{ body: Buffer }>(`select body from payloads`);
  expect(payload?.body.toString()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><event><action>created</action><type>account</type><object>' +
      "<account><id>31</id><org_name>Harbour &amp; Sons</org_name></account></object></event>",
  );
});

test("the feed never skips an event whose transaction commits late", async ({ database }) => {
  const providerId = await buildProvider(database);
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: isRecorded, resolve: recorded } = Promise.withResolvers<void>();
  const late = database.inTransaction(async (tx) => {
    await recordIn(tx, { providerId }, [anEvent({ accountId: 1 })]);
    recorded();
    await mayCommit;
  });
  await isRecorded;
  await recordNow(database, { providerId }, [anEvent({ accountId: 2 })]);

  // The later event is committed but hidden: a feed that read it would skip the other one.
  expect(await followEvents(database, { providerId, limit: 10 })).toEqual([]);
  commit();
  await late;
  await feedsAreComplete(database);
  const feed = await followEvents(database, { providerId, limit: 10 });
  expect(feed.map((event) => event.accountId)).toEqual([1, 2]);
  expect(await followEvents(database, { providerId, limit: 10, after: feed[0] })).toHaveLength(1);
});

test("one provider never reads another's event", async ({ database }) => {
  const providerId = await buildProvider(database);
  const [id = ""] = await recordNow(database, { providerId });
  expect(await readEvent(database, await buildProvider(database), id)).toBeUndefined();
});

test("an open transaction in another database of the server does not hold back the feed", async ({
  database,
  sharedPool,
}) => {
  const providerId = await buildProvider(database);
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const { promise: isOpen, resolve: opened } = Promise.withResolvers<void>();
  const otherApi = sharedPool.inTransaction(async (tx) => {
    await tx.query("select pg_current_xact_id()");
    opened();
    await mayEnd;
  });
  await isOpen;
  await recordNow(database, { providerId });
  await until(async () => (await followEvents(database, { providerId, limit: 10 })).length === 1);
  end();
  await otherApi;
});
