import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import { failingNow } from "./failures.ts";
import { endpointsWithDue } from "./lanes.ts";
import { keyColumns, lockingFirstRows, rowsWithKey } from "./lock-order.ts";
import { cancelDeliveries, endAgain, promoteNext } from "./transitions.ts";

/** A lane that is held after a restore until somebody decides. */
const heldLane = "lanes.not_before = 'infinity'";

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
export const measureDue = (db: Database): Promise<DueMeasure> => queryRow<DueMeasure>(db, measureStatement);

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
export const measureProviderLag = (db: Database, providerId: number): Promise<ProviderLag> =>
  queryRow<ProviderLag>(db, providerLagStatement, [providerId]);

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
export const countHeld = async (db: Database): Promise<number> =>
  (await queryRow<{ held: number }>(db, heldStatement)).held;

/** The deliveries of an endpoint that have not ended. */
export interface EndpointBacklog {
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
): Promise<readonly EndpointBacklog[]> {
  const rows = await db.query<EndpointBacklog>(waitingStatement, [providerId, endpointIds, countedMax]);
  return rows.map((row) => ({
    ...row,
    oldestSeconds: row.waiting === 0 || row.oldestSeconds === null ? null : Math.max(0, row.oldestSeconds),
  }));
}

/** The deliveries that a provider's endpoints may hold while off, paused or disabled. */
export interface BacklogQuota {
  readonly rowsMax: number;
  readonly daysMax: number;
}

/** A transaction fails at most this many deliveries of a provider: half a second. */
const limitBatchMax = 5000;

// Oldest event first. Walks only the held endpoints' part of due_lane_idx: half a second for a million rows, once an
// hour. Ordering keys are locked first; rows that others lock are left to the next run. Replays, manual retries and old events that
// are sent now are held from when they became due, those that wait in order from when the first of their key did.
const limitStatement = `
  with held as (
    select id, provider_id, url from endpoints
    where deleted_at is null and not (active and state = 'enabled') and provider_id not in (${leavingProviders})
  ), recent as (
    select due.endpoint_id, due.ordering_key
    from held join due on due.endpoint_id = held.id and due.ordering_key is not null
      and due.due_at >= now() - make_interval(days => $2::integer) and due.due_at < 'infinity'
  ), counted as (
    select held.provider_id, count(*) - $1::bigint as excess
    from held join due on due.endpoint_id = held.id
    group by held.provider_id
  ), beyond as (
    select each.event_id, each.endpoint_id,
      case when bool_or(each.is_old)
        then 'Held for more than ' || $2::integer || ' days while the endpoint was off, paused or disabled'
        else 'More than ' || $1::bigint || ' deliveries were held while endpoints were off, paused or disabled; this was one of the oldest'
      end as error
    from counted
    cross join lateral (
      (select due.event_id, due.endpoint_id, false as is_old
        from held join due on due.endpoint_id = held.id
        where held.provider_id = counted.provider_id
        order by due.event_id, due.endpoint_id
        limit least(greatest(counted.excess, 0), $3::bigint))
      union all
      (select due.event_id, due.endpoint_id, true
        from held join due on due.endpoint_id = held.id
        left join recent on recent.endpoint_id = due.endpoint_id and recent.ordering_key = due.ordering_key
        where held.provider_id = counted.provider_id
          and due.event_id < uuid_v7_floor(now() - make_interval(days => $2::integer))
          and (due.due_at < now() - make_interval(days => $2::integer) or (due.due_at = 'infinity' and recent.endpoint_id is null))
        order by due.event_id, due.endpoint_id
        limit $3::bigint)
    ) each
    group by each.event_id, each.endpoint_id
  ), ahead as materialized (
    select from (
      select distinct due.endpoint_id, due.ordering_key
      from beyond join due on due.event_id = beyond.event_id and due.endpoint_id = beyond.endpoint_id
      where due.ordering_key is not null
      order by due.endpoint_id, due.ordering_key
    ) key
    ${lockingFirstRows}
  ), mine as (
    select due.*, beyond.error, held.url
    from beyond
    join held on held.id = beyond.endpoint_id
    join due on due.event_id = beyond.event_id and due.endpoint_id = beyond.endpoint_id
    where (select count(*) from ahead) >= 0
    for update of due skip locked
  ), gone as (
    delete from due using mine where due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
    select provider_id, event_id, endpoint_id, 'failed', attempts_made, replay, format from mine
    order by endpoint_id, event_id
    ${endAgain}
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
    select provider_id, endpoint_id, event_id, error, url, ${failingNow} from mine
    on conflict (provider_id, endpoint_id, event_id) do update
      set failed_at = excluded.failed_at, error = excluded.error, url = excluded.url
  )
  select endpoint_id, ordering_key, nullif(due_at, 'infinity') as due_at from mine`;

