import { type Actor, auditInBatches } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type FailureFilter, readFailureHorizon } from "./failures.ts";
import { endLanePauses } from "./lanes.ts";
import { lockEnded } from "./lock-order.ts";
import type { DeliveryKeys } from "./transitions.ts";

// Parameters $1 to $8 are the same in all statements: the filter's provider, endpoint and `until`, the horizon, the
// cursor (endpoint, time, event), and the batch size.

/**
 * The next rows after the cursor that failed before the horizon and no later than the second of `until`, along
 * failures_list_idx. So rows that earlier batches deleted are not read again, not even as dead rows, and a single
 * endpoint reads only its part of the index.
 */
const matchesFilter = `provider_id = $1 and endpoint_id <= coalesce($2, 9223372036854775807)
      and (endpoint_id, failed_at, event_id) > ($5::bigint, $6::timestamptz, $7::uuid)
      and failed_at < least($4::timestamptz, date_trunc('second', $3::timestamptz) + interval '1 second')`;

/** The rows of some events, at most 200 per request, by failures_event_idx. */
const matchesEvents = `${matchesFilter} and event_id = any($9::uuid[])`;

/**
 * Rows are locked in the order of the index. Rows locked by another statement are skipped, so two that want the same
 * rows share them and neither waits.
 */
const nextBatch = `order by endpoint_id, failed_at, event_id
    limit $8
    for update of failures skip locked`;

/**
 * Deletes the batch and returns its last row, from which the next one continues, if the batch is full. Deletes by
 * ctid: by key, PostgreSQL would read the whole table for each batch, dead rows included. A row that has failed again
 * since the statement began has moved, and stays.
 */
const deletedBatch = `taken as (
    delete from failures where ctid = any(array(select ctid from picked))
    returning *
  ), last as (
    select endpoint_id, failed_at, event_id from picked
    where (select count(*) from picked) = $8
    order by endpoint_id desc, failed_at desc, event_id desc
    limit 1
  )`;

/** Half a second per transaction, so that locks and log stay short. */
const defaultBatchRows = 10_000;

interface Requester {
  readonly actor: Actor;
  /** Additional detail for the audit record. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The number of rows, and the last row if the batch was full. */
interface Batch {
  readonly count: number;
  readonly endpointId: number | null;
  readonly failedAt: Date | null;
  readonly eventId: string | null;
}

interface BatchJob<P extends Batch> {
  /** For all failures that match a filter, and for those of some events. */
  readonly statements: { readonly listed: string; readonly named: string };
  readonly filter: FailureFilter;
  /** Only earlier failures count, so that new ones cannot keep the job running. */
  readonly horizon: Date;
  readonly action: string;
  readonly requester: Requester;
  readonly batchRows?: number | undefined;
  /** Additional last parameters of the statements. */
  readonly values?: readonly unknown[];
  /** Additional work in the batch's transaction. */
  readonly follow?: (tx: Transaction, batch: P) => Promise<void>;
}

// PostgreSQL guesses that sorting is cheaper, without knowing the batch size: it would read and sort all remaining
// rows for each batch, dead ones included. Without sorting it reads along failures_list_idx, also with a generic
// plan.
const alongTheIndex = `select set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true)`;

const start = { failedAt: "-infinity", eventId: "00000000-0000-0000-0000-000000000000" } as const;

/**
 * Takes failures off the list in batches, each in its own transaction with its audit record, so that a million are
 * not too many. After a crash, the rest is still listed. Continues when the requester disconnects. Returns the number
 * of rows.
 */
async function processInBatches<P extends Batch>(pool: Pool, job: BatchJob<P>): Promise<number> {
  const { statements, filter, horizon, action, requester, batchRows = defaultBatchRows, follow } = job;
  const more = job.values ?? [];
  const { providerId, ...criteria } = filter;
  const { endpointId, until, eventIds } = filter;
  const detail = { ...requester.detail, ...criteria };
  const audit = auditInBatches({ providerId, actor: requester.actor, action, subject: "failures", detail });

  let after: readonly unknown[] | undefined = [endpointId ?? 0, start.failedAt, start.eventId];
  let count = 0;
  while (after) {
    const values: readonly unknown[] = [providerId, endpointId, until, horizon, ...after, batchRows];
    const batch: P = await pool.inTransaction(async (tx) => {
      if (!eventIds) tx.send(alongTheIndex, []);
      const [deleted] = eventIds
        ? await tx.query<P>(statements.named, [...values, eventIds, ...more])
        : await tx.query<P>(statements.listed, [...values, ...more]);
      if (!deleted) throw new Error("The batch returned no count");
      if (deleted.count > 0) {
        await follow?.(tx, deleted);
        tx.hintAfterCommit("history", "");
      }
      await audit(tx, count + deleted.count);
      return deleted;
    });
    count += batch.count;
    after = batch.eventId === null ? undefined : [batch.endpointId, batch.failedAt, batch.eventId];
  }
  return count;
}

const countedBatch = `counted as (select count(*) as count from taken)
  select counted.count, last.endpoint_id, last.failed_at, last.event_id
  from counted left join last on true`;

// @indexed
const deleteStatements = {
  listed: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesFilter}
    ${nextBatch}
  ), ${deletedBatch}, ${countedBatch}`,
  named: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesEvents}
    ${nextBatch}
  ), ${deletedBatch}, ${countedBatch}`,
};

