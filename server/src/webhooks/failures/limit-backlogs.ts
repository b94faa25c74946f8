import type { Transaction } from "#platform/database/database.ts";
import { failingNow, promoteNext } from "#webhooks/deliveries/index.ts";

/** How much is held for the endpoints of one provider that are off, paused or disabled. */
export interface BacklogQuota {
  readonly rowsMax: number;
  readonly daysMax: number;
}

/** One transaction moves so many of a provider's at most: half a second. */
const batchMax = 5000;

// Oldest event first. Walks the held endpoints' part of due_lane_idx, and no other lane's: an hour apart, half a second for a
// million rows. Rows are locked in the order in which settling locks them; what somebody else is changing is left to
// the next time.
const statement = `
  with held as (
    select id, provider_id, url from endpoints
    where deleted_at is null and not (active and state = 'enabled')
  ), counted as (
    select held.provider_id, count(*) - $1::bigint as excess
    from held join due on due.endpoint_id = held.id
    group by held.provider_id
  ), beyond as (
    select oldest.event_id, oldest.endpoint_id,
      case when oldest.event_id < uuid_v7_floor(now() - make_interval(days => $2::integer))
        then 'Held for more than ' || $2::integer || ' days while the endpoint was off, paused or disabled'
        else 'More than ' || $1::bigint || ' deliveries were held while endpoints were off, paused or disabled; this was one of the oldest'
      end as error
    from counted
    cross join lateral (
      select due.event_id, due.endpoint_id, row_number() over (order by due.event_id, due.endpoint_id) as nth
      from held join due on due.endpoint_id = held.id
      where held.provider_id = counted.provider_id
      order by due.event_id, due.endpoint_id
      limit $3::bigint
    ) oldest
    where oldest.nth <= counted.excess
      or oldest.event_id < uuid_v7_floor(now() - make_interval(days => $2::integer))
  ), mine as (
    select due.*, beyond.error, held.url
    from beyond
    join held on held.id = beyond.endpoint_id
    join due on due.event_id = beyond.event_id and due.endpoint_id = beyond.endpoint_id
    order by due.endpoint_id, due.ordering_key, due.event_id
    for update of due skip locked
  ), gone as (
    delete from due using mine where due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
    select provider_id, event_id, endpoint_id, 'failed', attempts_made, replay, format from mine
    on conflict (provider_id, event_id, endpoint_id) do update
      set state = excluded.state, attempts_made = excluded.attempts_made, replay = excluded.replay, ended_at = clock_timestamp()
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
    select provider_id, endpoint_id, event_id, error, url, ${failingNow} from mine
    on conflict (provider_id, endpoint_id, event_id) do update
      set failed_at = excluded.failed_at, error = excluded.error, url = excluded.url
  )
  select endpoint_id, ordering_key from mine`;

/**
 * Puts on the failure list what is held beyond the quota, the oldest first: with its reason, to be retried or deleted, so
 * that nothing is lost. Gives how many; as long as it gives some, there may be more.
 */
export async function limitBacklogs(tx: Transaction, { rowsMax, daysMax }: BacklogQuota): Promise<number> {
  const failed = await tx.query<{ endpointId: number; orderingKey: string | null }>(statement, [
    rowsMax,
    daysMax,
    batchMax,
  ]);
  const keys = failed.flatMap(({ endpointId, orderingKey }) =>
    orderingKey === null ? [] : [{ endpointId, orderingKey }],
  );
  await promoteNext(tx, keys);
  if (failed.length > 0) tx.hintAfterCommit("history", "");
  return failed.length;
}
