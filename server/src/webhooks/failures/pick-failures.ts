// What is taken off the list, a piece at a time. Of each statement $1 to $8 are the same: the filter's provider, endpoint and
// `until`, the horizon, the cursor (endpoint, time, event), and how many rows at most.

/**
 * The next rows after the cursor that failed before the horizon, and in the second of `until` or before. In the order of
 * failures_list_idx, and along it: so what the pieces before have deleted is not read again, not even as dead rows, and of an
 * endpoint alone only its part of the index is.
 */
export const listed = `provider_id = $1 and endpoint_id <= coalesce($2, 9223372036854775807)
      and (endpoint_id, failed_at, event_id) > ($5::bigint, $6::timestamptz, $7::uuid)
      and failed_at < least($4::timestamptz, date_trunc('second', $3::timestamptz) + interval '1 second')`;

/** Those of some events, 200 at most from a door: by failures_event_idx, so that the others of the list are not read. */
export const named = `${listed} and event_id = any($9::uuid[])`;

/**
 * Rows are locked in the index's order, and what somebody else is taking is his: two who want the same rows share them, and
 * nobody waits.
 */
export const nextPiece = `order by endpoint_id, failed_at, event_id
    limit $8
    for update skip locked`;

/**
 * Deletes what was picked, and tells where the next piece begins: nowhere when this one is not full, since then it has come
 * to the end. Deleted by the place of the locked rows: by key, PostgreSQL would read the whole table for each piece, dead rows
 * and all. One that has failed again since this statement began has moved, and stays.
 */
export const taken = `taken as (
    delete from failures where ctid = any(array(select ctid from picked))
    returning provider_id, endpoint_id, event_id
  ), last as (
    select endpoint_id, failed_at, event_id from picked
    where (select count(*) from picked) = $8
    order by endpoint_id desc, failed_at desc, event_id desc
    limit 1
  )`;
