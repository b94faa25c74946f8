import { expect } from "vitest";
import type { Pool, Transaction } from "#platform/database/database.ts";
import {
  cancelDeliveries,
  cancelDeliveriesOfDeleted,
  cancelDelivery,
  claimLanes,
  deleteFailuresForUndo,
  insertDelivery,
  insertEngine,
  limitBacklogs,
  makeDueAgain,
  type Ordering,
  type PreviousState,
  restoreBatch,
  retryDeliveries,
  retryDelivery,
  retryFailures,
  settleDeliveries,
  type Settlement,
  undoDeletion,
} from "#webhooks/deliveries/index.ts";
import { startReplay, workOnReplay } from "#webhooks/replays/index.ts";
import {
  anEvent,
  buildEndpoint,
  buildProvider,
  bySystem,
  feedsAreComplete,
  recordNow,
} from "../support/build-webhooks.ts";
import { fail } from "../support/build-failures.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

interface Key {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventId: string;
}

async function buildFailure(pool: Pool, ordering: Ordering = "none"): Promise<Key> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook", ordering });
  const [eventId = ""] = await recordNow(pool, { providerId });
  await pool.query(`update endpoints set state = 'paused' where id = $1`, [endpointId]);
  await pool.inTransaction((tx) => limitBacklogs(tx, { rowsMax: 0, daysMax: 90 }));
  await pool.query(`update endpoints set state = 'enabled' where id = $1`, [endpointId]);
  return { providerId, endpointId, eventId };
}

const again = { format: "3scale", orderingKey: null, sequence: 1 } as const;
const ways = [
  { name: "of one delivery", retry: (tx: Transaction, key: Key): Promise<unknown> => retryDelivery(tx, key) },
  {
    name: "by a replay",
    retry: (tx: Transaction, key: Key, was: PreviousState = "failed"): Promise<unknown> =>
      makeDueAgain(tx, key, [{ ...again, was, eventId: key.eventId }]),
  },
  {
    name: "by a job",
    retry: (tx: Transaction, { providerId, eventId, endpointId }: Key): Promise<unknown> => {
      const keys = { providerId, eventIds: [eventId], endpointIds: [endpointId] };
      // Later than the delivery's end, which may be in the same millisecond.
      const selectedAt = new Date(Date.now() + 1);
      return retryDeliveries(tx, { ...keys, selectedAt, onlyFailures: false, resumed: [] });
    },
  },
];

/** Returns a transaction that runs `before` ahead of the statement that makes deliveries due. */
const beforeInsert = (tx: Transaction, before: () => Promise<unknown>): Transaction => ({
  ...tx,
  async query(text, values) {
    if (text.includes("insert into due")) await before();
    return tx.query(text, values);
  },
});

test.for(ways)(
  "a retry $name beside another one waits for no record of the attempt that the other one caused",
  async ({ retry }, { database }) => {
    const key = await buildFailure(database);
    const recorded: Promise<unknown>[] = [];
    const record = async (): Promise<void> => {
      recorded.push(settle(database, { ...key, eventIds: [key.eventId] }));
      await until(async () => (await countWaiting(database)) > 0);
    };
    const retried: Promise<unknown>[] = [];
    await database.inTransaction(async (tx) => {
      await retryDelivery(tx, key);
      retried.push(Promise.allSettled([database.inTransaction((other) => retry(beforeInsert(other, record), key))]));
      await until(() => countWaiting(database));
    });
    expect(await Promise.all(retried)).toMatchObject([[{ status: "fulfilled" }]]);
    await Promise.all(recorded);
    expect(await database.query(`select state from deliveries`)).toEqual([{ state: "delivered" }]);
    expect(await database.query(`select from due`)).toEqual([]);
  },
);

test("a retry is confirmed if another one has made the delivery due meanwhile", async ({ database }) => {
  const key = await buildFailure(database);
  const retried: Promise<boolean>[] = [];
  await database.inTransaction(async (tx) => {
    expect(await retryDelivery(tx, key)).toBe(true);
    retried.push(database.inTransaction((other) => retryDelivery(other, key)));
    await until(() => countWaiting(database));
  });
  expect(await Promise.all(retried)).toEqual([true]);
  expect(await database.query("select from due")).toHaveLength(1);
});

