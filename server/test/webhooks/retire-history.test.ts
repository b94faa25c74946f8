import pg from "pg";
import { expect } from "vitest";
import { keepDaysStatement } from "#platform/database/connection.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import {
  addComingDays,
  cancelDelivery,
  listDeliveries,
  readDelivery,
  retireExpiredDays,
  retryDelivery,
} from "#webhooks/deliveries/index.ts";
import { dropOldStatistics } from "#webhooks/statistics/index.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

// A function, because midnight may pass during a test.
const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
const today = (): string => dayOf(new Date());
const tableSuffix = (day: string): string => day.replaceAll("-", "");
/** Retires all days up to today. Rejects if one of their tables was busy. */
async function retire(database: Pool): Promise<readonly string[]> {
  const { days, busy } = await retireExpiredDays(database, { now: inDays(31), retentionDays: 30 });
  if (busy.length > 0) throw new AggregateError(busy, busy.join());
  return days;
}
/** Retires yesterday, so that today's partition is the busy one. */
const retireYesterday = (database: Pool): Promise<unknown> =>
  retireExpiredDays(database, { now: inDays(31), retentionDays: 31 });
const notInTime = /lock timeout|came to be wanted/;

/** Opens a transaction that has done `work` and commits on demand. */
async function holdOpen(
  database: Pool,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<{ commit(): Promise<void> }> {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const transaction = database.inTransaction(async (tx) => {
    await work(tx);
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, transaction]);
  return {
    commit() {
      released.resolve();
      return transaction;
    },
  };
}

const isWaitingFor = (database: Pool, table: string) => async (): Promise<boolean> =>
  (await database.query("select from pg_locks where not granted and relation = $1::regclass", [table])).length > 0;

/**
 * Retires while `held` is open, and commits it once it waits for `table`. Retiring succeeds, or times out and
 * succeeds later.
 */
async function retireDuring(database: Pool, held: { commit(): Promise<void> }, table: string): Promise<void> {
  const first = retire(database).catch((error: unknown) => {
    if (!(error instanceof Error) || !notInTime.test(error.message)) throw error;
    return retire(database);
  });
  await Promise.race([first, until(isWaitingFor(database, table), { everyMs: 1 })]);
  await held.commit();
  await first;
}

test("replacing a partition waits for other transactions without blocking them for long", async ({ database }) => {
  const providerId = await buildProvider(database);
  await recordNow(database, { providerId });
  const reading = await holdOpen(database, (tx) => tx.query("select from events"));
  let hasEnded = false;
  const retiring = retire(database).then(
    () => "done",
    (error: unknown) => error,
  );
  void retiring.then(() => (hasEnded = true));
  // The reader never stops, so recording can continue only because the replacement stops waiting.
  let recorded = 0;
  while (!hasEnded) {
    await recordNow(database, { providerId });
    recorded += 1;
  }
  expect(String(await retiring)).toMatch(notInTime);
  await reading.commit();
  expect(await database.query("select from events")).toHaveLength(recorded + 1);
  expect(await retire(database)).toContain(today());
  expect(await database.query("select from events")).toEqual([]);
});

/** Adds a row of a dropped event to each history of a number of days from today. */
async function addExpiredRows(owner: Pool, days: number): Promise<void> {
  await owner.query("select add_history_days(current_date, current_date + $1::integer)", [days - 1]);
  await owner.query(
    `insert into payloads (provider_id, event_id, format, body, context)
     select 1, uuid_v7_floor(now() + make_interval(days => day)), 'json', '', '{}' from generate_series(0, $1::integer - 1) day`,
    [days],
  );
}

test("a busy table keeps no other one from being replaced", async ({ database, owner }) => {
  await addExpiredRows(owner, 3);
  const busyDay = dayOf(inDays(1));
  const writing = await holdOpen(owner, (tx) =>
    tx.query(`lock table payloads_${tableSuffix(busyDay)} in row exclusive mode`),
  );
  const retired = await retireExpiredDays(database, { now: inDays(40), retentionDays: 30 });
  expect(retired.busy.map(String)).toEqual([expect.stringMatching(`payloads of ${busyDay}: .*lock timeout`)]);
  expect(await database.query("select from payloads")).toHaveLength(1);
  await writing.commit();
  const signal = AbortSignal.abort(); // a process that stops leaves the rest to the next run
  expect(await retireExpiredDays(database, { now: inDays(40), retentionDays: 30, signal })).toEqual({
    days: [],
    busy: [],
  });
  await retireExpiredDays(database, { now: inDays(40), retentionDays: 30 });
  expect(await database.query("select from payloads")).toEqual([]);
});

test("no day of the history or the statistics is dropped while a provider moves", async ({
  database,
  databaseUrl,
  owner,
}) => {
  await addExpiredRows(owner, 2);
  const moving = new pg.Client({ connectionString: databaseUrl });
  await using ending = new AsyncDisposableStack();
  await moving.connect();
  ending.defer(() => moving.end());
  await moving.query(keepDaysStatement);
  const retireAll = () => retireExpiredDays(database, { now: inDays(40), retentionDays: 30 });
  const dropStatistics = () => dropOldStatistics(database, inDays(40), 30);
  expect([await retireAll(), await dropStatistics()]).toEqual([{ days: [], busy: [] }, []]);
  expect(await database.query("select from payloads")).toHaveLength(2);
  await ending.disposeAsync();
  await until(async () => (await dropStatistics()).length > 0);
  await retireAll();
  expect(await database.query("select from payloads")).toEqual([]);
});

test("a history whose days are all read is tried once in a run, and the others go on", async ({ database, owner }) => {
  await addExpiredRows(owner, 3);
  const reading = await holdOpen(owner, (tx) => tx.query("lock table only deliveries in access share mode"));
  const retired = await retireExpiredDays(database, { now: inDays(40), retentionDays: 30 });
  expect(retired.busy.map(String)).toEqual([expect.stringMatching(/deliveries of .*lock timeout/)]);
  expect(await database.query("select from payloads")).toEqual([]);
  await reading.commit();
});

test("a day is dropped while engines settle, other days are vacuumed and a transaction holds an old snapshot", async ({
  database,
  owner,
}) => {
  const providerId = await buildProvider(database);
  await recordNow(database, { providerId });
  await addComingDays(database);
  const other = tableSuffix(dayOf(inDays(2)));
  const vacuumed = await holdOpen(owner, async (tx) => {
    for (const history of ["events", "payloads", "deliveries", "attempts"])
      await tx.query(`lock table ${history}_${other} in share update exclusive mode`); // as vacuum locks
    await tx.query("lock table due, failures in share update exclusive mode");
    await tx.query("delete from due");
  });
  const reporting = await holdOpen(database, async (tx) => {
    await tx.query("set transaction isolation level repeatable read");
    await tx.query("select from providers");
  });
  expect(await retire(database)).toContain(today());
  await vacuumed.commit();
  await reporting.commit();
});

test("days are added without blocking transactions that record events", async ({ database }) => {
  const providerId = await buildProvider(database);
  const writing = await holdOpen(database, (tx) =>
    tx.query("lock table events, payloads, attempts in row exclusive mode"),
  );
  const adding = await holdOpen(database, (tx) => addComingDays(tx));
  await recordNow(database, { providerId });
  await writing.commit();
  await adding.commit();
});

test.for(["alone", "beside a failure"])(
  "a delivery that is retried while its day is retired, %s in it, is delivered",
  async (others, { database }) => {
    await using receiver = await startReceiver();
    const providerId = await buildProvider(database);
    const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
    const [retried = ""] = await recordNow(database, { providerId });
    {
      await using _engine = await startTestEngine(database);
      await until(async () => (await database.query("select from deliveries")).length === 1);
      if (others !== "alone") {
        receiver.answer(500);
        await recordNow(database, { providerId });
        await until(async () => (await database.query("select from failures")).length === 1);
        receiver.answer(200);
      }
    }
    await retireYesterday(database);
    const retrying = await holdOpen(database, (tx) => retryDelivery(tx, { providerId, eventId: retried, endpointId }));
    await retireDuring(database, retrying, "events");

    expect((await readDelivery(database, { providerId, eventId: retried, endpointId }))?.attempts).toHaveLength(1);
    const before = receiver.received.length;
    await using _engine = await startTestEngine(database);
    await until(() => receiver.received.length > before);
    expect(receiver.received.at(-1)?.headers["webhook-id"]).toBe(retried);
  },
);

test("the outcome of a delivery while its day is retired is in the history", async ({ database }) => {
  const providerId = await buildProvider(database);
  const url = "http://127.0.0.1:9/";
  const endpointId = await buildEndpoint(database, { providerId, url });
  const other = await buildEndpoint(database, { providerId, url, name: "other" });
  const [again = "", once = "", over = ""] = await recordNow(database, { providerId }, [
    anEvent(),
    anEvent(),
    anEvent(),
  ]);
  const cancel = (tx: Transaction, eventId: string, at = endpointId): Promise<boolean> =>
    cancelDelivery(tx, { providerId, eventId, endpointId: at });
  await database.inTransaction(async (tx) => {
    await cancel(tx, over);
    await cancel(tx, over, other);
    await cancel(tx, again);
    await tx.query("update deliveries set state = 'delivered' where event_id = $1", [again]);
    await retryDelivery(tx, { providerId, eventId: again, endpointId });
  });
  await retireYesterday(database);
  const cancelling = await holdOpen(database, async (tx) => {
    await cancel(tx, again);
    await cancel(tx, once);
  });
  await retireDuring(database, cancelling, `deliveries_${tableSuffix(today())}`);
  const remaining = await listDeliveries(database, { providerId, limit: 10 });
  expect(remaining.map(({ eventId, endpointId: at, state }) => [eventId, at === other, state])).toEqual(
    expect.arrayContaining([
      [again, false, "cancelled"],
      [once, false, "cancelled"],
      [again, true, "pending"],
      [once, true, "pending"],
    ]),
  );
  expect(remaining).toHaveLength(4);
});

test("the next process completes the retirement of a day that a killed process left incomplete", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  await database.query("delete from due");
  await database.query("select retire_history_day('events', $1)", [today()]);
  expect(await database.query("select from payloads")).toHaveLength(1);
  expect(await retire(database)).toContain(today());
  expect(await database.query("select from payloads")).toEqual([]);
  expect(await database.query("select from pg_class where relname like '%retired'")).toEqual([]);
});
