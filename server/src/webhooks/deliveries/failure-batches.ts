import { type Actor, auditInBatches } from "#access/index.ts";
import { type Pool, queryRow, stepsOf, type Transaction } from "#platform/database/database.ts";
import { errorCode } from "#platform/errors.ts";
import { firstUuid } from "#platform/ids.ts";
import { type FailureDeletion, extendDeletion, keptForUndo } from "./failure-deletions.ts";
import { type FailureCriteria, readFailureHorizon } from "./failures.ts";
import { endLanePauses } from "./lanes.ts";
import { type EndedKey, lockEnded } from "./lock-order.ts";
import { newRound } from "./transitions.ts";

/**
 * The criteria that failures_list_idx serves. Its batches differ from a job's chunks (bulk-transitions.ts): they select as they go, skip
 * rows that others lock, and come back to them, for as long as a request lasts. A job stores its selection and waits for locks.
 */
export interface FailureFilter extends Pick<FailureCriteria, "providerId" | "until" | "eventIds"> {
  readonly endpointId?: number | undefined;
}

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
 * rows share them. Another one may leave rows on the list, so they are read again at the end.
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
  /** For all failures that match a filter, and for those of some events: takes a batch, and reads one that is left. */
  readonly statements: Readonly<Record<"listed" | "named" | "leftListed" | "leftNamed", string>>;
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

/** After this many passes, others lock the same rows faster than they can be taken. */
const passesMax = 5;

/**
 * Takes failures off the list in batches, each in its own transaction with its audit record, so that a million are
 * not too many. After a crash, the rest is still listed. Continues when the requester disconnects. Returns the number
 * of rows.
 */
async function processInBatches<P extends Batch>(pool: Pool, job: BatchJob<P>): Promise<number> {
  const { action, requester } = job;
  const { providerId, ...criteria } = job.filter;
  const detail = { ...requester.detail, ...criteria };
  const audit = auditInBatches({ providerId, actor: requester.actor, action, subject: "failures", detail });
  let count = 0;
  for (let pass = 1; ; pass += 1) {
    count = await processOnce(stepsOf(pool), job, { audit, count });
    if (pass === passesMax || !(await waitForLocked(stepsOf(pool), job))) return count;
  }
}

type Audit = (tx: Transaction, total: number) => Promise<void>;

