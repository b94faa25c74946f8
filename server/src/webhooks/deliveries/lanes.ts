import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";

export interface NewEngine {
  /** Identifies the engine's process, if the system can. */
  readonly process?: string | undefined;
  /** Earlier ids of the same engine. */
  readonly formerIds?: readonly string[];
}

// A heartbeat may have been recorded although its response came too late, so the row of a former id can look alive
// for another lease. Without the row, its lanes are free at once, and the engine does not count twice for the share.
const insertEngineStatement = `
  with former as (delete from engines where id = any($3))
  insert into engines (id, process, switches) values ($1, $2, (select count(*) from database_switches))`;

/** Registers an engine in place of its former ids. One whose lease has expired registers again under a new id. */
export async function insertEngine(
  db: Database,
  engineId: string,
  { process, formerIds = [] }: NewEngine = {},
): Promise<void> {
  await db.query(insertEngineStatement, [engineId, process, formerIds]);
}

/**
 * Deletes the engines of processes that have ended, so that their lanes are free at once instead of after a lease. A
 * late statement of such an engine does no harm: it settles nothing under a newer epoch, and claims no lane without
 * its row.
 */
export async function deleteEndedEngines(db: Database, hasEnded: (process: string) => Promise<boolean>): Promise<void> {
  const engines = await db.query<{ id: string; process: string }>(
    `select id, process from engines where process is not null`,
  );
  const judged = await Promise.all(
    engines.map(async (engine) => ({ ...engine, isOver: await hasEnded(engine.process) })),
  );
  const ended = judged.filter(({ isOver }) => isOver).map(({ id }) => id);
  if (ended.length > 0) await db.query(`delete from engines where id = any($1)`, [ended]);
}

// After a failover the database may be older than the engine's memory: a lane that the engine has released is its own
// again, and deliveries that it has settled are due behind its cursor. So heartbeats fail after a failover, and the
// lease expires.
const heartbeatStatement = `
  update engines set beat_at = clock_timestamp()
  where id = $1 and switches = (select count(*) from database_switches)
  returning id`;

/**
 * Renews the engine's lease. Returns false if its row is gone, because others may own its lanes, or if the database
 * has failed over since the engine registered.
 */
export async function recordHeartbeat(db: Database, engineId: string): Promise<boolean> {
  return (await db.query(heartbeatStatement, [engineId])).length === 1;
}

/** From now on the engine does not count for the share of others. It claims nothing more: also a claim that arrives late gets no lane. */
export async function markEngineStopping(db: Database, engineId: string): Promise<void> {
  await db.query(`update engines set stopping = true where id = $1`, [engineId]);
}

export async function deleteEngine(db: Database, engineId: string): Promise<void> {
  await db.query(`delete from engines where id = $1`, [engineId]);
}

// An hour far exceeds any lease, and a row costs nothing, so it can be inspected.
const deleteDeadStatement = `
  delete from engines
  where beat_at < clock_timestamp() - interval '1 hour'
    and not exists (select from lanes where lanes.owner = engines.id)`;

/** Deletes engines that died long ago and own nothing. */
export async function deleteDeadEngines(db: Database): Promise<void> {
  await db.query(deleteDeadStatement);
}

/** The endpoints with due deliveries, by owner. */
export interface DueLanes {
  /** Endpoints without an owner. Finds their deliveries even if every hint is lost. */
  readonly free: readonly number[];
  /** The number of lanes with due work that the asking engine owns. */
  readonly own: number;
  /** Those of them with a delivery that is due now. */
  readonly ownDue: readonly number[];
  /** The number of lanes with due work that live engines own. */
  readonly owned: number;
  /** The number of live engines that claim lanes. */
  readonly engines: number;
}

/**
 * A recursive query for the endpoints with rows in `due`, due or not, and a null. Skips from endpoint to endpoint through an
 * index: a lane's million rows cost one probe.
 */
