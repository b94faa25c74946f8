import type { Pool, Transaction } from "#platform/database/database.ts";
import { liftHold } from "#webhooks/deliveries/index.ts";

import type { FailureFilter } from "./list-failures.ts";
import { listed, named, nextPiece, taken } from "./pick-failures.ts";
import { takeInPieces, type AskedBy, type Piece } from "./take-in-pieces.ts";

// Failures of an endpoint that is gone stay. Asked for each row, by primary key: a join would give up the order.
const canBeSent = `(select deleted_at is null from endpoints where endpoints.id = failures.endpoint_id)`;

// Each starts a new round of retries with the same id and bytes. What is taken by its place counts as ten rows to PostgreSQL,
// so it looks up each in the history by primary key, and reads no day of it as a whole.
const dueAgain = `again as (
    insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, replay, sequence)
    select ended.provider_id, ended.event_id, ended.endpoint_id, ended.format, ended.attempts_made, ended.attempts_made,
      ended.replay, event.sequence
    from taken
    join deliveries ended on ended.provider_id = taken.provider_id and ended.event_id = taken.event_id
      and ended.endpoint_id = taken.endpoint_id
    join events event on event.provider_id = taken.provider_id and event.id = taken.event_id
    on conflict (event_id, endpoint_id) do update set due_at = clock_timestamp()
    returning endpoint_id
  )
  select counted.*, last.endpoint_id as "endpointId", last.failed_at as "failedAt", last.event_id as "eventId"
  from (
    select count(*) as count, coalesce(array_agg(distinct endpoint_id), '{}') as "endpointIds" from again
  ) counted
  left join last on true`;

// Off the list and due again, in one statement: a failure is never in both places, nor in none.
const statements = {
  listed: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${listed} and ${canBeSent}
    ${nextPiece}
  ), ${taken}, ${dueAgain}`,
  named: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${named} and ${canBeSent}
    ${nextPiece}
  ), ${taken}, ${dueAgain}`,
};

// Whatever has failed by now, to the millisecond in which failures tell their time.
const horizonStatement = `select clock_timestamp()::timestamptz(3) + interval '1 millisecond' as horizon`;

interface RetriedPiece extends Piece {
  readonly endpointIds: readonly number[];
}

/**
 * Makes failed deliveries due now, also if their receivers asked to be left alone: those that are on the list by now. What
 * fails again meanwhile stays there. Gives how many.
 */
export async function retryFailures(
  pool: Pool,
  filter: FailureFilter,
  askedBy: AskedBy,
  pieceRowsMax?: number,
): Promise<number> {
  const [now] = await pool.query<{ horizon: Date }>(horizonStatement);
  const lifted = new Set<number>();
  return takeInPieces<RetriedPiece>(pool, {
    statements,
    filter,
    horizon: now?.horizon,
    action: "failures.retried",
    askedBy,
    pieceRowsMax,
    async follow(tx, { endpointIds }) {
      await liftOnce(tx, lifted, endpointIds);
      for (const endpointId of endpointIds) tx.hintAfterCommit("due", String(endpointId));
    },
  });
}

/** A receiver that asks to be left alone again, at a retried delivery, is: the next piece is not another wish to send. */
async function liftOnce(tx: Transaction, lifted: Set<number>, endpointIds: readonly number[]): Promise<void> {
  const held = endpointIds.filter((id) => !lifted.has(id));
  await liftHold(tx, held);
  for (const id of held) lifted.add(id);
}
