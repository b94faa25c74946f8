import type { Pool, Transaction } from "#platform/database/database.ts";

/** How long a deletion of failures or of an endpoint can be undone. */
export const undoSeconds = 60;

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
export async function extendDeletion(tx: Transaction, providerId: number, id?: number): Promise<FailureDeletion> {
  const [deletion] = await tx.query<FailureDeletion>(startStatement, [providerId, id, undoSeconds]);
  if (!deletion) throw new Error("The insert returned no row");
  return deletion;
}

const undoStatement = `
  update failure_deletions set undone_at = coalesce(undone_at, clock_timestamp())
  where provider_id = $1 and id = $2 and (undone_at is not null or ends_at > clock_timestamp())
  returning id`;

/** Marks a deletion as undone. `restoreFailures` then returns its rows, also after a crash. False: its time is over. */
export async function undoDeletion(tx: Transaction, providerId: number, id: number): Promise<boolean> {
  const [undone] = await tx.query(undoStatement, [providerId, id]);
  if (undone) tx.hintAfterCommit("jobs", "");
  return undone !== undefined;
}

const batchRows = 5000;

// A delivery that is pending, or has ended in another way, is no failure any more. Its row is dropped. One that failed
// again meanwhile is on the list already.
const restoreStatement = `
  with deletion as (
    select provider_id, id from failure_deletions
    where undone_at is not null and ($1::bigint is null or (provider_id = $1 and id = $2))
    order by ends_at
    limit 1
    for update skip locked
  ), returned as (
    delete from deleted_failures
    where ctid = any(array(
      select kept.ctid from deleted_failures kept
      join deletion on kept.provider_id = deletion.provider_id and kept.deletion_id = deletion.id
      limit $3))
    returning *
  ), restored as (
    insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
    select returned.provider_id, returned.endpoint_id, returned.event_id, failed_at, error, url
    from returned
    join deliveries ended on ended.provider_id = returned.provider_id and ended.event_id = returned.event_id
      and ended.endpoint_id = returned.endpoint_id and ended.state = 'failed'
    where not exists (select from due where due.event_id = returned.event_id and due.endpoint_id = returned.endpoint_id)
    on conflict (provider_id, endpoint_id, event_id) do nothing
    returning event_id
  ), completed as (
    delete from failure_deletions using deletion
    where failure_deletions.provider_id = deletion.provider_id and failure_deletions.id = deletion.id
      and (select count(*) from returned) < $3
    returning failure_deletions.id
  )
  select (select count(*) from restored) as restored, exists (select from deletion) and not exists (select from completed) as "hasMore"`;

/** Returns a batch of failures of an undone deletion to the list. Without an id: of any undone deletion. */
export async function restoreBatch(
  pool: Pool,
  of?: { readonly providerId: number; readonly id: number },
): Promise<{ readonly restored: number; readonly hasMore: boolean }> {
  return pool.inTransaction(async (tx) => {
    const [batch] = await tx.query<{ restored: number; hasMore: boolean }>(restoreStatement, [
      of?.providerId,
      of?.id,
      batchRows,
    ]);
    if (!batch) throw new Error("The batch returned no count");
    if (batch.restored > 0) tx.hintAfterCommit("history", "");
    return batch;
  });
}

const purgeStatement = `
  with expired as (
    select provider_id, id from failure_deletions
    where ends_at < clock_timestamp() and undone_at is null
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
  const [row] = await pool.query<{ found: number }>(purgeStatement, [batchRows]);
  return (row?.found ?? 0) > 0;
}