export const endpointsWithDue = `waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  )`;

/**
 * Seconds between an engine's last heartbeat and now. A heartbeat far ahead was recorded before the database's clock was set back: an engine
 * that lives replaces it at once, and what a dead one has must not wait for the clock.
 */
export const heartbeatDistance = "abs(extract(epoch from clock_timestamp() - engines.beat_at))";

// A subquery with a limit, not an `exists`: PostgreSQL may answer an `exists` from a hash of all due rows, which took 300 ms
// with a million of them.
const firstDueAt = `(select due.due_at from due where due.endpoint_id = waiting.endpoint_id order by due.due_at limit 1)`;

// Finds lanes with due work and no live owner: none, or one without a heartbeat for a lease. Skips from endpoint to
// endpoint through due_lane_idx with two index probes each. So a lane's million rows are not scanned to find another
// lane's single one, and idle endpoints cost nothing. Counts the owned lanes on the way, and finds those of the asking
// engine that are due: it does not poll its idle lanes one by one. Locks nothing: claimStatement does.
const findStatement = `
  with recursive ${endpointsWithDue}, living as (
    select id, stopping from engines where ${heartbeatDistance} <= $2
  ), lane as (
    select waiting.endpoint_id, living.id as owner,
      case when living.id is null then
        (lanes.not_before is null or lanes.not_before <= clock_timestamp())
        and ${firstDueAt} <= clock_timestamp()
        and exists (select from endpoints where endpoints.id = waiting.endpoint_id and endpoints.active
          and endpoints.state = 'enabled' and endpoints.deleted_at is null)
      end as is_free,
      case when living.id = $1 then ${firstDueAt} <= clock_timestamp() end as is_own_due
    from waiting
    join lanes on lanes.endpoint_id = waiting.endpoint_id
    left join living on living.id = lanes.owner
  )
  select coalesce(array_agg(endpoint_id) filter (where is_free), '{}') as free,
    coalesce(array_agg(endpoint_id) filter (where is_own_due), '{}') as "ownDue",
    count(*) filter (where owner = $1) as own, count(owner) as owned, (select count(*) from living where not stopping) as engines
  from lane`;

/** Returns the unowned lanes with due work, and the numbers for an equal share. */
export const findDueLanes = (
  db: Database,
  { engineId, leaseSeconds }: { readonly engineId: string; readonly leaseSeconds: number },
): Promise<DueLanes> => queryRow<DueLanes>(db, findStatement, [engineId, leaseSeconds]);

/** Consecutive attempts without a response that open the circuit breaker of a lane. */
export const breakerOpensAt = 50;

/** A lane, with its history under previous owners. */
export interface ClaimedLane {
  readonly endpointId: number;
  readonly providerId: number;
  /** Counts owners. Outcomes of an older epoch are dropped. */
  readonly epoch: number;
  /** Consecutive attempts without a response. */
  readonly unanswered: number;
  /** The number of manual retries that ended a pause. */
  readonly lifts: number;
  /** Time since the first failed attempt after the last success. Null after a success. */
  readonly failingSeconds: number | null;
  /** Failed attempts since then. */
  readonly failedAttempts: number;
  /** The time for which sends still count against the limit per second. */
  readonly rateSeconds: number;
}

