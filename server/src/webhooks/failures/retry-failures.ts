import type { Pool, Transaction } from "#platform/database/database.ts";
import { liftHold } from "#webhooks/deliveries/index.ts";

import type { FailureFilter } from "./list-failures.ts";
import { listed, named, nextPiece, taken } from "./pick-failures.ts";
import { takeInPieces, type AskedBy, type Piece } from "./take-in-pieces.ts";

// Failures of an endpoint that is gone stay, however many they are: the index passes them by. A join would give up its order.
const canBeSent = `endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is null))`;

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
  if (!now) throw new Error("PostgreSQL answered a select without rows");
  const lifted = new Set<number>();
  return takeInPieces<RetriedPiece>(pool, {
    statements,
    filter,
    horizon: now.horizon,
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
