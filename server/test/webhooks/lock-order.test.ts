import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import {
  cancelDeliveries,
  claimLanes,
  type DeliveryToRepeat,
  eraseDeliveries,
  insertEngine,
  limitBacklogs,
  makeDueAgain,
  restoreBatch,
  retryDeliveries,
  retryDelivery,
  retryFailures,
  settleDeliveries,
  skipDelivery,
} from "#webhooks/deliveries/index.ts";
import { anEvent, aSuccess, buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const engineId = "00000000-0000-7000-8000-000000000001";

/** An endpoint whose lane is owned. */
interface Place {
  readonly providerId: number;
  readonly endpointId: number;
  readonly epoch: number;
}

/** Its deliveries about two accounts: of each a failed one, and pending ones, of which the first is in flight. */
interface Scene extends Place {
  readonly failed: readonly [string, string];
  readonly one: readonly [string, string];
  readonly other: readonly [string, string];
}

async function buildPlace(pool: Pool): Promise<Place> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook", ordering: "account" });
  await insertEngine(pool, engineId);
  const [lane] = await claimLanes(pool, {
    engineId,
    endpointIds: [endpointId],
    claimNumber: providerId,
    leaseSeconds: 600,
  });
  return { providerId, endpointId, epoch: lane?.epoch ?? 0 };
}

/** Replaces the deliveries of the scene before. */
async function buildScene(pool: Pool, place: Place): Promise<Scene> {
  const { providerId } = place;
  await pool.query("with failures as (delete from failures) delete from due");
  const record = async () => {
    const accountIds = [31, 31, 32, 32];
    const [one = "", two = "", three = "", four = ""] = await recordNow(
      pool,
      { providerId },
      accountIds.map((accountId) => anEvent({ accountId })),
    );
    return { one: [one, two], other: [three, four] } as const;
  };
  await pool.query(activate);
  const { one, other } = await record();
  await failAll(pool);
  await pool.query(activate);
  return { ...place, failed: [one[0], other[0]], ...(await record()) };
}

const activate = "update endpoints set active = true";

/** Applies a quota of no deliveries to inactive endpoints. */
async function failAll(pool: Pool): Promise<void> {
  await pool.query("update endpoints set active = false");
  await pool.inTransaction((tx) => limitBacklogs(tx, { rowsMax: 0, daysMax: 90 }));
}

const keysOf = ({ providerId, endpointId }: Scene, eventIds: readonly string[]) => ({
  providerId,
  eventIds,
  endpointIds: eventIds.map(() => endpointId),
});

type Run = (pool: Pool, scene: Scene) => Promise<unknown>;

interface Attempted extends Pick<Place, "endpointId" | "epoch"> {
  readonly eventId: string;
  readonly accountId: number;
}

/** Records successful first attempts. */
const settleAll = (pool: Pool, attempted: readonly Attempted[]): Promise<unknown> =>
  settleDeliveries(
    pool,
    engineId,
    attempted.map(({ accountId, ...delivery }) => ({ ...aSuccess(delivery), orderingKey: `account/${accountId}` })),
  );

/** Of account 31, then of account 32. */
const settle =
  (order: (scene: Scene) => readonly [string, string]): Run =>
  (pool, scene) => {
    const { endpointId, epoch } = scene;
    return settleAll(
      pool,
      order(scene).map((eventId, index) => ({ endpointId, epoch, eventId, accountId: 31 + index })),
    );
  };

const cancel =
  (select: (scene: Scene) => readonly string[]): Run =>
  (pool, scene) =>
    pool.inTransaction((tx) => cancelDeliveries(tx, keysOf(scene, select(scene))));

const replayed: Omit<DeliveryToRepeat, "eventId" | "orderingKey"> = {
  was: "failed",
  format: "3scale",
  sequence: 1,
};