// Locks the lanes' rows, skipping those that another engine is claiming, and sets their owner. Two engines that found
// the same lane free cannot both get it: the loser skips the row, or finds the owner changed.
//
// An engine claims its own lane again if it never received the response to a claim or release. A claim sent earlier
// on a broken connection may still execute afterwards, and would increment the epoch unnoticed. So the engine's own
// row is locked first, and only the newest claim passes, of an engine that does not stop. An owner that did not release its lane may have sent until
// now, so its sends count for another second. Its last report has the number of attempts without a response, and the time since
// which all have failed. The lane's row has those of earlier owners, which lack later responses.
const claimStatement = `
  with newest as (
    update engines set asked = $4 where id = $1 and asked < $4 and not stopping returning id
  ), free as (
    select lanes.endpoint_id, lanes.epoch, lanes.owner is not null as was_owned
    from newest
    cross join lanes
    where lanes.endpoint_id = any($2)
      and (lanes.owner is null or lanes.owner = $1
        or not exists (select from engines where engines.id = lanes.owner and ${heartbeatDistance} <= $3))
      and (lanes.not_before is null or lanes.not_before <= clock_timestamp())
      and exists (select from endpoints where endpoints.id = lanes.endpoint_id and endpoints.active
        and endpoints.state = 'enabled' and endpoints.deleted_at is null)
      and lanes.provider_id not in (${leavingProviders})
    for update of lanes skip locked
  )
  update lanes set owner = $1, epoch = lanes.epoch + 1
  from free
  left join lateral (
    select unanswered, failing_since, failed_attempts from lane_reports
    where free.was_owned and lane_reports.endpoint_id = free.endpoint_id and lane_reports.epoch = free.epoch and not released
    limit 1
  ) report on true
  where lanes.endpoint_id = free.endpoint_id
  returning lanes.endpoint_id, lanes.provider_id, lanes.epoch,
    coalesce(report.unanswered, lanes.unanswered) as unanswered, lanes.lifts,
    extract(epoch from clock_timestamp() - case when report.failed_attempts is null then lanes.failing_since
      else report.failing_since end)::float8 as "failingSeconds",
    coalesce(report.failed_attempts, lanes.failed_attempts) as failed_attempts,
    case when free.was_owned then 1
      else coalesce(greatest(0, extract(epoch from lanes.rate_until - clock_timestamp())), 0) end::float8 as "rateSeconds"`;

/** Claims the unowned lanes, and those whose owner has sent no heartbeat for a lease. */
export async function claimLanes(
  db: Database,
  lanes: {
    readonly engineId: string;
    readonly endpointIds: readonly number[];
    readonly leaseSeconds: number;
    /** Increases with each claim. */
    readonly claimNumber: number;
  },
): Promise<ClaimedLane[]> {
  if (lanes.endpointIds.length === 0) return [];
  return db.query<ClaimedLane>(claimStatement, [
    lanes.engineId,
    lanes.endpointIds,
    lanes.leaseSeconds,
    lanes.claimNumber,
  ]);
}

export interface LaneEpoch {
  readonly endpointId: number;
  readonly epoch: number;
}

// Looks up the lanes by key, as in releaseStatement.
const verifyStatement = `
  select held.endpoint_id
  from unnest($2::bigint[], $3::bigint[]) as held (endpoint_id, epoch)
  cross join lateral (
    select owner, epoch, provider_id from lanes where lanes.endpoint_id = held.endpoint_id limit 1
  ) lane
  where lane.owner = $1 and lane.epoch = held.epoch and lane.provider_id not in (${leavingProviders})`;

/** Returns the lanes that the engine owns under the epoch it knows, and whose outcomes it can record. */
export async function verifyOwnership(db: Database, engineId: string, lanes: readonly LaneEpoch[]): Promise<number[]> {
  const ids = lanes.map((lane) => lane.endpointId);
  const rows = await db.query<LaneEpoch>(verifyStatement, [engineId, ids, lanes.map((lane) => lane.epoch)]);
  return rows.map((row) => row.endpointId);
}

const recordedStatement = `select endpoint_id from lanes where owner = $1 and endpoint_id = any($2)`;

/** Returns the endpoints whose lanes the database records as the engine's, under any epoch. */
export async function findRecordedLanes(
  db: Database,
  engineId: string,
  endpointIds: readonly number[],
): Promise<number[]> {
  const rows = await db.query<{ endpointId: number }>(recordedStatement, [engineId, endpointIds]);
  return rows.map((row) => row.endpointId);
}