/** Takes the failures that nobody locks. Returns the number of rows together with those of earlier passes. */
async function processOnce<P extends Batch>(
  pool: Pool,
  job: BatchJob<P>,
  { audit, count: taken }: { readonly audit: Audit; readonly count: number },
): Promise<number> {
  const { statements, batchRows = defaultBatchRows, follow } = job;
  const { eventIds } = job.filter;
  const statement = eventIds ? statements.named : statements.listed;
  const more = job.values ?? [];
  let after: readonly unknown[] | undefined = firstCursor(job);
  let count = taken;
  while (after) {
    const values = [...filterValues(job, after, batchRows), ...more];
    const batch: P = await pool.inTransaction(async (tx) => {
      if (!eventIds) tx.send(alongTheIndex, []);
      const deleted = await queryRow<P>(tx, statement, values);
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

const firstCursor = ({ filter: { endpointId } }: BatchJob<never>): readonly unknown[] => [
  endpointId ?? 0,
  "-infinity",
  firstUuid,
];

/** Returns $1 to $8, and the events of a filter that names some as $9. */
function filterValues({ filter, horizon }: BatchJob<never>, after: readonly unknown[], rows: number): unknown[] {
  const { providerId, endpointId, until, eventIds } = filter;
  return [providerId, endpointId, until, horizon, ...after, rows, ...(eventIds ? [eventIds] : [])];
}

// Milliseconds. Others lock rows for half a second at most.
const limitWaits = "set local lock_timeout = 2000";
const lockNotAvailable = "55P03";

const lockFailure = `select from failures where provider_id = $1 and event_id = $2 and endpoint_id = $3 for update`;

/** Waits for the transaction that locks one of the remaining rows. Returns false if none remains, or if it lasts too long. */
async function waitForLocked<P extends Batch>(pool: Pool, job: BatchJob<P>): Promise<boolean> {
  const { statements, filter } = job;
  const statement = filter.eventIds ? statements.leftNamed : statements.leftListed;
  const [left] = await pool.query<EndedKey>(statement, filterValues(job, firstCursor(job), 1));
  if (!left) return false;
  const { eventId, endpointId } = left;
  try {
    await pool.inTransaction(async (tx) => {
      tx.send(limitWaits, []);
      await lockEnded(tx, { eventIds: [eventId], endpointIds: [endpointId] });
      await tx.query(lockFailure, [filter.providerId, eventId, endpointId]);
    });
    return true;
  } catch (error) {
    if (errorCode(error) === lockNotAvailable) return false;
    throw error;
  }
}

const firstLeft = `select event_id, endpoint_id from failures`;

const countedBatch = `counted as (select count(*) as count from taken)
  select counted.count, last.endpoint_id, last.failed_at, last.event_id
  from counted left join last on true`;

// Keeps the deleted rows for an undo, if a deletion is given. @indexed
const deleteStatements = {
  leftListed: `${firstLeft} where ${matchesFilter} limit $8`,
  leftNamed: `${firstLeft} where ${matchesEvents} limit $8`,
  listed: `
  with deletion as (select $9::bigint as id), picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesFilter}
    ${nextBatch}
  ), ${deletedBatch}, ${keptForUndo}, ${countedBatch}`,
  named: `
  with deletion as (select $10::bigint as id), picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesEvents}
    ${nextBatch}
  ), ${deletedBatch}, ${keptForUndo}, ${countedBatch}`,
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
    values: [null],
  });

/** Deletes failures from the list as `deleteFailures` does, and keeps them until the deletion can no longer be undone. */
export async function deleteFailuresForUndo(
  pool: Pool,
  filter: FailureFilter,
  requester: Requester,
): Promise<{ readonly deleted: number; readonly deletion: FailureDeletion }> {
  const { providerId } = filter;
  let deletion = await stepsOf(pool).inTransaction((tx) => extendDeletion(tx, providerId));
  const { id } = deletion;
  const deleted = await processInBatches(pool, {
    statements: deleteStatements,
    filter,
    horizon: await readFailureHorizon(pool),
    action: "failures.deleted",
    requester,
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
    select failures.ctid, failures.provider_id, failures.endpoint_id, failures.failed_at, failures.event_id, ended.*
    from failures
    cross join lateral (
      select format, attempts_made, replay, state from deliveries
      where deliveries.provider_id = failures.provider_id and deliveries.event_id = failures.event_id
        and deliveries.endpoint_id = failures.endpoint_id
      limit 1
      for update skip locked
    ) ended`;

const dueAgain = `ended as (
    select picked.*, event.sequence
    from taken
    join picked on picked.event_id = taken.event_id and picked.endpoint_id = taken.endpoint_id
    cross join lateral (
      select sequence from events
      where events.provider_id = taken.provider_id and events.id = taken.event_id
      limit 1
    ) event
  ), ${newRound}
  select counted.*, last.endpoint_id, last.failed_at, last.event_id
  from (
    select count(*) as count, coalesce(array_agg(distinct endpoint_id), '{}') as "endpointIds" from again
  ) counted
  left join last on true`;

// Deletes failures and makes deliveries due in one statement, so none is in both places or in neither. @indexed
const retryStatements = {
  leftListed: `${firstLeft} where ${matchesFilter} and ${hasEndpoint} limit $8`,
  leftNamed: `${firstLeft} where ${matchesEvents} and ${hasEndpoint} limit $8`,
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
  const now = await queryRow<{ horizon: Date }>(pool, horizonStatement);
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