test("a replayed delivery does not wait behind one that ends at the same time", async ({ database }) => {
  const key = await buildFailure(database, "account");
  const deleted: Promise<unknown>[] = [];
  let isReplayed = false;
  const endNext = async (): Promise<void> => {
    await recordNow(database, { providerId: key.providerId });
    const hasDeleted = Promise.withResolvers<void>();
    const deletion = database.inTransaction(async (other) => {
      await other.query("delete from due");
      hasDeleted.resolve();
      await until(async () => isReplayed || (await countWaiting(database)));
    });
    deleted.push(deletion);
    await hasDeleted.promise;
  };
  await database.inTransaction(async (tx) => {
    const ordered = { ...again, was: "failed", orderingKey: "account/31", eventId: key.eventId } as const;
    await makeDueAgain(beforeInsert(tx, endNext), key, [ordered]);
    isReplayed = true;
  });
  await Promise.all(deleted);
  expect(await database.query("select due_at < 'infinity' as is_due from due")).toEqual([{ isDue: true }]);
});

test.for(ways)(
  "a failure that is being retried $name is left out when the list is retried",
  async ({ retry }, { database }) => {
    const key = await buildFailure(database);
    const retried: Promise<number>[] = [];
    await database.inTransaction(async (tx) => {
      await retry(tx, key);
      retried.push(retryFailures(database, key, bySystem));
      await until(() => countWaiting(database));
    });
    expect(await Promise.all(retried)).toEqual([0]);
    expect(await database.query(`select from due`)).toHaveLength(1);
    expect(await database.query(`select from failures`)).toEqual([]);
  },
);

test.for(ways)(
  "a failure that is retried $name while its deletion is undone is not on the list",
  async ({ retry }, { database }) => {
    const key = await buildFailure(database);
    const { providerId } = key;
    const { deletion } = await until(async () => {
      const batch = await deleteFailuresForUndo(database, { providerId }, bySystem);
      return batch.deleted === 1 && batch; // once its second has passed
    });
    await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id));
    const restored: Promise<unknown>[] = [];
    let isRestored = false;
    await database.inTransaction(async (tx) => {
      await retry(tx, key, "givenUp");
      restored.push(restoreBatch(database, { providerId, id: deletion.id }).finally(() => (isRestored = true)));
      await until(async () => isRestored || (await countWaiting(database)));
    });
    expect(await Promise.all(restored)).toMatchObject([{ restored: 0 }]);
    expect(await database.query(`select from due`)).toHaveLength(1);
    expect(await database.query(`select from failures`)).toEqual([]);
  },
);

test("a failure that has failed again and is being retried again while its deletion is undone is not on the list", async ({
  database,
}) => {
  const key = await buildFailure(database);
  const { providerId } = key;
  const { deletion } = await until(async () => {
    const batch = await deleteFailuresForUndo(database, { providerId }, bySystem);
    return batch.deleted === 1 && batch; // once its second has passed
  });
  await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id));
  await database.inTransaction((tx) => retryDelivery(tx, key));
  const retried: Promise<unknown>[] = [];
  let isRestored = false;
  // The undo has found the delivery pending by then.
  const failAndRetry = async (): Promise<void> => {
    await fail(database, providerId, "now");
    const hasRetried = Promise.withResolvers<void>();
    const retry = database.inTransaction(async (other) => {
      await retryDelivery(other, key);
      hasRetried.resolve();
      await until(async () => isRestored || (await countWaiting(database)));
    });
    retried.push(retry);
    await hasRetried.promise;
  };
  const slow: Pool = {
    ...database,
    inTransaction: (work) =>
      database.inTransaction((tx) =>
        work({
          ...tx,
          async query(text, values) {
            if (text.includes("insert into failures")) await failAndRetry();
            return tx.query(text, values);
          },
        }),
      ),
  };
  const restored = restoreBatch(slow, { providerId, id: deletion.id }).finally(() => (isRestored = true));
  expect(await restored).toMatchObject({ restored: 0 });
  await Promise.all(retried);
  expect(await database.query("select from due")).toHaveLength(1);
  expect(await database.query("select from failures")).toEqual([]);
});

// What a record of an attempt does, here in the transaction that made the delivery due: an engine may be as fast.
const deliverStatement = `
  with sent as (delete from due returning *)
  insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
  select provider_id, event_id, endpoint_id, 'delivered', attempts_made + 1, replay, format from sent
  on conflict (provider_id, event_id, endpoint_id) do update
    set state = excluded.state, attempts_made = excluded.attempts_made, ended_at = clock_timestamp()`;

test("a replay of failures sends none that was retried and delivered while the replay waited for it", async ({
  database,
}) => {
  const key = await buildFailure(database);
  const all = { since: new Date(0), until: new Date(Date.now() + 60_000), eventTypes: null };
  await database.inTransaction((tx) => startReplay(tx, { ...key, ...all, only: "failed" }));
  await feedsAreComplete(database);
  const worked: Promise<unknown>[] = [];
  await database.inTransaction(async (tx) => {
    await retryDelivery(tx, key);
    await tx.query(deliverStatement);
    worked.push(workOnReplay(database));
    await until(() => countWaiting(database));
  });
  expect(await Promise.all(worked)).toEqual([true]);
  expect(await database.query("select from due")).toEqual([]);
  expect(await database.query("select state, failed from replays")).toEqual([{ state: "done", failed: 0 }]);
});

