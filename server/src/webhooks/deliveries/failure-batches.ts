import { type Actor, auditInBatches } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type FailureFilter, readFailureHorizon } from "./failures.ts";
import { endLanePauses } from "./lanes.ts";

// What is taken off the list, a piece at a time. Of each statement $1 to $8 are the same: the filter's provider, endpoint and
// `until`, the horizon, the cursor (endpoint, time, event), and how many rows at most.

/**
 * The next rows after the cursor that failed before the horizon, and in the second of `until` or before. In the order of
 * failures_list_idx, and along it: so what the pieces before have deleted is not read again, not even as dead rows, and of an
 * endpoint alone only its part of the index is.
 */
const matchesFilter = `provider_id = $1 and endpoint_id <= coalesce($2, 9223372036854775807)
      and (endpoint_id, failed_at, event_id) > ($5::bigint, $6::timestamptz, $7::uuid)
      and failed_at < least($4::timestamptz, date_trunc('second', $3::timestamptz) + interval '1 second')`;

/** Those of some events, 200 at most from a door: by failures_event_idx, so that the others of the list are not read. */
const matchesEvents = `${matchesFilter} and event_id = any($9::uuid[])`;

/**
 * Rows are locked in the index's order, and what somebody else is taking is his: two who want the same rows share them, and
 * nobody waits.
 */
const nextBatch = `order by endpoint_id, failed_at, event_id
    limit $8
    for update skip locked`;

/**
 * Deletes what was picked, and tells where the next piece begins: nowhere when this one is not full, since then it has come
 * to the end. Deleted by the place of the locked rows: by key, PostgreSQL would read the whole table for each piece, dead rows
 * and all. One that has failed again since this statement began has moved, and stays.
 */
const deletedBatch = `taken as (
    delete from failures where ctid = any(array(select ctid from picked))
    returning provider_id, endpoint_id, event_id
  ), last as (
    select endpoint_id, failed_at, event_id from picked
    where (select count(*) from picked) = $8
    order by endpoint_id desc, failed_at desc, event_id desc
    limit 1
  )`;

/** One transaction takes so many at most: half a second, and no lock or log that others wait for. */
const batchRowsDefault = 10_000;

