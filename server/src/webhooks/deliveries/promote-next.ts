import type { Transaction } from "#platform/database/database.ts";

/** An ordered key in which a delivery has ended. */
export interface EndedKey {
  readonly endpointId: number;
  readonly orderingKey: string;
}

// The row that is now the first of its key becomes due. A statement of its own, after the one that ended the row before it,
// and in the same transaction: only so does it see a row that was recorded while that one waited for the lock.
const statement = `
  update due set due_at = clock_timestamp()
  from (select distinct * from unnest($1::bigint[], $2::text[]) as ended (endpoint_id, ordering_key)) ended
  where due.endpoint_id = ended.endpoint_id and due.ordering_key = ended.ordering_key and due.due_at = 'infinity'
    and not exists (select from due ahead where ahead.endpoint_id = due.endpoint_id
      and ahead.ordering_key = due.ordering_key and ahead.sequence < due.sequence)`;

/** Lets the next delivery of each key go. */
export async function promoteNext(tx: Transaction, ended: readonly EndedKey[]): Promise<void> {
  if (ended.length === 0) return;
  await tx.query(statement, [ended.map((key) => key.endpointId), ended.map((key) => key.orderingKey)]);
}
