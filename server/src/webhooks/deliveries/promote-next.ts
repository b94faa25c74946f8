import type { Transaction } from "#platform/database/database.ts";

/** An ordered key in which a delivery has ended. */
export interface EndedKey {
  readonly endpointId: number;
  readonly orderingKey: string;
}

// The row that is now the first of its key becomes due. A statement of its own, after the one that ended the row before it,
// and in the same transaction: only so does it see a row that was recorded while that one waited for the lock. The first
// as this statement's snapshot has it may be leaving its order by somebody's hand just then: then it is not the next when
// its lock is free, and what is next was not seen.
const statement = `
  with next as materialized (
    select due.event_id, due.endpoint_id
    from (select distinct * from unnest($1::bigint[], $2::text[]) as ended (endpoint_id, ordering_key)) ended
    join due on due.endpoint_id = ended.endpoint_id and due.ordering_key = ended.ordering_key and due.due_at = 'infinity'
    where not exists (select from due ahead where ahead.endpoint_id = due.endpoint_id
      and ahead.ordering_key = due.ordering_key and ahead.sequence < due.sequence)
  ), promoted as (
    update due set due_at = clock_timestamp()
    from next
    where due.event_id = next.event_id and due.endpoint_id = next.endpoint_id
      and due.ordering_key is not null and due.due_at = 'infinity'
    returning due.event_id
  )
  select (select count(*) from next) > (select count(*) from promoted) as "someLeft"`;

/** Lets the next delivery of each key go. */
export async function promoteNext(tx: Transaction, ended: readonly EndedKey[]): Promise<void> {
  if (ended.length === 0) return;
  const keys = [ended.map((key) => key.endpointId), ended.map((key) => key.orderingKey)];
  for (;;) {
    const [done] = await tx.query<{ someLeft: boolean }>(statement, keys);
    if (!done?.someLeft) return;
  }
}