/** Deletes failures from the list. Their history stays. Returns their number. */
export const deleteFailures = async (
  pool: Pool,
  filter: FailureFilter,
  requester: Requester,
  batchRows?: number,
): Promise<number> =>
  processInBatches(pool, {
    statements: deleteStatements,
    filter,
    // Deletes only failures that could be read, never one of a second that is still open.
    horizon: await readFailureHorizon(pool),
    action: "failures.deleted",
    requester,
    batchRows,
  });

// Keeps the deleted rows for an undo. @indexed
const undoableStatements = {
  listed: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesFilter}
    ${nextBatch}
  ), ${deletedBatch}, kept as (
    insert into deleted_failures (provider_id, deletion_id, endpoint_id, event_id, failed_at, error, url)
    select provider_id, $9, endpoint_id, event_id, failed_at, error, url from taken
  ), ${countedBatch}`,
  named: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesEvents}
    ${nextBatch}
  ), ${deletedBatch}, kept as (
    insert into deleted_failures (provider_id, deletion_id, endpoint_id, event_id, failed_at, error, url)
    select provider_id, $10, endpoint_id, event_id, failed_at, error, url from taken
  ), ${countedBatch}`,
};

/** Deletes failures from the list as `deleteFailures` does, and keeps them until the deletion can no longer be undone. */
export async function deleteFailuresForUndo(
  pool: Pool,
  filter: FailureFilter,
  requester: Requester,
  batchRows?: number,
): Promise<{ readonly deleted: number; readonly deletion: FailureDeletion }> {
  const { providerId } = filter;
  let deletion = await pool.inTransaction((tx) => extendDeletion(tx, providerId));
  const { id } = deletion;
  const deleted = await processInBatches(pool, {
    statements: undoableStatements,
    filter,
    horizon: await readFailureHorizon(pool),
    action: "failures.deleted",
    requester,
    batchRows,
    values: [id],
    async follow(tx) {
      deletion = await extendDeletion(tx, providerId, id);
    },
  });
  return { deleted, deletion };
}

// Failures of deleted endpoints stay, however many they are: the index skips them. A join would lose its order.
const hasEndpoint = `endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is null))`;

// History is read by primary key for each row: with other joins, PostgreSQL may read every day of it for each batch. Locks the
// delivery, as every retry does, and skips the row if another one does so at the moment.
const pickedToRetry = `
    select failures.ctid, failures.endpoint_id, failures.failed_at, failures.event_id, ended.format, ended.attempts_made, ended.replay
    from failures
    cross join lateral (
      select format, attempts_made, replay from deliveries
      where deliveries.provider_id = failures.provider_id and deliveries.event_id = failures.event_id
        and deliveries.endpoint_id = failures.endpoint_id
      limit 1
      for update skip locked
    ) ended`;

// Each starts a new round of retries with the same id and bytes.
const dueAgain = `again as (
    insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, replay, sequence)
    select taken.provider_id, taken.event_id, taken.endpoint_id, picked.format, picked.attempts_made, picked.attempts_made,
      picked.replay, event.sequence
    from taken
    join picked on picked.event_id = taken.event_id and picked.endpoint_id = taken.endpoint_id
    cross join lateral (
      select sequence from events
      where events.provider_id = taken.provider_id and events.id = taken.event_id
      limit 1
    ) event
    on conflict (event_id, endpoint_id) do nothing
    returning endpoint_id
  )
  select counted.*, last.endpoint_id, last.failed_at, last.event_id
  from (
    select count(*) as count, coalesce(array_agg(distinct endpoint_id), '{}') as "endpointIds" from again
  ) counted
  left join last on true`;

