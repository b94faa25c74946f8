import type { Database } from "#platform/database/database.ts";
import { heldLane } from "./after-restore.ts";
import { endpointsWithDue } from "./lanes.ts";

// The time of the oldest event of an endpoint that has yet to be delivered, along due_endpoint_idx. Usually that is the first row.
// Manual retries, replays and old events that are sent now do not count, and are skipped: at most 10,000, which takes 20 ms. An
// index of only the rows that count was 7 % of the WAL of a change with ten ordered deliveries. The first 48 bits of an event's id
// are its time in milliseconds.
const oldestEvent = `lateral (
  select first.event_at from (
    select *, to_timestamp(('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) as event_at
    from due where due.endpoint_id = endpoint.id order by due.event_id limit 10000
  ) first
  where first.round_start = 0 and first.replay = 0
    and (first.ordering_key is not null or first.attempts_made > 0 or first.due_at < first.event_at + interval '1 minute')
  order by first.event_id limit 1)`;

export interface DueMeasure {
  /** At most 10,000. Beyond that, the age says more. */
  readonly due: number;
  /** Since a delivery could have been sent. A lane that its receiver's pause holds does not count. */
  readonly oldestAgeSeconds: number;
  /** The age of the oldest event that has yet to be delivered, waiting in order or for a retry included. */
  readonly oldestEventAgeSeconds: number;
}

// A few index probes for each of at most 10,000 endpoints: reads the first due row of each, and the oldest row. Then counts at
// most 10,000 due rows. So a million rows cost as much as ten thousand, about 5 ms, and 10,000 endpoints about 100 ms. Held rows
// are excluded.
//
// An index can be searched for statement_timestamp(). clock_timestamp() changes within the statement, so every row of
// a lane would be read, those that wait in order included.
const measureStatement = `
  with recursive ${endpointsWithDue}, lane as (
    select endpoint.id as endpoint_id, first.due_at, oldest.event_at
    from (select endpoint_id from waiting where endpoint_id is not null limit 10000) waiting
    join endpoints endpoint on endpoint.id = waiting.endpoint_id
      and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
    join lanes on lanes.endpoint_id = endpoint.id and (lanes.not_before is null or not ${heldLane})
    left join lateral (
      select greatest(due.due_at, lanes.not_before) as due_at
      from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
      order by due.due_at limit 1
    ) first on lanes.not_before is null or lanes.not_before <= statement_timestamp()
    left join ${oldestEvent} oldest on true
  ), since as (
    select min(due_at) as due_at,
      least(min(due_at), min(event_at)) as event_at
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

/** Measures the backlog: cheap enough for a query every few seconds, whatever its size. */
export async function measureDue(db: Database): Promise<DueMeasure> {
  const [row] = await db.query<DueMeasure>(measureStatement);
  if (!row) throw new Error("The aggregate returned no row");
  return row;
}

/** How late a provider's deliveries are, in seconds. */
export interface ProviderLag {
  /** The age of the oldest due delivery, or 0. */
  readonly lagSeconds: number;
  /** The same for lanes that their receivers do not hold up. */
  readonly backlogSeconds: number;
}

// The first due row of each of the provider's active endpoints, by due_lane_idx, and its lane's last report: two index
// probes per endpoint. A receiver holds its lane up if it fails, asks for a pause, or uses all requests that are allowed
// at once.
const providerLagStatement = `
  select coalesce(extract(epoch from statement_timestamp() - min(first.due_at)), 0)::float8 as "lagSeconds",
    coalesce(extract(epoch from statement_timestamp() - min(first.due_at) filter (where report.is_held_up is not true)), 0)::float8
      as "backlogSeconds"
  from endpoints endpoint
  cross join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id and due.due_at <= statement_timestamp()
    order by due.due_at limit 1
  ) first
  left join lateral (
    select hold is not null or in_flight >= window_size or unanswered > 0 or failed_attempts > 0 as is_held_up
    from lane_reports where lane_reports.endpoint_id = endpoint.id
  ) report on true
  where endpoint.provider_id = $1 and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null`;

/** Measures how late the provider's deliveries are. */
export async function measureProviderLag(db: Database, providerId: number): Promise<ProviderLag> {
  const [lag] = await db.query<ProviderLag>(providerLagStatement, [providerId]);
  return lag ?? { lagSeconds: 0, backlogSeconds: 0 };
}

// Along the held endpoints' parts of due_lane_idx, about 15 ms for 100,000.
const heldStatement = `
  select count(*) as held from (
    select from endpoints endpoint
    cross join lateral (select from due where due.endpoint_id = endpoint.id limit 100000) due
    where endpoint.deleted_at is null and (not (endpoint.active and endpoint.state = 'enabled')
      or exists (select from lanes where lanes.endpoint_id = endpoint.id and ${heldLane}))
    limit 100000
  ) held`;

/** Counts deliveries held for endpoints that are off, paused, disabled or held after a restore, up to 100,000. */
export async function countHeld(db: Database): Promise<number> {
  const [row] = await db.query<{ held: number }>(heldStatement);
  return row?.held ?? 0;
}

/** The deliveries of an endpoint that have not ended. */
export interface WaitingDeliveries {
  readonly endpointId: number;
  /** At most `countedMax`: then there may be more. */
  readonly waiting: number;
  /** The age of the oldest event among them. Null without any. Manual retries and replays count from when they became due. */
  readonly oldestSeconds: number | null;
  /** When the next attempt is due; null without any, and if all wait for others. */
  readonly nextDueAt: Date | null;
  /** Some wait behind another one of their ordering key. */
  readonly isHeldUp: boolean;
}

/** Deliveries counted per endpoint. Counting so many takes a millisecond. */
export const countedMax = 10_000;

// Each endpoint by due_lane_idx: rows of any due time, those that wait behind another of their ordering key included, and the
// first row due. The oldest event along due_endpoint_idx, as measureStatement does.
// @indexed
const waitingStatement = `
  select endpoint.id as endpoint_id, counted.waiting, nullif(first.due_at, 'infinity') as next_due_at,
    extract(epoch from statement_timestamp() - least(
      case when first.due_at <= statement_timestamp() then first.due_at end, oldest.event_at
    ))::float8 as oldest_seconds,
    coalesce(last.due_at = 'infinity', false) as is_held_up
  from endpoints endpoint
  cross join lateral (
    select count(*) as waiting from (select from due where due.endpoint_id = endpoint.id limit $3) row
  ) counted
  left join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id order by due.due_at limit 1
  ) first on true
  left join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id order by due.due_at desc limit 1
  ) last on true
  left join ${oldestEvent} oldest on true
  where endpoint.provider_id = $1 and endpoint.id = any($2::bigint[])`;

/** Counts the waiting deliveries of the provider's endpoints. */
export async function countWaiting(
  db: Database,
  { providerId, endpointIds }: { readonly providerId: number; readonly endpointIds: readonly number[] },
): Promise<readonly WaitingDeliveries[]> {
  const rows = await db.query<WaitingDeliveries>(waitingStatement, [providerId, endpointIds, countedMax]);
  return rows.map((row) => ({
    ...row,
    oldestSeconds: row.waiting === 0 || row.oldestSeconds === null ? null : Math.max(0, row.oldestSeconds),
  }));
}
