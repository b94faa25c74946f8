import { expect } from "vitest";
import { type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import {
  cancelDeliveries,
  cancelDeliveriesOfDeleted,
  cancelDelivery,
  claimLanes,
  deleteFailures,
  deleteSelectedFailures,
  insertDelivery,
  insertEngine,
  limitBacklogs,
  makeDueAgain,
  type PreviousState,
  retryDeliveries,
  retryDelivery,
  retryFailures,
  type Settlement,
  settleDeliveries,
  skipDelivery,
  unskipDelivery,
} from "#webhooks/deliveries/index.ts";
import { anEvent, aSuccess, buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const states = ["pending", "delayed", "skipped", "failed", "delivered", "cancelled", "missing"] as const;
type State = (typeof states)[number];

interface Key {
  readonly providerId: number;
  readonly eventId: string;
  readonly endpointId: number;
}

/** Puts new deliveries into their states. Each has another number of attempts, and failed ones are on the list. */
const arrangeStatement = `
  with arranged as (
    select * from unnest($1::uuid[], $2::bigint[], $3::text[]) with ordinality as arranged (event_id, endpoint_id, state, attempts)
  ), delayed as (
    update due set due_at = now() + interval '1 hour', attempts_made = attempts,
      ordering_key = case when state = 'delayed' then due.ordering_key end
    from arranged
    where due.event_id = arranged.event_id and due.endpoint_id = arranged.endpoint_id and state in ('delayed', 'skipped')
  ), ended as (
    delete from due using arranged
    where due.event_id = arranged.event_id and due.endpoint_id = arranged.endpoint_id and state not in ('pending', 'delayed', 'skipped')
    returning due.*, state, attempts
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
    select provider_id, endpoint_id, event_id, 'Answered 500', '', now() - interval '1 hour' from ended where state = 'failed'
  )
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
  select provider_id, event_id, endpoint_id, state, attempts, format from ended where state <> 'missing'`;

const engineId = "00000000-0000-7000-8000-000000000001";

/**
 * Builds deliveries of fourteen events at eight endpoints that are in order. At the first one, two of them are in each state, in the order
 * of `states`. At the last one, they are in the same states, at the others in each other state. Returns the key of one per state at the
 * first endpoint.
 */
async function buildDeliveries(pool: Pool): Promise<{ key: (state: State) => Key; epoch: number }> {
  const providerId = await buildProvider(pool);
  const place = { providerId, url: "https://crm.example/hook", ordering: "account" } as const;
  const endpoints = [...states, "same"].map((name) => buildEndpoint(pool, { ...place, name }));
  const endpointIds = await Promise.all(endpoints);
  const events = [...states, ...states].map((_, index) => anEvent({ accountId: index + 1 }));
  const eventIds = await recordNow(pool, { providerId }, events);
  const arranged = endpointIds.flatMap((endpointId, at) =>
    eventIds.map((eventId, index) => ({
      eventId,
      endpointId,
      state: states[(index + at) % states.length],
    })),
  );
  await pool.query(arrangeStatement, [
    arranged.map(({ eventId }) => eventId),
    arranged.map(({ endpointId }) => endpointId),
    arranged.map(({ state }) => state),
  ]);
  const [endpointId = 0] = endpointIds;
  const claim = { engineId, endpointIds: [endpointId], claimNumber: providerId, leaseSeconds: 600 };
  const [lane] = await claimLanes(pool, claim);
  return {
    key: (state) => ({ providerId, endpointId, eventId: eventIds[states.indexOf(state)] ?? "" }),
    epoch: lane?.epoch ?? 0,
  };
}

/** Every row of a provider's deliveries with its key. A lane's row has only an endpoint. */
const readRowsStatement = ["due", "deliveries", "failures", "deleted_failures", "attempts"]
  .map(
    (table) =>
      `select provider_id, event_id || '.' || endpoint_id as key, '${table} ' || to_jsonb(${table})::text as row from ${table}`,
  )
  .concat("select provider_id, endpoint_id::text, 'lanes ' || to_jsonb(lanes)::text from lanes")
  .map((statement) => `${statement} where provider_id = any($1)`)
  .join(" union all ");

/** Returns the keys of the providers' rows that are in one of two snapshots only. */
async function changesDuring(
  pool: Pool,
  providerIds: readonly number[],
  act: () => Promise<unknown>,
): Promise<readonly string[]> {
  const read = async () => {
    const rows = await pool.query<{ key: string; row: string }>(readRowsStatement, [providerIds]);
    return new Map(rows.map(({ key, row }) => [row, key]));
  };
  const before = await read();
  await act();
  const after = await read();
  const changed = [...before, ...after].filter(([row]) => before.has(row) !== after.has(row));
  return [...new Set(changed.map(([, key]) => key))].toSorted();
}

type Act = (pool: Pool, key: Key, epoch: number) => Promise<unknown>;

const inTransaction =
  (act: (tx: Transaction, key: Key) => Promise<unknown>): Act =>
  (pool, key) =>
    pool.inTransaction((tx) => act(tx, key));

const settle =
  (outcome: Partial<Settlement>): Act =>
  (pool, { eventId, endpointId }, epoch) =>
    settleDeliveries(pool, engineId, [
      { ...aSuccess({ endpointId, epoch, eventId }), orderingKey: "account/1", ...outcome },
    ]);

const failed = { status: 500, error: "Answered 500", url: Buffer.alloc(1) } as const;

const repeat = (was: PreviousState): Act =>
  inTransaction((tx, { eventId, ...key }) =>
    makeDueAgain(tx, key, [{ was, eventId, format: "3scale", orderingKey: null, sequence: 1 }]),
  );

const selected = ({ providerId, eventId, endpointId }: Key) => ({
  providerId,
  eventIds: [eventId],
  endpointIds: [endpointId],
  selectedAt: new Date(Date.now() + 1), // later than the delivery's end, which may be in the same millisecond
});

const retryAll = (onlyFailures: boolean): Act =>
  inTransaction((tx, key) => retryDeliveries(tx, { ...selected(key), onlyFailures, resumed: [] }));

const deleteSelected = inTransaction((tx, key) => deleteSelectedFailures(tx, { ...selected(key), deletionId: 1 }));

const listed = ({ providerId, eventId, endpointId }: Key) => ({ providerId, endpointId, eventIds: [eventId] });

const pending = ["pending", "delayed", "skipped"] as const;
const ended = ["failed", "delivered", "cancelled"] as const;

/** An act on a delivery, and the states in which it changes anything. */
type Case = readonly [name: string, states: readonly State[], act: Act];

/** What engines and replays do with deliveries that they have read. The first delivery that is delayed has had two attempts. */
const outcomes: readonly Case[] = [
  ["a success", ["pending"], settle({})],
  ["a success without a key", ["pending"], settle({ orderingKey: null })],
  ["a failure", ["pending"], settle({ ...failed, end: "failed" })],
  ["a failed attempt", ["pending"], settle({ ...failed, end: null, retryAfterSeconds: 60 })],
  ["a third attempt", ["delayed"], settle({ number: 3, orderingKey: null })],
  ["an attempt during the cancellation", ["cancelled"], settle({ number: 7, orderingKey: null })],
  ["an attempt while a quota ended the delivery", ["failed"], settle({ number: 5, orderingKey: null })],
  ["a replay of what is missing", ["missing"], repeat("missing")],
];

/** What a caller asks for, who may name a delivery of another provider. */
const requests: readonly Case[] = [
  ["a cancellation", pending, inTransaction(cancelDelivery)],
  ["a skip", ["pending", "delayed"], inTransaction(skipDelivery)],
  ["a return to the order", ["skipped"], inTransaction(unskipDelivery)],
  ["an insertion", ["missing"], inTransaction((tx, key) => insertDelivery(tx, key, "3scale"))],
  ["a retry", [...pending, ...ended], inTransaction(retryDelivery)],
  ["a replay of failures", ["failed"], repeat("failed")],
  ["a replay of deliveries", ["delivered"], repeat("delivered")],
  ["a replay of what was given up", ["cancelled"], repeat("givenUp")],
  ["a job that retries", [...pending, ...ended], retryAll(false)],
  ["a job that retries failures", ["failed"], retryAll(true)],
  ["a job that deletes failures", ["failed"], deleteSelected],
  ["a retry of the list", ["failed"], (pool, key) => retryFailures(pool, listed(key), bySystem)],
  ["a deletion from the list", ["failed"], (pool, key) => deleteFailures(pool, listed(key), bySystem)],
];

const readAttempts = async (pool: Pool, { eventId, endpointId }: Key): Promise<number> =>
  (
    await queryRow<{ attempts: number }>(
      pool,
      `select coalesce((select attempts_made from due where event_id = $1 and endpoint_id = $2),
         (select attempts_made from deliveries where event_id = $1 and endpoint_id = $2), 0) as attempts`,
      [eventId, endpointId],
    )
  ).attempts;

test("an act on one delivery changes no other one of its event, its endpoint or another provider", async ({
  database,
}) => {
  await insertEngine(database, engineId);
  const bystander = (await buildDeliveries(database)).key("pending").providerId;
  for (const each of [...outcomes, ...requests]) {
    const [name, applicable, act] = each;
    for (const state of applicable) {
      const { key, epoch } = await buildDeliveries(database);
      const { providerId, eventId, endpointId } = key(state);
      const attempts = await readAttempts(database, key(state));
      const changed = await changesDuring(database, [bystander, providerId], () => act(database, key(state), epoch));
      const others = changed.filter((row) => row !== `${eventId}.${endpointId}` && row !== String(endpointId));
      expect([name, state, others, changed.length > 0]).toEqual([name, state, [], true]);
      if (requests.includes(each))
        expect([name, state, await readAttempts(database, key(state))]).toEqual([name, state, attempts]);
    }
  }
});

test("an act changes nothing in another state, of another provider or at a deleted endpoint", async ({ database }) => {
  await insertEngine(database, engineId);
  const { key, epoch } = await buildDeliveries(database);
  const other = (await buildDeliveries(database)).key("pending");
  const changesBy = (act: Act, keys: readonly Key[]) =>
    changesDuring(database, [key("pending").providerId, other.providerId], async () => {
      for (const each of keys) await act(database, each, epoch);
    });
  for (const [name, applicable, act] of [...outcomes, ...requests]) {
    const keys = states.filter((state) => !applicable.includes(state)).map(key);
    expect([name, await changesBy(act, keys)]).toEqual([name, []]);
  }
  const { providerId, endpointId } = other;
  for (const [name, applicable, act] of requests) {
    const keys = applicable.map(key).flatMap((each) => [
      { ...each, providerId },
      { ...each, endpointId },
    ]);
    expect([name, await changesBy(act, keys)]).toEqual([name, []]);
  }
  // An engine may have read it, and would not make the next one of its key due.
  await database.query("update due set due_at = now() where ordering_key is null");
  expect(await changesBy(inTransaction(unskipDelivery), [key("skipped")])).toEqual([]);
  await database.query("update endpoints set deleted_at = now()");
  for (const [name, applicable, act] of requests.filter(([request]) => /retr|insertion/.test(request))) {
    expect([name, await changesBy(act, applicable.map(key))]).toEqual([name, []]);
  }
});

test("a delivery that returns to its order waits for those ahead of it, but not for ones that end meanwhile", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const place = { providerId, url: "https://crm.example/hook", ordering: "account" } as const;
  const endpointId = await buildEndpoint(database, place);
  const eventIds = await recordNow(database, { providerId }, [anEvent(), anEvent(), anEvent()]);
  const [first, second, third] = eventIds.map((eventId) => ({ providerId, endpointId, eventId }));
  if (!first || !second || !third) throw new Error("three events are recorded");
  const readDue = async () => {
    const read = "select due_at = 'infinity' as waits from due order by sequence";
    return (await database.query<{ waits: boolean }>(read)).map(({ waits }) => waits);
  };
  const skip = async (key: Key) => {
    await database.inTransaction((tx) => skipDelivery(tx, key));
    await database.query("update due set due_at = now() + interval '1 hour' where event_id = $1", [key.eventId]);
  };
  const undo = (key: Key) => database.inTransaction((tx) => unskipDelivery(tx, key));
  await skip(second);
  expect(await undo(second)).toBe(true);
  expect(await readDue()).toEqual([false, true, true]);
  await skip(first);
  expect(await undo(first)).toBe(true);
  expect(await readDue()).toEqual([false, false, true]);

  await skip(third);
  let undone: Promise<unknown> = Promise.resolve();
  await database.inTransaction(async (tx) => {
    await cancelDeliveries(tx, {
      ...selected(first),
      eventIds: [first.eventId, second.eventId],
      endpointIds: [endpointId, endpointId],
    });
    undone = undo(third);
    await until(() => countWaiting(database));
  });
  expect(await undone).toBe(true);
  expect(await readDue()).toEqual([false]);
});

test("a job that retries a delivery which returns to its order meanwhile leaves it there", async ({ database }) => {
  const providerId = await buildProvider(database);
  const place = { providerId, url: "https://crm.example/hook", ordering: "account" } as const;
  const endpointId = await buildEndpoint(database, place);
  const [, eventId = ""] = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  const second = { providerId, endpointId, eventId };
  await database.inTransaction((tx) => skipDelivery(tx, second));
  await database.query("update due set due_at = now() + interval '1 hour' where event_id = $1", [eventId]);
  let retried: Promise<unknown> = Promise.resolve();
  await database.inTransaction(async (tx) => {
    expect(await unskipDelivery(tx, second)).toBe(true);
    const retry = { ...selected(second), onlyFailures: false, resumed: [] };
    retried = database.inTransaction((other) => retryDeliveries(other, retry));
    await until(() => countWaiting(database));
  });
  await retried;
  expect(await database.query("select from due where event_id = $1 and due_at = 'infinity'", [eventId])).toHaveLength(
    1,
  );
});

const off = (change: string, pool: Pool) => pool.query(`update endpoints set ${change}`);

test.for<readonly [string, "cancelled" | "delivered" | "failed", Act]>([
  ["a cancellation", "cancelled", inTransaction(cancelDelivery)],
  [
    "the deletion of its endpoint",
    "cancelled",
    async (pool) => {
      await off("deleted_at = now() - interval '1 hour'", pool);
      await pool.inTransaction((tx) => cancelDeliveriesOfDeleted(tx, 60));
    },
  ],
  [
    "a quota",
    "failed",
    async (pool) => {
      await off("state = 'paused'", pool);
      await pool.inTransaction((tx) => limitBacklogs(tx, { rowsMax: 0, daysMax: 90 }));
    },
  ],
  ["a success", "delivered", settle({ number: 4, orderingKey: null })],
  ["a failure", "failed", settle({ ...failed, number: 4, orderingKey: null, end: "failed" })],
])(
  "a repeated delivery that %s ends again is %s from then on, with all its attempts and repetitions",
  async ([, state, act], { database }) => {
    await insertEngine(database, engineId);
    const { key, epoch } = await buildDeliveries(database);
    const { eventId, endpointId } = key("delivered");
    const its = "where event_id = $1 and endpoint_id = $2";
    const change = (values: string) => database.query(`update deliveries set ${values} ${its}`, [eventId, endpointId]);
    await change("attempts_made = 3, replay = 4, ended_at = now() - interval '1 day'");
    await database.inTransaction((tx) => retryDelivery(tx, key("delivered")));
    await change("attempts_made = 6"); // by attempts that were in flight meanwhile

    await act(database, key("delivered"), epoch);

    const read = `select state, attempts_made, replay, ended_at > now() - interval '1 hour' as is_new from deliveries ${its}`;
    expect(await database.query(read, [eventId, endpointId])).toEqual([
      { state, attemptsMade: 6, replay: 5, isNew: true },
    ]);
    expect(await database.query(`select from due ${its}`, [eventId, endpointId])).toEqual([]);
    expect(await database.query(`select from failures ${its}`, [eventId, endpointId])).toHaveLength(
      state === "failed" ? 1 : 0,
    );
  },
);
