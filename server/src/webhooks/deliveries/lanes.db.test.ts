import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import { buildEndpoint, buildProvider, recordNow } from "../../../test/support/build-webhooks.ts";
import { countWaiting } from "../../../test/support/count-waiting.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import {
  type ClaimedLane,
  claimLanes,
  deleteDeadEngines,
  deleteEngine,
  endLanePauses,
  findDueLanes,
  insertEngine,
  recordHeartbeat,
  releaseLanes,
  verifyOwnership,
} from "./lanes.ts";

const claim = (db: Database, engineId: string, endpointId: number): Promise<ClaimedLane[]> =>
  claimLanes(db, { engineId, endpointIds: [endpointId], leaseSeconds: 60, claimNumber: 1 });

async function claimFor(pool: Pool, engineId: string, endpointId: number): Promise<ClaimedLane> {
  await insertEngine(pool, engineId);
  const [lane] = await claim(pool, engineId, endpointId);
  if (!lane) throw new Error("The lane is not free.");
  return lane;
}

const reportStatement = `
  insert into lane_reports (endpoint_id, provider_id, epoch, released, counted_in, in_flight, window_size, unanswered,
    failing_since, failed_attempts)
  values ($1, $2, $3, false, 0, 1, 1, 0, now() - make_interval(secs => $4), $5)`;

test.for([
  ["had a success since", 0, null, 0, { failingSeconds: null, failedAttempts: 0, unanswered: 0 }],
  ["failed since then", 0, 3600, 12, { failingSeconds: expect.closeTo(3600, -1), failedAttempts: 12, unanswered: 0 }],
  ["has an older report", -1, 3600, 12, { failedAttempts: 30, unanswered: 60 }],
] as const)(
  "after an engine was killed, a lane that %s is not taken for one that fails as long as an earlier engine said",
  async ([, epochs, failingSeconds, failedAttempts, expected], { database: pool }) => {
    const providerId = await buildProvider(pool);
    const endpointId = await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/" });
    const [first, killed, next] = [randomUUID(), randomUUID(), randomUUID()];
    const claimed = await claimFor(pool, first, endpointId);
    const failing = { failingSeconds: 6 * 86_400, failedAttempts: 30, unanswered: 60, pauseSeconds: 0 };
    await releaseLanes(pool, first, [{ ...claimed, ...failing }]);

    const { epoch, ...released } = await claimFor(pool, killed, endpointId);
    expect(released).toMatchObject({ failingSeconds: expect.closeTo(6 * 86_400, -2), failedAttempts: 30 });
    const another = await buildEndpoint(pool, { providerId, name: "another", url: "http://127.0.0.1:9/" });
    await pool.query(reportStatement, [another, providerId, epoch, 30 * 86_400, 99]);
    await pool.query(reportStatement, [endpointId, providerId, epoch + epochs, failingSeconds, failedAttempts]);
    await deleteEngine(pool, killed);
    expect(await claimFor(pool, next, endpointId)).toMatchObject(expected);
  },
);

test("lanes of an engine that died before the database's clock was set back are free at once", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  const [killed, next] = [randomUUID(), randomUUID()];
  await claimFor(database, killed, endpointId);
  const found = () => findDueLanes(database, { engineId: next, leaseSeconds: 60 });
  expect(await found()).toMatchObject({ free: [], owned: 1 });

  await database.query("update engines set beat_at = clock_timestamp() + interval '1 hour'");
  expect(await found()).toMatchObject({ free: [endpointId], owned: 0 });
  expect(await claimFor(database, next, endpointId)).toMatchObject({ endpointId });
});

test("an engine finds those of its lanes that have a delivery due now", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpoints: number[] = [];
  for (const name of ["due", "later", "other"])
    endpoints.push(await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", name }));
  await recordNow(database, { providerId });
  const [due = 0, later = 0, other = 0] = endpoints;
  const [owner, another] = [randomUUID(), randomUUID()];
  await insertEngine(database, owner);
  await claimLanes(database, { engineId: owner, endpointIds: [due, later], leaseSeconds: 60, claimNumber: 1 });
  await claimFor(database, another, other);
  await database.query("update due set due_at = now() + interval '1 hour' where endpoint_id = $1", [later]);

  const found = await findDueLanes(database, { engineId: owner, leaseSeconds: 60 });
  expect(found).toEqual({ free: [], own: 2, ownDue: [due], owned: 3, engines: 2 });
});