// The next row of a key waited as long as the one before it. Promoted in the same transaction, which has its lock. Not of an endpoint that
// is being resumed: its engine would not look for a row that is due before it reads the lane. The lock makes a later resume wait for
// this transaction, and skips instead of waiting, because others lock endpoints after their keys.
const keepHeldSince = `
  with held as (
    select id from endpoints
    where id = any($1::bigint[]) and deleted_at is null and not (active and state = 'enabled')
    for share skip locked
  )
  update due set due_at = ended.due_at
  from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as ended (endpoint_id, ordering_key, due_at)
  join held on held.id = ended.endpoint_id
  cross join lateral (
    select event_id from due
    where due.endpoint_id = ended.endpoint_id and due.ordering_key = ended.ordering_key
    order by sequence limit 1
  ) first
  where due.event_id = first.event_id and due.endpoint_id = ended.endpoint_id and due.due_at < 'infinity'`;

/**
 * Moves held deliveries beyond the quota to the failure list, oldest first, so that none is lost. Returns their
 * number. Call it until it returns 0.
 */
export async function limitBacklogs(tx: Transaction, { rowsMax, daysMax }: BacklogQuota): Promise<number> {
  const failed = await tx.query<{ endpointId: number; orderingKey: string | null; dueAt: Date | null }>(
    limitStatement,
    [rowsMax, daysMax, limitBatchMax],
  );
  const keys = rowsWithKey(failed);
  await promoteNext(tx, keys);
  const firsts = keys.filter(({ dueAt }) => dueAt !== null);
  if (firsts.length > 0) await tx.query(keepHeldSince, [...keyColumns(firsts), firsts.map(({ dueAt }) => dueAt)]);
  if (failed.length > 0) tx.hintAfterCommit("history", "");
  return failed.length;
}

/*
 * After a restore no lane is claimed (0013_database_switches.sql): deliveries that were due at the time that the database continues from
 * have probably been sent since. An operator sends or skips them, endpoint by endpoint, and so ends the hold.
 */

/** Limits held endpoints. */
export interface HeldFilter {
  readonly providerId?: number | undefined;
  readonly endpointId?: number | undefined;
}

/** An endpoint that is held, and the number of its deliveries. */
export interface HeldEndpoint {
  readonly providerId: number;
  readonly provider: string;
  readonly endpointId: number;
  readonly endpoint: string;
  /** Deliveries of events from before the restore. */
  readonly due: number;
  /** Those of them that had failed attempts, and may not have been delivered since. */
  readonly retried: number;
  /** The time of the oldest event among them; null without any. */
  readonly oldest: Date | null;
  /** Deliveries of events since the restore: they are sent in any case. */
  readonly since: number;
  /** Failures on the list. Those that were retried or deleted after the time of the database are on it again. */
  readonly failures: number;
}

/*
 * Transaction numbers tell events from before the restore and since apart, because the clocks of processes differ. One whose history
 * has been deleted is from before. By primary key for each row: a hash join may read the whole history.
 */
const itsEvent = `left join lateral (
    select recorded_in from events where events.provider_id = due.provider_id and events.id = due.event_id limit 1
  ) event on true`;
