import type { Database } from "#platform/database/database.ts";

export interface TakenLane {
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
const take = `
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
export async function takeLanes(
  db: Database,
  lanes: {
    readonly engineId: string;
    readonly endpointIds: readonly number[];
    readonly leaseSeconds: number;
    /** Higher each time. */
    readonly asked: number;
  },
): Promise<TakenLane[]> {
  if (lanes.endpointIds.length === 0) return [];
  return db.query<TakenLane>(take, [lanes.engineId, lanes.endpointIds, lanes.leaseSeconds, lanes.asked]);
}

export interface HeldLane {
  readonly endpointId: number;
  readonly epoch: number;
}

const confirm = `
  select lanes.endpoint_id
  from unnest($2::bigint[], $3::bigint[]) as held (endpoint_id, epoch)
  join lanes on lanes.endpoint_id = held.endpoint_id and lanes.epoch = held.epoch and lanes.owner = $1`;

/** Which of the lanes are the engine's, under the epoch that it knows. */
export async function confirmLanes(db: Database, engineId: string, lanes: readonly HeldLane[]): Promise<number[]> {
  const ids = lanes.map((lane) => lane.endpointId);
  const rows = await db.query<HeldLane>(confirm, [engineId, ids, lanes.map((lane) => lane.epoch)]);
  return rows.map((row) => row.endpointId);
}

export interface ReleasedLane extends HeldLane {
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
const release = `
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
  await db.query(release, [
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