/** Deletes failures so that the deletion is undone. */
const moveFailures = `
  with deletion as (
    insert into failure_deletions (provider_id, id, ends_at, undone_at) values ($1, 1, now(), now()) on conflict do nothing
  ), gone as (
    delete from failures where ctid = any(array(select ctid from failures where provider_id = $1 for update skip locked)) returning *
  )
  insert into deleted_failures (provider_id, deletion_id, endpoint_id, event_id, failed_at, error, url)
  select provider_id, 1, endpoint_id, event_id, failed_at, error, url from gone`;

/** What locks rows of several deliveries. */
const operations: Readonly<Record<string, Run>> = {
  "a record of outcomes": settle(({ one, other }) => [one[0], other[0]]),
  "a record of an outcome behind a replayed delivery": settle(({ one, other }) => [one[1], other[0]]),
  "a cancellation": cancel(({ one, other }) => [one[1], other[0]]),
  "another cancellation": cancel(({ one, other }) => [one[0], other[1]]),
  "a job that retries": (pool, scene) => {
    const keys = keysOf(scene, [...scene.one, ...scene.other, ...scene.failed].toReversed());
    const retry = { ...keys, selectedAt: new Date(), onlyFailures: false, resumed: [] };
    return pool.inTransaction((tx) => retryDeliveries(tx, retry));
  },
  "a replay": (pool, scene) =>
    pool.inTransaction((tx) =>
      makeDueAgain(tx, scene, [
        { ...replayed, eventId: scene.failed[0], orderingKey: "account/31" },
        { ...replayed, eventId: scene.failed[1], orderingKey: "account/32" },
      ]),
    ),
  "a retry of one": (pool, scene) =>
    pool.inTransaction((tx) => retryDelivery(tx, { ...scene, eventId: scene.failed[0] })),
  "a retry of the list": (pool, scene) => retryFailures(pool, { providerId: scene.providerId }, bySystem),
  "an undone deletion": async (pool, { providerId }) => {
    await pool.query(moveFailures, [providerId]);
    await restoreBatch(pool, { providerId, id: 1 });
  },
  "a skip": (pool, scene) => pool.inTransaction((tx) => skipDelivery(tx, { ...scene, eventId: scene.one[1] })),
  "a quota": failAll,
  "a change": (pool, { providerId }) =>
    recordNow(pool, { providerId }, [anEvent({ accountId: 32 }), anEvent({ accountId: 31 })]),
};

/** The first delivery of account 31 waits although the second one is in flight, as after a replay of the first one. */
const replayFirst = `
  update due set due_at = case when event_id = $1 then 'infinity'::timestamptz else now() end where event_id in ($1, $2)`;

interface Meeting {
  readonly scene: Scene;
  readonly isReplayed: boolean;
  readonly runs: readonly [Run, Run];
  readonly lockedId: string;
}

/**
 * Runs both while a third transaction locks a delivery's rows, so that they meet where the first one waits. Returns their errors, or nothing
 * if the first one does not wait there: it meets no other one, and the second one does not run.
 */
async function runBoth(pool: Pool, { scene, isReplayed, runs, lockedId }: Meeting): Promise<string[] | undefined> {
  if (isReplayed) await pool.query(replayFirst, scene.one);
  const running: Promise<unknown>[] = [];
  let ended = 0;
  await pool.inTransaction(async (tx) => {
    await tx.query("select from due where event_id = $1 for update", [lockedId]);
    await tx.query("select from failures where event_id = $1 for update", [lockedId]);
    for (const run of runs) {
      running.push(run(pool, scene).finally(() => (ended += 1)));
      await until(async () => ended + (await countWaiting(pool)) >= running.length, { everyMs: 2 });
      if (ended === running.length) return;
    }
  });
  const results = await Promise.allSettled(running);
  const errors = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  return running.length === runs.length || errors.length > 0 ? errors : undefined;
}

const meetingsOf = (name: string) =>
  Object.entries(operations).flatMap(([otherName, other]) =>
    ([name, otherName].includes("a replay") ? [0, 1, 2, 3] : [0, 1, 2]).map((at) => ({ otherName, other, at })),
  );

