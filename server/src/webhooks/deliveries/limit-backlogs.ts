import type { Transaction } from "#platform/database/database.ts";
import { failingNow } from "./failures.ts";
import { keyColumns, lockingFirstRows } from "./lock-order.ts";
import { endAgain, promoteNext } from "./transitions.ts";

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
    where deleted_at is null and not (active and state = 'enabled')
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
  const keys = failed.flatMap(({ endpointId, orderingKey, dueAt }) =>
    orderingKey === null ? [] : [{ endpointId, orderingKey, dueAt }],
  );
  await promoteNext(tx, keys);
  const firsts = keys.filter(({ dueAt }) => dueAt !== null);
  if (firsts.length > 0) await tx.query(keepHeldSince, [...keyColumns(firsts), firsts.map(({ dueAt }) => dueAt)]);
  if (failed.length > 0) tx.hintAfterCommit("history", "");
  return failed.length;
}