const toSend = { was: "missing", format: "3scale", orderingKey: null, sequence: 1 } as const;
const firstSends = [
  {
    name: "sent now",
    send: (tx: Transaction, key: Key): Promise<unknown> => insertDelivery(tx, key, "3scale"),
  },
  {
    name: "replayed",
    send: (tx: Transaction, key: Key): Promise<unknown> => makeDueAgain(tx, key, [{ ...toSend, eventId: key.eventId }]),
  },
];

test.for(firstSends.flatMap(({ name, send }) => firstSends.map((other) => ({ name, send, other }))))(
  "an event without a delivery that is $name is sent once, although it is $other.name at the same time",
  async ({ send, other }, { database }) => {
    const providerId = await buildProvider(database);
    const [eventId = ""] = await recordNow(database, { providerId });
    const endpointId = await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
    const key = { providerId, eventId, endpointId };
    const sent: Promise<unknown>[] = [];
    await database.inTransaction(async (tx) => {
      await other.send(tx, key);
      await tx.query(deliverStatement);
      sent.push(database.inTransaction((second) => send(second, key)));
      await until(() => countWaiting(database));
    });
    await Promise.all(sent);
    expect(await database.query("select from due")).toEqual([]);
    expect(await database.query("select attempts_made as made from deliveries")).toEqual([{ made: 1 }]);
  },
);

test.for(ways.filter(({ name }) => name !== "by a replay"))(
  "a retry $name while its last failure is recorded keeps it from being given up",
  async ({ retry }, { database }) => {
    const providerId = await buildProvider(database);
    const endpointId = await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
    const eventIds = await recordNow(database, { providerId });
    const epoch = await claim(database, endpointId);
    const failed = {
      end: "failed",
      error: "Answered 500",
      status: 500,
      url: Buffer.of(1),
      retriedAt: "-infinity",
    } as const;
    const recorded: Promise<unknown>[] = [];
    await database.inTransaction(async (tx) => {
      await retry(tx, { providerId, endpointId, eventId: eventIds[0] ?? "" });
      recorded.push(settleAs(database, { providerId, endpointId, eventIds }, { epoch, ...failed }));
      await until(() => countWaiting(database));
    });
    await Promise.all(recorded);
    const due = "select attempts_made as made, round_start from due";
    expect(await database.query(due)).toEqual([{ made: 1, roundStart: 1 }]);
    expect(await database.query("select from failures")).toEqual([]);
  },
);

test("a retry of the list waits for whoever has a delivery of it", async ({ database }) => {
  const key = await buildFailure(database);
  const retried: Promise<number>[] = [];
  let isRetried = false;
  await database.inTransaction(async (tx) => {
    await tx.query("select from deliveries for update"); // as a retry that fails later
    retried.push(retryFailures(database, key, bySystem).finally(() => (isRetried = true)));
    await until(async () => isRetried || (await countWaiting(database)));
    expect(isRetried).toBe(false);
  });
  expect(await Promise.all(retried)).toEqual([1]);
});

interface Backlog extends Omit<Key, "eventId"> {
  /** In the order in which receivers have answered, or newest first. */
  readonly eventIds: readonly string[];
}

// With few rows, PostgreSQL would read all of them, in another order than with many.
const addBacklog = `
  insert into due (endpoint_id, event_id, provider_id, format, sequence)
  select $1, overlay(uuid_v7_floor(now())::text placing lpad(nth::text, 12, '0') from 25)::uuid, $2, '3scale', nth
  from generate_series(1, 5000) nth`;

const engineId = "00000000-0000-7000-8000-000000000001";

async function claim(pool: Pool, endpointId: number): Promise<number> {
  await insertEngine(pool, engineId);
  const [lane] = await claimLanes(pool, { engineId, endpointIds: [endpointId], claimNumber: 1, leaseSeconds: 60 });
  return lane?.epoch ?? 0;
}

const settle = async (pool: Pool, backlog: Backlog): Promise<void> =>
  settleAs(pool, backlog, { epoch: await claim(pool, backlog.endpointId) });

const failed = { status: 500, error: "500", end: null, retryAfterSeconds: 60 } as const;