test("only engines that sent no heartbeat for an hour and own nothing are forgotten", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  const [owner, dead, living, beating] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await claimFor(database, owner, endpointId);
  for (const id of [dead, living, beating]) await insertEngine(database, id);
  await database.query("update engines set beat_at = now() - interval '61 minutes' where id <> $1", [living]);
  expect(await recordHeartbeat(database, beating)).toBe(true);

  await deleteDeadEngines(database);

  const left = await database.query<{ id: string }>("select id from engines");
  expect(left.map(({ id }) => id).toSorted()).toEqual([owner, living, beating].toSorted());
});

test("a lane that another engine is claiming is skipped", async ({ database }) => {
  const endpointId = await buildEndpoint(database, {
    providerId: await buildProvider(database),
    url: "http://127.0.0.1:9/",
  });
  const [first, second] = [randomUUID(), randomUUID()];
  for (const engineId of [first, second]) await insertEngine(database, engineId);
  await database.inTransaction(async (tx) => {
    expect(await claim(tx, first, endpointId)).toMatchObject([{ endpointId, epoch: 1 }]);
    expect(await claim(database, second, endpointId)).toEqual([]);
  });
});

test("a release that waits for the next owner's claim leaves the lane to it", async ({ database }) => {
  const url = "http://127.0.0.1:9/";
  const endpointId = await buildEndpoint(database, { providerId: await buildProvider(database), url });
  const [former, next] = [randomUUID(), randomUUID()];
  const { epoch } = await claimFor(database, former, endpointId);
  await insertEngine(database, next);
  await database.query("update engines set beat_at = now() - interval '61 seconds' where id = $1", [former]);
  const quiet = { pauseSeconds: 0, unanswered: 0, lifts: 0, failingSeconds: null, failedAttempts: 0, rateSeconds: 0 };
  let released: Promise<unknown> = Promise.resolve();
  await database.inTransaction(async (tx) => {
    expect(await claim(tx, next, endpointId)).toMatchObject([{ endpointId, epoch: epoch + 1 }]);
    released = releaseLanes(database, former, [{ endpointId, epoch, ...quiet }]);
    await until(() => countWaiting(database));
  });
  await released;
  expect(await database.query("select owner from lanes")).toEqual([{ owner: next }]);
});

test("a lane is neither free nor claimed during its pause, or while its endpoint is off, paused, disabled or deleted", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  // It is on, and has nothing to send.
  const other = await buildEndpoint(database, { providerId, name: "other", url: "http://127.0.0.1:9/" });
  const engineId = randomUUID();
  await insertEngine(database, engineId);
  let claimNumber = 0;
  const found = async () => {
    const { free } = await findDueLanes(database, { engineId, leaseSeconds: 60 });
    const lanes = { engineId, endpointIds: [endpointId], leaseSeconds: 60, claimNumber: (claimNumber += 1) };
    return [free, (await claimLanes(database, lanes)).map((lane) => lane.endpointId)];
  };
  for (const [table, held, again] of [
    ["lanes", "not_before = now() + interval '1 hour'", "not_before = null"],
    ["endpoints", "active = false", "active = true"],
    ["endpoints", "state = 'paused'", "state = 'enabled'"],
    ["endpoints", "state = 'disabled'", "state = 'enabled'"],
    ["endpoints", "deleted_at = now()", "deleted_at = null"],
  ]) {
    const ofOne = `where ${table === "lanes" ? "endpoint_id" : "id"} <> $1`;
    await database.query(`update ${table} set ${held} ${ofOne}`, [other]);
    expect([held, await found()]).toEqual([held, [[], []]]);
    await database.query(`update ${table} set ${again} ${ofOne}`, [other]);
  }
  await database.query("update lanes set not_before = clock_timestamp() where endpoint_id <> $1", [other]); // a pause that is over
  expect(await found()).toEqual([[endpointId], [endpointId]]);
});