/** The state that the next owner needs. `lifts` is the count at the claim: a pause that a retry has ended in the meantime is not stored. */
export interface ReleasedLane extends Omit<ClaimedLane, "providerId"> {
  /** The rest of the lane's pause. */
  readonly pauseSeconds: number;
}

// Locks in the same order as endPausesStatement. Each lane is looked up by its key, and its owner compared afterwards. PostgreSQL expects one
// lane of an engine that has started since the last `analyze`, and would search all of its lanes for each of these; it moves no condition
// into a subquery with a limit. With ten thousand lanes a settlement took 1.3 ms for each outcome, for up to a minute.
const releaseStatement = `
  with held as (
    select held.*
    from (
      select * from unnest($2::bigint[], $3::bigint[], $4::float8[], $5::integer[], $6::integer[], $7::float8[], $8::integer[],
        $9::float8[]) as held (endpoint_id, epoch, pause, unanswered, lifts, failing, failed_attempts, rate)
      order by endpoint_id
    ) held
    cross join lateral (select owner, epoch from lanes where lanes.endpoint_id = held.endpoint_id limit 1 for update) lane
    where lane.owner = $1 and lane.epoch = held.epoch
  )
  update lanes set owner = null, unanswered = held.unanswered,
    failing_since = clock_timestamp() - make_interval(secs => held.failing), failed_attempts = held.failed_attempts,
    rate_until = case when held.rate > 0 then clock_timestamp() + make_interval(secs => held.rate) end,
    not_before = case when pause > 0 and lanes.lifts = held.lifts then clock_timestamp() + make_interval(secs => pause) end
  from held
  where lanes.endpoint_id = held.endpoint_id`;

/** Releases lanes, so that the next engine need not wait for the lease to expire. */
export async function releaseLanes(db: Database, engineId: string, lanes: readonly ReleasedLane[]): Promise<void> {
  if (lanes.length === 0) return;
  await db.query(releaseStatement, [
    engineId,
    lanes.map((lane) => lane.endpointId),
    lanes.map((lane) => lane.epoch),
    lanes.map((lane) => lane.pauseSeconds),
    lanes.map((lane) => lane.unanswered),
    lanes.map((lane) => lane.lifts),
    lanes.map((lane) => lane.failingSeconds),
    lanes.map((lane) => lane.failedAttempts),
    lanes.map((lane) => lane.rateSeconds),
  ]);
}

// Locks in the same order as releaseStatement. A hold after a restore (infinity) ends by backlog.ts only.
const endPausesStatement = `
  with held as (
    select endpoint_id from lanes where endpoint_id = any($1) order by endpoint_id for update
  )
  update lanes set not_before = case when not_before = 'infinity' then not_before end, lifts = lifts + 1
  from held where lanes.endpoint_id = held.endpoint_id`;

/**
 * Ends the pauses of lanes for a manual retry. An owner notices when it releases the lane, as soon as nothing is in
 * flight.
 */
export async function endLanePauses(tx: Transaction, endpointIds: readonly number[]): Promise<void> {
  if (endpointIds.length > 0) await tx.query(endPausesStatement, [endpointIds]);
}

/** Inserts the lane of a new endpoint. */
export function insertLane(tx: Transaction, lane: { readonly providerId: number; readonly endpointId: number }): void {
  tx.send("insert into lanes (provider_id, endpoint_id) values ($1, $2)", [lane.providerId, lane.endpointId]);
}

/** Deletes the lanes of endpoints that are deleted, too. */
export function deleteLanes(tx: Transaction, endpointIds: readonly number[]): void {
  tx.send("delete from lanes where endpoint_id = any($1)", [endpointIds]);
}

/** Resets a lane's count of failed attempts, for an endpoint that may be enabled again. */
export function resetLaneFailures(tx: Transaction, endpointId: number): void {
  tx.send("update lanes set failing_since = null, failed_attempts = 0 where endpoint_id = $1", [endpointId]);
}
