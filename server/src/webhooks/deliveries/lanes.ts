import type { Database, Transaction } from "#platform/database/database.ts";

/**
 * Makes an engine known, or known again: an engine that others gave up for dead starts anew under a new id.
 *
 * @param process the mark of the process it runs in, if the system can tell
 */
export async function insertEngine(db: Database, engineId: string, process?: string): Promise<void> {
  await db.query(
    `insert into engines (id, process, switches) values ($1, $2, (select count(*) from database_switches))`,
    [engineId, process],
  );
}

/**
 * Deletes the engines of processes that have ended, so that their lanes are free at once and not when the lease has run out.
 * What such an engine has asked of the database may still be done after that: it settles nothing of a lane that has a new
 * epoch, and takes no lanes without its row.
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

// After a failover the database may be in an earlier state than the engine remembers: a lane that it has released is its own
// again, and deliveries that it has settled are due behind its cursor. So the heart of an engine stops with a switch, and its
// lease runs out.
const heartbeatStatement = `
  update engines set beat_at = clock_timestamp()
  where id = $1 and switches = (select count(*) from database_switches)
  returning id`;

/**
 * Renews the engine's lease. Returns false when its row is gone, since others may have taken its lanes, and when the database was
 * switched since the engine entered.
 */
export async function recordHeartbeat(db: Database, engineId: string): Promise<boolean> {
  return (await db.query(heartbeatStatement, [engineId])).length === 1;
}

export async function deleteEngine(db: Database, engineId: string): Promise<void> {
  await db.query(`delete from engines where id = $1`, [engineId]);
}

// An hour is far beyond any lease, and a row costs nothing: it stays long enough to be looked at.
const deleteDeadStatement = `
  delete from engines
  where beat_at < clock_timestamp() - interval '1 hour'
    and not exists (select from lanes where lanes.owner = engines.id)`;

/** Forgets engines that died long ago and own nothing any more. */
export async function deleteDeadEngines(db: Database): Promise<void> {
  await db.query(deleteDeadStatement);
}

/** What is due, by endpoints, and who serves it. */
export interface DueLanes {
  /** Endpoints whose deliveries wait for an engine, whatever hint was lost. */
  readonly free: readonly number[];
  /** How many with something due are the asking engine's. */
  readonly own: number;
  /** How many with something due are some living engine's. */
  readonly owned: number;
  /** How many engines live. */
  readonly engines: number;
}

// The lane's first due time is a subquery with a limit and not an `exists`: PostgreSQL may answer an `exists` from a hash of
// all due rows, which took 300 ms with a million of them.
//
// Lanes that have something due and that nobody serves: no owner, or one whose heart has stopped for a lease. Skips from
// endpoint to endpoint through due_lane_idx, two index probes each, so a full lane's million rows are never walked to
// find another lane's one, and endpoints with nothing due cost nothing. Beside them, how many are served, since they have
// been met anyway. Locks nothing: take-lanes.ts does.
const findStatement = `
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  ), living as (
    select id from engines where beat_at >= clock_timestamp() - make_interval(secs => $2)
  ), lane as (
    select waiting.endpoint_id, living.id as owner,
      case when living.id is null then
        (lanes.not_before is null or lanes.not_before <= clock_timestamp())
        and (
          select due.due_at from due where due.endpoint_id = waiting.endpoint_id order by due.due_at limit 1
        ) <= clock_timestamp()
        and exists (select from endpoints where endpoints.id = waiting.endpoint_id and endpoints.active
          and endpoints.state = 'enabled' and endpoints.deleted_at is null)
      end as is_free
    from waiting
    join lanes on lanes.endpoint_id = waiting.endpoint_id
    left join living on living.id = lanes.owner
  )
  select coalesce(array_agg(endpoint_id) filter (where is_free), '{}') as free,
    count(*) filter (where owner = $1) as own, count(owner) as owned, (select count(*) from living) as engines
  from lane`;

/** Looks for lanes that nobody serves, for an engine that serves some. */
export async function findDueLanes(
  db: Database,
  { engineId, leaseSeconds }: { readonly engineId: string; readonly leaseSeconds: number },
): Promise<DueLanes> {
  const [found] = await db.query<DueLanes>(findStatement, [engineId, leaseSeconds]);
  return found ?? { free: [], own: 0, owned: 0, engines: 0 };
}

export interface ClaimedLane {
  readonly endpointId: number;
  /** Counts owners. What is settled under an older epoch than the lane's is dropped. */
  readonly epoch: number;
  /** Attempts in a row without an answer, under owners before. */
  readonly unanswered: number;
  /** How often somebody has lifted a hold by hand. */
  readonly lifts: number;
  /** For how long all attempts have failed, under owners before; null when the last one succeeded. */
  readonly failingSeconds: number | null;
  readonly failedAttempts: number;
  /** For how long sends of owners before still count against a limit per second. */
  readonly rateSeconds: number;
}