test("a release frees the engine's lanes of their epochs only, and stores no pause that a retry has ended", async ({
  database: pool,
}) => {
  const providerId = await buildProvider(pool);
  const build = (name: string) => buildEndpoint(pool, { providerId, name, url: "http://127.0.0.1:9/" });
  const endpointIds = await Promise.all(["paused", "lifted", "kept", "newer", "heir's"].map(build));
  const [engineId, heir] = [randomUUID(), randomUUID()];
  for (const id of [engineId, heir]) await insertEngine(pool, id);
  const lanes = await claimLanes(pool, { engineId, endpointIds, leaseSeconds: 60, claimNumber: 1 });
  const released = { failingSeconds: 60, failedAttempts: 7, pauseSeconds: 60, unanswered: 3, rateSeconds: 0 };
  const laneOf = (at: number) => {
    const lane = lanes.find(({ endpointId }) => endpointId === endpointIds[at]);
    return { endpointId: 0, epoch: 0, lifts: 0, ...lane, ...released };
  };
  await pool.query("update lanes set lifts = 1 where endpoint_id = $1", [endpointIds[1]]);
  await pool.query("update lanes set epoch = 2 where endpoint_id = $1", [endpointIds[3]]);
  // A failover that lost the claim may have given its epoch to another engine.
  await pool.query("update lanes set owner = $1 where endpoint_id = $2", [heir, endpointIds[4]]);

  await releaseLanes(pool, engineId, [0, 1, 3, 4].map(laneOf));

  const owned = (id: string, ...at: number[]) => verifyOwnership(pool, id, at.map(laneOf));
  expect(await owned(engineId, 0, 1, 2, 3, 4)).toEqual([endpointIds[2]]);
  expect(await owned(heir, 4)).toEqual([endpointIds[4]]);
  const read = `select owner is null as is_free, not_before is not null as is_paused, failed_attempts from lanes
    order by array_position($1::bigint[], endpoint_id)`;
  const others = { isFree: false, isPaused: false, failedAttempts: 0 };
  expect(await pool.query(read, [endpointIds])).toEqual([
    { isFree: true, isPaused: true, failedAttempts: 7 },
    { isFree: true, isPaused: false, failedAttempts: 7 },
    others,
    others,
    others,
  ]);
});

type LockLanes = (pool: Pool, engineId: string, lanes: readonly ClaimedLane[]) => Promise<void>;

test.for<readonly [string, LockLanes]>([
  [
    "a release",
    (pool, engineId, lanes) =>
      releaseLanes(
        pool,
        engineId,
        lanes.map((lane) => ({ ...lane, pauseSeconds: 0 })),
      ),
  ],
  [
    "a retry that ends pauses",
    (pool, _, lanes) =>
      pool.inTransaction((tx) =>
        endLanePauses(
          tx,
          lanes.map(({ endpointId }) => endpointId),
        ),
      ),
  ],
])("%s locks lanes in the order of their endpoints", async ([, lockLanes], { database: pool, owner }) => {
  const providerId = await buildProvider(pool);
  const first = await buildEndpoint(pool, { providerId, name: "first", url: "http://127.0.0.1:9/" });
  const second = await buildEndpoint(pool, { providerId, name: "second", url: "http://127.0.0.1:9/" });
  const engineId = randomUUID();
  await insertEngine(pool, engineId);
  const lanes = await claimLanes(pool, { engineId, endpointIds: [first, second], leaseSeconds: 60, claimNumber: 1 });
  const last = lanes.toSorted((one, other) => other.endpointId - one.endpointId);
  await pool.query("update lanes set lifts = lifts where endpoint_id = $1", [first]); // moves its row behind the other one
  await owner.query("analyze lanes"); // PostgreSQL reads few rows in the order of their places
  const running: Promise<void>[] = [];
  const free = await pool.inTransaction(async (tx) => {
    await tx.query("select from lanes where endpoint_id = $1 for update", [second]);
    running.push(lockLanes(pool, engineId, last));
    await until(async () => (await countWaiting(pool)) > 0);
    return tx.query("select endpoint_id from lanes where endpoint_id = $1 for update skip locked", [first]);
  });
  await Promise.all(running);
  expect(free).toEqual([]);
});