/** Who wants it. */
interface Requester {
  readonly actor: Actor;
  /** What the audit record says besides. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What a statement tells of its piece: how many it took, and the last it looked at, unless it came to the end. */
interface Batch {
  readonly count: number;
  readonly endpointId: number | null;
  readonly failedAt: Date | null;
  readonly eventId: string | null;
}

interface BatchJob<P extends Batch> {
  /** As pick-failures.ts explains: of the list, and of some events. */
  readonly statements: { readonly listed: string; readonly named: string };
  readonly filter: FailureFilter;
  /** Only what failed before is taken: what comes while this goes on must not keep it going. */
  readonly horizon: Date;
  readonly action: string;
  readonly askedBy: Requester;
  readonly pieceRowsMax?: number | undefined;
  /** What else belongs into the transaction of a piece. */
  readonly follow?: (tx: Transaction, piece: P) => Promise<void>;
}

// Sorting is cheaper only by PostgreSQL's guess, made without knowing how much a piece is: it would read and sort all that is
// left, dead rows and all, for each piece. With this it goes along failures_list_idx, also in a plan for any values.
const alongTheIndex = `select set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true)`;

const start = { failedAt: "-infinity", eventId: "00000000-0000-0000-0000-000000000000" } as const;

/**
 * Takes failures off the list a piece at a time, each in a transaction of its own, so that a million are not too many. If it
 * dies in between, what was taken is taken, with its record; the rest is on the list. It goes on when whoever asked has gone
 * away: they wanted all of it. Gives how many it took.
 */
async function processInBatches<P extends Batch>(pool: Pool, taking: BatchJob<P>): Promise<number> {
  const { statements, filter, horizon, action, askedBy, pieceRowsMax = batchRowsDefault, follow } = taking;
  const { providerId, ...chosen } = filter;
  const { endpointId, until, eventIds } = filter;
  const detail = { ...askedBy.detail, ...chosen };
  const audit = auditInBatches({ providerId, actor: askedBy.actor, action, subject: "failures", detail });

  let after: readonly unknown[] | undefined = [endpointId ?? 0, start.failedAt, start.eventId];
  let count = 0;
  while (after) {
    const values: readonly unknown[] = [providerId, endpointId, until, horizon, ...after, pieceRowsMax];
    const piece: P = await pool.inTransaction(async (tx) => {
      if (!eventIds) tx.send(alongTheIndex, []);
      const [took] = eventIds
        ? await tx.query<P>(statements.named, [...values, eventIds])
        : await tx.query<P>(statements.listed, values);
      if (!took) throw new Error("PostgreSQL answered a count without rows");
      if (took.count > 0) {
        await follow?.(tx, took);
        tx.hintAfterCommit("history", "");
      }
      await audit(tx, count + took.count);
      return took;
    });
    count += piece.count;
    after = piece.eventId === null ? undefined : [piece.endpointId, piece.failedAt, piece.eventId];
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

/** Takes failures off the list; their history stays. Gives how many. */
export const deleteFailures = async (
  pool: Pool,
  filter: FailureFilter,
  askedBy: Requester,
  pieceRowsMax?: number,
): Promise<number> =>
  processInBatches(pool, {
    statements: deleteStatements,
    filter,
    // What is deleted is what could be read: never a failure of a second to which something may yet be added.
    horizon: await readFailureHorizon(pool),
    action: "failures.deleted",
    askedBy,
    pieceRowsMax,
  });

// Failures of an endpoint that is gone stay, however many they are: the index passes them by. A join would give up its order.
const hasEndpoint = `endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is null))`;

// Each starts a new round of retries with the same id and bytes. Each looks up its own rows of the history, by primary key:
// joined otherwise, PostgreSQL may read all days of it for each piece.
const dueAgain = `again as (
    insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, replay, sequence)
    select taken.provider_id, taken.event_id, taken.endpoint_id, ended.format, ended.attempts_made, ended.attempts_made,
      ended.replay, event.sequence
    from taken
    cross join lateral (
      select format, attempts_made, replay from deliveries
      where deliveries.provider_id = taken.provider_id and deliveries.event_id = taken.event_id
        and deliveries.endpoint_id = taken.endpoint_id
      limit 1
    ) ended
    cross join lateral (
      select sequence from events
      where events.provider_id = taken.provider_id and events.id = taken.event_id
      limit 1
    ) event
    on conflict (event_id, endpoint_id) do update set due_at = clock_timestamp()
    returning endpoint_id
  )
  select counted.*, last.endpoint_id, last.failed_at, last.event_id
  from (
    select count(*) as count, coalesce(array_agg(distinct endpoint_id), '{}') as "endpointIds" from again
  ) counted
  left join last on true`;

// Off the list and due again, in one statement: a failure is never in both places, nor in none. @indexed
const retryStatements = {
  listed: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesFilter} and ${hasEndpoint}
    ${nextBatch}
  ), ${deletedBatch}, ${dueAgain}`,
  named: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${matchesEvents} and ${hasEndpoint}
    ${nextBatch}
  ), ${deletedBatch}, ${dueAgain}`,
};

// Whatever has failed by now, to the millisecond in which failures tell their time.
const horizonStatement = `select clock_timestamp()::timestamptz(3) + interval '1 millisecond' as horizon`;

interface RetriedBatch extends Batch {
  readonly endpointIds: readonly number[];
}

/**
 * Makes failed deliveries due now, also if their receivers asked to be left alone: those that are on the list by now. What
 * fails again meanwhile stays there. Gives how many.
 */
export async function retryFailures(
  pool: Pool,
  filter: FailureFilter,
  askedBy: Requester,
  pieceRowsMax?: number,
): Promise<number> {
  const [now] = await pool.query<{ horizon: Date }>(horizonStatement);
  if (!now) throw new Error("PostgreSQL answered a select without rows");
  const lifted = new Set<number>();
  return processInBatches<RetriedBatch>(pool, {
    statements: retryStatements,
    filter,
    horizon: now.horizon,
    action: "failures.retried",
    askedBy,
    pieceRowsMax,
    async follow(tx, { endpointIds }) {
      await endPausesOnce(tx, lifted, endpointIds);
      for (const endpointId of endpointIds) tx.hintAfterCommit("due", String(endpointId));
    },
  });
}

/** A receiver that asks to be left alone again, at a retried delivery, is: the next piece is not another wish to send. */
async function endPausesOnce(tx: Transaction, lifted: Set<number>, endpointIds: readonly number[]): Promise<void> {
  const held = endpointIds.filter((id) => !lifted.has(id));
  await endLanePauses(tx, held);
  for (const id of held) lifted.add(id);
}
