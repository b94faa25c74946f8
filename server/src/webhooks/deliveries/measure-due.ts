import type { Database } from "#platform/database/database.ts";

export interface DueMeasure {
  /** At most 10,000: beyond that the age tells more. */
  readonly due: number;
  readonly oldestAgeSeconds: number;
}

// Skips from endpoint to endpoint through due_lane_idx, as find-due-lanes.ts does, and takes the first row of each:
// three index probes an endpoint, 10,000 endpoints at most. Then counts rows of those lanes, 10,000 at most: so
// a million due rows cost as much as ten thousand, some 5 ms, and 10,000 endpoints some 100 ms. What is held
// (its endpoint is paused, disabled or off) does not wait for us. An index can be searched for statement_timestamp(); with
// clock_timestamp(), which changes within the statement, each row of the lane would be read, also those waiting in order.
const statement = `
  with recursive waiting (endpoint_id) as (
    (select endpoint_id from due order by endpoint_id limit 1)
    union all
    select (select due.endpoint_id from due where due.endpoint_id > waiting.endpoint_id order by due.endpoint_id limit 1)
    from waiting where waiting.endpoint_id is not null
  ), lane as (
    select endpoint.id as endpoint_id, first.due_at
    from (select endpoint_id from waiting where endpoint_id is not null limit 10000) waiting
    join endpoints endpoint on endpoint.id = waiting.endpoint_id
      and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
    cross join lateral (
      select due.due_at from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
      order by due.due_at limit 1
    ) first
  )
  select
    (select count(*) from (
      select from lane cross join lateral (
        select from due where due.endpoint_id = lane.endpoint_id and due.due_at <= statement_timestamp() limit 10000
      ) row limit 10000
    ) counted) as due,
    coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0)::float8 as "oldestAgeSeconds"
  from lane`;

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