const settleFailed = async (pool: Pool, backlog: Backlog): Promise<void> =>
  settleAs(pool, backlog, { epoch: await claim(pool, backlog.endpointId), ...failed });

/** Records first attempts, in their order. By default they were successful. */
async function settleAs(
  pool: Pool,
  { endpointId, eventIds }: Backlog,
  result: Pick<Settlement, "epoch"> & Partial<Settlement>,
): Promise<void> {
  const outcome = { status: 200, error: null, errorClass: null, latencyMs: 1, responseHeaders: {}, responseBody: null };
  const rest = { orderingKey: null, retryAfterSeconds: null, retriedAt: null, url: null, settingsId: 1, trace: null };
  const first = { number: 1, at: new Date(), end: "delivered" } as const;
  await settleDeliveries(
    pool,
    engineId,
    eventIds.map((eventId) => ({
      ...outcome,
      ...rest,
      ...first,
      endpointId,
      eventId,
      ...result,
    })),
  );
}

async function retryAll(pool: Pool, { providerId, endpointId, eventIds }: Backlog): Promise<void> {
  const options = { selectedAt: new Date(), onlyFailures: false, resumed: [] };
  const endpointIds = eventIds.map(() => endpointId);
  await pool.inTransaction((tx) => retryDeliveries(tx, { providerId, eventIds, endpointIds, ...options }));
}

async function cancelAll(pool: Pool, { providerId, endpointId, eventIds }: Backlog): Promise<void> {
  await pool.inTransaction((tx) =>
    cancelDeliveries(tx, { providerId, eventIds, endpointIds: eventIds.map(() => endpointId) }),
  );
}

test.for([
  { name: "the record of outcomes", run: settle },
  { name: "the record of failed attempts", run: settleFailed },
  { name: "a bulk retry", run: retryAll },
  { name: "a bulk cancellation", run: cancelAll },
])("$name waits for a cancellation of the same deliveries without a deadlock", async ({ run }, { database, owner }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
  const [first = "", second = ""] = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await owner.query(addBacklog, [endpointId, providerId]);
  await owner.query("analyze due");
  const done: Promise<unknown>[] = [];
  await database.inTransaction(async (tx) => {
    await cancelDelivery(tx, { providerId, endpointId, eventId: first });
    done.push(Promise.allSettled([run(database, { providerId, endpointId, eventIds: [second, first] })]));
    await until(() => countWaiting(database));
    await cancelDelivery(tx, { providerId, endpointId, eventId: second });
  });
  expect(await Promise.all(done)).toMatchObject([[{ status: "fulfilled" }]]);
});

test("an outcome that is recorded again, because the first record was not confirmed, delays no retry", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
  const eventIds = await recordNow(database, { providerId });
  const outcome = { epoch: await claim(database, endpointId), ...failed };
  const isDue = () => database.query(`select attempts_made, due_at <= clock_timestamp() as "isDue" from due`);
  await settleAs(database, { providerId, endpointId, eventIds }, outcome);
  expect(await isDue()).toEqual([{ attemptsMade: 1, isDue: false }]);
  await retryAll(database, { providerId, endpointId, eventIds });
  await settleAs(database, { providerId, endpointId, eventIds }, outcome);
  expect(await isDue()).toEqual([{ attemptsMade: 1, isDue: true }]);
});

test("an ended delivery of a deleted endpoint is not due again", async ({ database }) => {
  const key = await buildFailure(database);
  await database.query("update endpoints set deleted_at = now() where id = $1", [key.endpointId]);
  expect(await database.inTransaction((tx) => retryDelivery(tx, key))).toBe(false);
  expect(await database.query("select from due")).toEqual([]);
});

test("deliveries of a deleted endpoint are cancelled once it cannot return, and locked ones by a later run", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const build = (name: string) => buildEndpoint(database, { providerId, name, url: "https://crm.example/hook" });
  const [kept, deleted] = [await build("kept"), await build("deleted")];
  const [eventId] = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  const cancel = () => database.inTransaction((tx) => cancelDeliveriesOfDeleted(tx, 60));
  const deletedFor = (seconds: number) =>
    database.query("update endpoints set deleted_at = now() - make_interval(secs => $2) where id = $1", [
      deleted,
      seconds,
    ]);

  await deletedFor(30);
  expect(await cancel()).toBe(0);
  await deletedFor(61);
  await database.inTransaction(async (tx) => {
    await tx.query("select from due where event_id = $1 for update", [eventId]);
    expect(await cancel()).toBe(1);
  });
  expect(await cancel()).toBe(1);
  const left = await database.query("select endpoint_id from due");
  expect(left).toEqual([{ endpointId: kept }, { endpointId: kept }]);
});