// Locks the lanes' rows, skipping those that another engine is taking at this moment, and writes its name on them. Two
// engines that both found a lane free cannot both get it: the loser skips the row, or finds the owner already changed. An
// engine asks for a lane of its own when it never heard that it got it, or that it gave it back. What it asked before, on
// a line that was cut, may still be done after that; it would count the lane's owners up behind the engine's back. So
// its own row is locked first, and only the newest asking passes. An owner that did not give its lane back may have sent until
// now, so its sends count for a second more.
const claimStatement = `
  with newest as (
    update engines set asked = $4 where id = $1 and asked < $4 returning id
  ), free as (
    select lanes.endpoint_id, lanes.owner is not null as was_owned
    from newest
    cross join lanes
    where lanes.endpoint_id = any($2)
      and (lanes.owner is null or lanes.owner = $1
        or not exists (select from engines where engines.id = lanes.owner
          and engines.beat_at >= clock_timestamp() - make_interval(secs => $3)))
      and (lanes.not_before is null or lanes.not_before <= clock_timestamp())
      and exists (select from endpoints where endpoints.id = lanes.endpoint_id and endpoints.active
        and endpoints.state = 'enabled' and endpoints.deleted_at is null)
    for update of lanes skip locked
  )
  update lanes set owner = $1, epoch = lanes.epoch + 1
  from free
  where lanes.endpoint_id = free.endpoint_id
  returning lanes.endpoint_id, lanes.epoch, lanes.unanswered, lanes.lifts,
    extract(epoch from clock_timestamp() - lanes.failing_since)::float8 as "failingSeconds",
    lanes.failed_attempts,
    case when free.was_owned then 1
      else coalesce(greatest(0, extract(epoch from lanes.rate_until - clock_timestamp())), 0) end::float8 as "rateSeconds"`;

/** Makes the engine the owner of those of the lanes that are free, or whose owner has not been heard of for a lease. */
export async function claimLanes(
  db: Database,
  lanes: {
    readonly engineId: string;
    readonly endpointIds: readonly number[];
    readonly leaseSeconds: number;
    /** Higher each time. */
    readonly asked: number;
  },
): Promise<ClaimedLane[]> {
  if (lanes.endpointIds.length === 0) return [];
  return db.query<ClaimedLane>(claimStatement, [lanes.engineId, lanes.endpointIds, lanes.leaseSeconds, lanes.asked]);
}

export interface OwnedLane {
  readonly endpointId: number;
  readonly epoch: number;
}

const verifyStatement = `
  select lanes.endpoint_id
  from unnest($2::bigint[], $3::bigint[]) as held (endpoint_id, epoch)
  join lanes on lanes.endpoint_id = held.endpoint_id and lanes.epoch = held.epoch and lanes.owner = $1`;

/** Which of the lanes are the engine's, under the epoch that it knows. */
export async function verifyOwnership(db: Database, engineId: string, lanes: readonly OwnedLane[]): Promise<number[]> {
  const ids = lanes.map((lane) => lane.endpointId);
  const rows = await db.query<OwnedLane>(verifyStatement, [engineId, ids, lanes.map((lane) => lane.epoch)]);
  return rows.map((row) => row.endpointId);
}

export interface ReleasedLane extends OwnedLane {
  /** The receiver is to be left alone for that long. */
  readonly pauseSeconds: number;
  readonly unanswered: number;
  /** As it was taken: a hold that somebody has lifted since is not made again. */
  readonly lifts: number;
  readonly failingSeconds: number | null;
  readonly failedAttempts: number;
  readonly rateSeconds: number;
}

// Locked in the order in which lift-hold.ts locks them.
const releaseStatement = `
  with held as (
    select held.*
    from unnest($2::bigint[], $3::bigint[], $4::float8[], $5::integer[], $6::integer[], $7::float8[], $8::integer[],
      $9::float8[]) as held (endpoint_id, epoch, pause, unanswered, lifts, failing, failed_attempts, rate)
    join lanes on lanes.endpoint_id = held.endpoint_id and lanes.epoch = held.epoch and lanes.owner = $1
    order by lanes.endpoint_id
    for update of lanes
  )
  update lanes set owner = null, unanswered = held.unanswered,
    failing_since = clock_timestamp() - make_interval(secs => held.failing), failed_attempts = held.failed_attempts,
    rate_until = case when held.rate > 0 then clock_timestamp() + make_interval(secs => held.rate) end,
    not_before = case when pause > 0 and lanes.lifts = held.lifts then clock_timestamp() + make_interval(secs => pause) end
  from held
  where lanes.endpoint_id = held.endpoint_id`;

/** Gives lanes back, so that the next engine need not wait for the lease to run out. */
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

// Locked in the order in which engines lock the lanes that they give back.
const endPausesStatement = `
  with held as (
    select endpoint_id from lanes where endpoint_id = any($1) order by endpoint_id for update
  )
  update lanes set not_before = null, lifts = lifts + 1 from held where lanes.endpoint_id = held.endpoint_id`;

/**
 * Ends the peace that receivers asked for, or got because they do not answer: somebody wants to send to them now. The owner
 * of a lane hears of it when it gives the lane back, which it does as soon as nothing is in flight there.
 */
export async function endLanePauses(tx: Transaction, endpointIds: readonly number[]): Promise<void> {
  if (endpointIds.length > 0) await tx.query(endPausesStatement, [endpointIds]);
}

/** Inserts the lane of a new endpoint. */
export function insertLane(tx: Transaction, lane: { readonly providerId: number; readonly endpointId: number }): void {
  tx.send("insert into lanes (provider_id, endpoint_id) values ($1, $2)", [lane.providerId, lane.endpointId]);
}

/** Restarts the count of a lane's failed attempts, for an endpoint that may be enabled again. */
export function resetLaneFailures(tx: Transaction, endpointId: number): void {
  tx.send("update lanes set failing_since = null, failed_attempts = 0 where endpoint_id = $1", [endpointId]);
}