const isBefore = "coalesce(event.recorded_in < $3::bigint, true)";

// Reads all due rows of held endpoints along due_lane_idx, and their events: four seconds for a million.
const listStatement = `
  select endpoint.provider_id, provider.subdomain as provider, endpoint.id as endpoint_id, endpoint.name as endpoint,
    waiting.due, waiting.retried, waiting.since, waiting.oldest,
    (select count(*) from failures
     where failures.provider_id = endpoint.provider_id and failures.endpoint_id = endpoint.id) as failures
  from lanes
  join endpoints endpoint on endpoint.id = lanes.endpoint_id and endpoint.deleted_at is null
  join providers provider on provider.id = endpoint.provider_id
  cross join lateral (
    select count(*) filter (where is_before) as due, count(*) filter (where is_before and attempts_made > 0) as retried,
      count(*) filter (where not is_before) as since,
      to_timestamp(('x' || min(left(replace(event_id::text, '-', ''), 12)) filter (where is_before))::bit(48)::bigint / 1000.0)
        as oldest
    from (
      select due.event_id, due.attempts_made, ${isBefore} as is_before
      from due ${itsEvent} where due.endpoint_id = endpoint.id
    ) row
  ) waiting
  where ${heldLane} and ($1::bigint is null or lanes.provider_id = $1) and ($2::bigint is null or lanes.endpoint_id = $2)
  order by endpoint.provider_id, endpoint.id`;

/** Lists held endpoints with what waits for them. Events since the restore have at least the transaction number `heldFrom`. */
export const listHeldEndpoints = (
  db: Database,
  { providerId, endpointId }: HeldFilter,
  heldFrom: number,
): Promise<HeldEndpoint[]> => db.query<HeldEndpoint>(listStatement, [providerId ?? null, endpointId ?? null, heldFrom]);

const releaseStatement = `
  update lanes set not_before = null, lifts = lifts + 1
  where endpoint_id = $1 and ${heldLane}
  returning endpoint_id`;

/** Lets engines send what is due at the endpoint. Returns false if it is not held. */
export async function releaseHeldEndpoint(tx: Transaction, endpointId: number): Promise<boolean> {
  const released = await tx.query(releaseStatement, [endpointId]);
  if (released.length > 0) tx.hintAfterCommit("due", String(endpointId));
  return released.length > 0;
}

/** A transaction cancels at most this many deliveries: half a second. */
const skipBatchMax = 5000;

// Oldest first, and only while the endpoint is held: a second run must not cancel deliveries that somebody has released.
const skippedStatement = `
  select due.event_id from due
  join lanes on lanes.endpoint_id = due.endpoint_id and ${heldLane}
  ${itsEvent}
  where due.endpoint_id = $1 and ${isBefore}
  order by due.event_id
  limit $2`;

/**
 * Cancels some of a held endpoint's deliveries of events from before the restore. Returns their number. Call it until it
 * returns 0.
 */
export async function skipHeldDeliveries(
  tx: Transaction,
  { providerId, endpointId }: Pick<HeldEndpoint, "providerId" | "endpointId">,
  heldFrom: number,
): Promise<number> {
  const rows = await tx.query<{ eventId: string }>(skippedStatement, [endpointId, skipBatchMax, heldFrom]);
  if (rows.length === 0) return 0;
  const eventIds = rows.map(({ eventId }) => eventId);
  await cancelDeliveries(tx, { providerId, eventIds, endpointIds: eventIds.map(() => endpointId) });
  return eventIds.length;
}

const countStatement = `
  select count(*) as count from lanes
  join endpoints on endpoints.id = lanes.endpoint_id and endpoints.deleted_at is null
  where ${heldLane}`;

/** Counts the endpoints that are held after a restore. */
export const countHeldEndpoints = async (db: Database): Promise<number> =>
  (await queryRow<{ count: number }>(db, countStatement)).count;
