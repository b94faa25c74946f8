import type { Database } from "#platform/database/database.ts";

export interface DueMeasure {
  /** At most 10,000: beyond that the age tells more. */
  readonly due: number;
  readonly oldestAgeSeconds: number;
  /** Of the oldest event that an endpoint has still to get: also behind another of its order, or before a retry. */
  readonly oldestEventAgeSeconds: number;
}

// Skips from endpoint to endpoint through due_lane_idx, as find-due-lanes.ts does: a handful of index probes each, 10,000
// endpoints at most. Of each, the first due row, and the oldest row by due_oldest_idx. Then counts due rows of those lanes,
// 10,000 at most. So a million rows cost as much as ten thousand, some 5 ms, and 10,000 endpoints some 100 ms. Rows that are held
// (the endpoint is paused, disabled or off) are left out.
//
// An index can be searched for statement_timestamp(); with clock_timestamp(), which changes within the statement, each row of
// a lane would be read, also those waiting in order. An event's time is the first 48 bits of its id, in milliseconds.
const statement = `
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  ), lane as (
    select endpoint.id as endpoint_id, first.due_at, oldest.event_id
    from (select endpoint_id from waiting where endpoint_id is not null limit 10000) waiting
    join endpoints endpoint on endpoint.id = waiting.endpoint_id
      and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
    left join lateral (
      select due.due_at from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
      order by due.due_at limit 1
    ) first on true
    left join lateral (
      select due.event_id from due
      where due.endpoint_id = endpoint.id
        and (due.ordering_key is not null or due.attempts_made > 0) and due.round_start = 0 and due.replay = 0
      order by due.event_id limit 1
    ) oldest on true
  ), since as (
    select min(due_at) as due_at,
      least(min(due_at), to_timestamp(('x' || min(left(replace(event_id::text, '-', ''), 12)))::bit(48)::bigint / 1000.0)) as event_at
    from lane
  )
  select
    (select count(*) from (
      select from lane cross join lateral (
        select from due where due.endpoint_id = lane.endpoint_id and due.due_at <= statement_timestamp() limit 10000
      ) row limit 10000
    ) counted) as due,
    coalesce(extract(epoch from statement_timestamp() - due_at), 0)::float8 as "oldestAgeSeconds",
    greatest(0, coalesce(extract(epoch from statement_timestamp() - event_at), 0))::float8 as "oldestEventAgeSeconds"
  from since`;

/** How much waits to be sent, and for how long: cheap enough to be asked every few seconds, whatever waits. */
export async function measureDue(db: Database): Promise<DueMeasure> {
  const [row] = await db.query<DueMeasure>(statement);
  if (!row) throw new Error("PostgreSQL answered an aggregate without a row");
  return row;
}

// The first due row of each of the provider's endpoints that may send, by due_lane_idx: one index probe an endpoint.
const providerLag = `
  select coalesce(extract(epoch from clock_timestamp() - min(first.due_at)), 0)::float8 as "lagSeconds"
  from endpoints endpoint
  cross join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
    order by due.due_at limit 1
  ) first
  where endpoint.provider_id = $1 and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null`;

/** Returns for how many seconds the provider's oldest due delivery has been due; 0 if none is. */
export async function measureProviderLag(db: Database, providerId: number): Promise<number> {
  const [row] = await db.query<{ lagSeconds: number }>(providerLag, [providerId]);
  return row?.lagSeconds ?? 0;
}

// Along the held endpoints' parts of due_lane_idx, some 15 ms for 100,000.
const heldStatement = `
  select count(*) as held from (
    select from endpoints endpoint
    cross join lateral (select from due where due.endpoint_id = endpoint.id limit 100000) due
    where endpoint.deleted_at is null and not (endpoint.active and endpoint.state = 'enabled')
    limit 100000
  ) held`;

/** How many deliveries wait for endpoints that are off, paused or disabled, counted to 100,000. */
export async function countHeld(db: Database): Promise<number> {
  const [row] = await db.query<{ held: number }>(heldStatement);
  return row?.held ?? 0;
}
