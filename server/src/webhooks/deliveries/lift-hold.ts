import type { Transaction } from "#platform/database/database.ts";

// Locked in the order in which engines lock the lanes that they give back.
const statement = `
  with held as (
    select endpoint_id from lanes where endpoint_id = any($1) order by endpoint_id for update
  )
  update lanes set not_before = null, lifts = lifts + 1 from held where lanes.endpoint_id = held.endpoint_id`;

/**
 * Ends the peace that receivers asked for, or got because they do not answer: somebody wants to send to them now. The owner
 * of a lane hears of it when it gives the lane back, which it does as soon as nothing is in flight there.
 */
export async function liftHold(tx: Transaction, endpointIds: readonly number[]): Promise<void> {
  if (endpointIds.length > 0) await tx.query(statement, [endpointIds]);
}