// Deletes failures and makes deliveries due in one statement, so none is in both places or in neither. @indexed
const retryStatements = {
  listed: `
  with picked as materialized (${pickedToRetry}
    where ${matchesFilter} and ${hasEndpoint}
    ${nextBatch}
  ), ${deletedBatch}, ${dueAgain}`,
  named: `
  with picked as materialized (${pickedToRetry}
    where ${matchesEvents} and ${hasEndpoint}
    ${nextBatch}
  ), ${deletedBatch}, ${dueAgain}`,
};

// All failures so far. Failures store their time in milliseconds.
const horizonStatement = `select clock_timestamp()::timestamptz(3) + interval '1 millisecond' as horizon`;

interface RetriedBatch extends Batch {
  readonly endpointIds: readonly number[];
}

/**
 * Makes the failed deliveries on the list due now, and ends their lanes' pauses. Deliveries that fail again meanwhile
 * stay on the list. Returns their number.
 */
export async function retryFailures(
  pool: Pool,
  filter: FailureFilter,
  requester: Requester,
  batchRows?: number,
): Promise<number> {
  const [now] = await pool.query<{ horizon: Date }>(horizonStatement);
  if (!now) throw new Error("The select returned no row");
  const resumed = new Set<number>();
  return processInBatches<RetriedBatch>(pool, {
    statements: retryStatements,
    filter,
    horizon: now.horizon,
    action: "failures.retried",
    requester,
    batchRows,
    async follow(tx, { endpointIds }) {
      await endPausesOnce(tx, resumed, endpointIds);
      for (const endpointId of endpointIds) tx.hintAfterCommit("due", String(endpointId));
    },
  });
}

/** Ends a lane's pause once per job: a pause that a retried delivery causes must stay. */
async function endPausesOnce(tx: Transaction, resumed: Set<number>, endpointIds: readonly number[]): Promise<void> {
  const paused = endpointIds.filter((id) => !resumed.has(id));
  await endLanePauses(tx, paused);
  for (const id of paused) resumed.add(id);
}

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
// again meanwhile is on the list already. No delivery is retried meanwhile: those in $5 and $6 are locked, the others were pending.
const restoreStatement = `
  with returned as (
    delete from deleted_failures using unnest($3::uuid[], $4::bigint[]) as kept (event_id, endpoint_id)
    where deleted_failures.provider_id = $1 and deleted_failures.deletion_id = $2
      and deleted_failures.endpoint_id = kept.endpoint_id and deleted_failures.event_id = kept.event_id
    returning deleted_failures.*
  ), continued as (
    update failure_deletions set undone_at = clock_timestamp() where provider_id = $1 and id = $2 and not $7
  ), completed as (
    delete from failure_deletions where provider_id = $1 and id = $2 and $7
  )
  insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
  select returned.provider_id, returned.endpoint_id, returned.event_id, failed_at, error, url
  from returned
  join unnest($5::uuid[], $6::bigint[]) as locked (event_id, endpoint_id)
    on locked.event_id = returned.event_id and locked.endpoint_id = returned.endpoint_id
  join deliveries ended on ended.provider_id = returned.provider_id and ended.event_id = returned.event_id
    and ended.endpoint_id = returned.endpoint_id and ended.state = 'failed'
  where not exists (select from due where due.event_id = returned.event_id and due.endpoint_id = returned.endpoint_id)
  on conflict (provider_id, endpoint_id, event_id) do nothing
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
    const locked = await lockEnded(tx, batch);
    const isLast = eventIds.length < batchRows;
    const restored = await tx.query(restoreStatement, [
      providerId,
      id,
      eventIds,
      endpointIds,
      locked.map(({ eventId }) => eventId),
      locked.map(({ endpointId }) => endpointId),
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
  const [row] = await pool.query<{ found: number }>(purgeStatement, [batchRows]);
  return (row?.found ?? 0) > 0;
}
