import { leavingProviders } from "#platform/database/connection.ts";
import { type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { lockEnded } from "./lock-order.ts";
import { deliveryId } from "./read-deliveries.ts";
import type { DeliveryKeys } from "./transitions.ts";

/** How long a deletion of failures or of an endpoint can be undone. */
export const undoSeconds = 60;

/** An undo that began in time may commit a little later. */
export const undoEndedSeconds = undoSeconds + 5;

/** A deletion of failures that can be undone for a while. */
export interface FailureDeletion {
  readonly id: number;
  readonly undoUntil: Date;
}

const startStatement = `
  insert into failure_deletions (provider_id, id, ends_at)
  values ($1, coalesce($2, bellwire_directory.new_id()), clock_timestamp() + make_interval(secs => $3))
  on conflict (provider_id, id) do update set ends_at = excluded.ends_at
  returning id, ends_at as "undoUntil"`;

/**
 * Starts a deletion, or extends its time after a further batch, so that the time to undo it counts from its end. Give
 * the id that the first call returned, or a job's.
 */
export const extendDeletion = (tx: Transaction, providerId: number, id?: number): Promise<FailureDeletion> =>
  queryRow<FailureDeletion>(tx, startStatement, [providerId, id, undoSeconds]);

/**
 * Keeps the failures that a statement has taken off the list for an undo of its `deletion`. While one is deleted, the undo of an earlier
 * deletion may return it: its last error is kept.
 */
export const keptForUndo = `kept as (
    insert into deleted_failures (provider_id, deletion_id, endpoint_id, event_id, failed_at, error, url)
    select provider_id, deletion.id, endpoint_id, event_id, failed_at, error, url from taken, deletion where deletion.id is not null
    on conflict (provider_id, deletion_id, endpoint_id, event_id) do update
      set failed_at = excluded.failed_at, error = excluded.error, url = excluded.url
      where deleted_failures.failed_at < excluded.failed_at
  )`;

const undoStatement = `
  update failure_deletions set undone_at = coalesce(undone_at, clock_timestamp())
  where provider_id = $1 and id = $2 and (undone_at is not null or ends_at > clock_timestamp())
  returning id`;

/** Marks a deletion as undone. False: its time is over. The caller then calls `restoreBatch` until it has no more. */
export const undoDeletion = async (tx: Transaction, providerId: number, id: number): Promise<boolean> =>
  (await tx.query(undoStatement, [providerId, id])).length > 0;

const batchRows = 5000;

/** The process that undoes a deletion counts its rows. If it has restored none for this long, others continue. */
const abandonedSeconds = 10;

const batchOfDeletion = `kept as (
    select kept.event_id, kept.endpoint_id
    from deletion
    join deleted_failures kept on kept.provider_id = deletion.provider_id and kept.deletion_id = deletion.id
    limit $1
  )
  select provider_id, id, array(select event_id from kept) as "eventIds", array(select endpoint_id from kept) as "endpointIds"
  from deletion`;

// Waits for another process that restores rows of it.
const undoneStatement = `
  with deletion as (
    select provider_id, id from failure_deletions
    where undone_at is not null and provider_id = $2 and id = $3 and provider_id not in (${leavingProviders})
    for update
  ), ${batchOfDeletion}`;

const abandonedStatement = `
  with deletion as (
    select provider_id, id from failure_deletions
    where undone_at < clock_timestamp() - make_interval(secs => $2) and provider_id not in (${leavingProviders})
    order by ends_at
    limit 1
    for update skip locked
  ), ${batchOfDeletion}`;

// A delivery that is pending, or has ended in another way, is no failure any more. Its row is dropped. One that failed
// again meanwhile is on the list already, or has been deleted again: it returns as it failed last, by deleted_failures_event_idx. While
// this waited for that deletion, it may have returned as it failed before, until that deletion is undone, too. No delivery is retried
// meanwhile: those with $5 are locked, the others were pending.
// Each row is read by its primary key: PostgreSQL joined two lists of 5,000 keys by comparing each with each.
const restoreStatement = `
  with returned as (
    delete from deleted_failures using unnest($3::uuid[], $4::bigint[], $5::boolean[]) as kept (event_id, endpoint_id, is_locked)
    where deleted_failures.provider_id = $1 and deleted_failures.deletion_id = $2
      and deleted_failures.endpoint_id = kept.endpoint_id and deleted_failures.event_id = kept.event_id
    returning deleted_failures.*, kept.is_locked
  ), continued as (
    update failure_deletions set undone_at = clock_timestamp() where provider_id = $1 and id = $2 and not $6
  ), completed as (
    delete from failure_deletions where provider_id = $1 and id = $2 and $6
  )
  insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
  select returned.provider_id, returned.endpoint_id, returned.event_id, newest.failed_at, newest.error, newest.url
  from returned
  cross join lateral (
    select from deliveries
    where deliveries.provider_id = $1 and deliveries.event_id = returned.event_id
      and deliveries.endpoint_id = returned.endpoint_id and deliveries.state = 'failed'
    limit 1
  ) ended
  cross join lateral (
    select failed_at, error, url from deleted_failures
    where deleted_failures.event_id = returned.event_id and deleted_failures.endpoint_id = returned.endpoint_id
    order by failed_at desc
    limit 1
  ) newest
  where is_locked
    and not exists (select from due where due.event_id = returned.event_id and due.endpoint_id = returned.endpoint_id)
  on conflict (provider_id, endpoint_id, event_id) do update
    set failed_at = excluded.failed_at, error = excluded.error, url = excluded.url
    where failures.failed_at < excluded.failed_at
  returning event_id`;

interface UndoneBatch extends DeliveryKeys {
  readonly id: number;
}

/** Returns a batch of failures of an undone deletion to the list. Without an id: of one whose process has died. */
export async function restoreBatch(
  pool: Pool,
  of?: { readonly providerId: number; readonly id: number },
): Promise<{ readonly restored: number; readonly hasMore: boolean }> {
  return pool.inTransaction(async (tx) => {
    const [batch] = of
      ? await tx.query<UndoneBatch>(undoneStatement, [batchRows, of.providerId, of.id])
      : await tx.query<UndoneBatch>(abandonedStatement, [batchRows, abandonedSeconds]);
    if (!batch) return { restored: 0, hasMore: false };
    const { providerId, id, eventIds, endpointIds } = batch;
    const locked = new Set((await lockEnded(tx, batch)).map(deliveryId));
    const isLast = eventIds.length < batchRows;
    const restored = await tx.query(restoreStatement, [
      providerId,
      id,
      eventIds,
      endpointIds,
      eventIds.map((eventId, at) => locked.has(deliveryId({ eventId, endpointId: endpointIds[at] ?? 0 }))),
      isLast,
    ]);
    tx.hintAfterCommit("history", "");
    return { restored: restored.length, hasMore: !isLast };
  });
}

const purgeStatement = `
  with expired as (
    select provider_id, id from failure_deletions
    where ends_at < clock_timestamp() and undone_at is null and provider_id not in (${leavingProviders})
    order by ends_at
    limit 1
    for update skip locked
  ), gone as (
    delete from deleted_failures
    where ctid = any(array(
      select kept.ctid from deleted_failures kept
      join expired on kept.provider_id = expired.provider_id and kept.deletion_id = expired.id
      limit $1))
    returning 1
  ), ended as (
    delete from failure_deletions using expired
    where failure_deletions.provider_id = expired.provider_id and failure_deletions.id = expired.id
      and (select count(*) from gone) < $1
  )
  select count(*) as found from expired`;

/** Deletes rows of deletions that can no longer be undone. Call it until it returns false. */
export async function purgeDeletedFailures(pool: Pool): Promise<boolean> {
  return (await queryRow<{ found: number }>(pool, purgeStatement, [batchRows])).found > 0;
}