test.concurrent.for(Object.entries(operations))(
  "no two transactions that lock several deliveries wait for each other: %s first",
  { timeout: 120_000 },
  async ([name, run], { database }) => {
    const place = await buildPlace(database);
    const errors: string[] = [];
    const passes = new Set<string>(); // places where this one does not wait, so that it meets no other one either
    for (const { otherName, other, at } of meetingsOf(name)) {
      const isReplayed = [name, otherName].some((each) => each.endsWith("replayed delivery"));
      if (passes.has(`${at} ${isReplayed}`)) continue;
      const scene = await buildScene(database, place);
      const locked = [scene.one[0], scene.one[1], scene.other[0], scene.failed[0]][at] ?? "";
      const found = await runBoth(database, { scene, isReplayed, runs: [run, other], lockedId: locked });
      if (!found) passes.add(`${at} ${isReplayed}`);
      errors.push(...(found ?? []).map((error) => `${otherName}, place ${at}: ${error}`));
    }
    expect(errors).toEqual([]);
  },
);

// The tests above do not notice another order: a record of outcomes waits for half a second only, and then locks the keys first.
test("a record of outcomes locks ordering keys by endpoint, then by key, as others do", async ({ database }) => {
  const providerId = await buildProvider(database);
  const subscribe = (name: string): Promise<number> =>
    buildEndpoint(database, { providerId, url: "https://crm.example/hook", ordering: "account", name });
  const endpointIds = [await subscribe("first"), await subscribe("second")];
  await insertEngine(database, engineId);
  const lanes = await claimLanes(database, { engineId, endpointIds, claimNumber: 1, leaseSeconds: 600 });
  const [first, second] = lanes.toSorted((one, other) => one.endpointId - other.endpointId);
  if (!first || !second) throw new Error("both lanes are free");
  const accounts = [33, 32, 31];
  const eventIds = await recordNow(
    database,
    { providerId },
    accounts.map((accountId) => anEvent({ accountId })),
  );
  const of = ({ endpointId, epoch }: Place, account: number): Attempted => ({
    endpointId,
    epoch,
    eventId: eventIds[account] ?? "",
    accountId: accounts[account] ?? 0,
  });
  const attempted = [of(second, 2), of(first, 0), of(first, 1)];
  let running: Promise<unknown> = Promise.resolve();
  const lockFree = "select ordering_key from due where endpoint_id = $1 order by ordering_key for update skip locked";
  const free = await database.inTransaction(async (tx) => {
    await tx.query("select from due where endpoint_id = $1 for update", [second.endpointId]);
    running = settleAll(database, attempted);
    await until(async () => (await countWaiting(database)) > 0, { everyMs: 2 });
    return tx.query(lockFree, [first.endpointId]);
  });
  await running;
  expect(free).toEqual([{ orderingKey: "account/31" }]);
});

test("an erasure locks deliveries by endpoint, then by event, as retries do", async ({ database }) => {
  const providerId = await buildProvider(database);
  const subscribe = (name: string) => buildEndpoint(database, { providerId, url: "https://crm.example/hook", name });
  const [first, second] = [await subscribe("first"), await subscribe("second")].toSorted((one, other) => one - other);
  const eventIds = await recordNow(database, { providerId }, [anEvent(), anEvent()]);
  await database.query(
    `with ended as (delete from due returning *)
     insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format, first_body)
     select provider_id, event_id, endpoint_id, 'delivered', 1, format, 'body' from ended order by event_id, endpoint_id`,
  );
  const lock = "select from deliveries where endpoint_id = $1 and event_id = $2 for update skip locked";
  let erased: Promise<unknown> = Promise.resolve();
  await database.inTransaction(async (tx) => {
    expect(await tx.query(lock, [first, eventIds[1]])).toHaveLength(1);
    const erasure = { providerId, erasureId: 1, eventIds, cancelledEventIds: [] };
    erased = database.inTransaction((other) => eraseDeliveries(other, erasure));
    await until(async () => (await countWaiting(database)) > 0, { everyMs: 2 });
    expect(await tx.query(lock, [second, eventIds[0]])).toHaveLength(1);
  });
  await erased;
  expect(await database.query("select from deliveries where first_body is null")).toHaveLength(4);
});
