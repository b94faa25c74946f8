import type { Transaction } from "#platform/database/database.ts";

/** An ordered key in which a delivery has ended. */
export interface EndedKey {
  readonly endpointId: number;
  readonly orderingKey: string;
}

// Makes the first row of each key due. Runs after the statement that ended the row before it, in the same transaction: only a
// newer snapshot sees a row that was recorded while that statement waited for the lock. The first row in this snapshot may
// be leaving its order at this moment (retried, skipped or cancelled): once its lock is free it is no longer the next, and the
// snapshot has not seen which one is, so the caller asks again.
//
// due_order_idx gives each key's first row, one probe per key. Keys are sorted, because all that lock rows of several keys
// do so in that order.
const statement = `
  with next as materialized (
    select first.event_id, first.endpoint_id
    from (
      select distinct endpoint_id, ordering_key from unnest($1::bigint[], $2::text[]) as ended (endpoint_id, ordering_key)
      order by endpoint_id, ordering_key
    ) ended
    cross join lateral (
      select due.event_id, due.endpoint_id, due.due_at
      from due
      where due.endpoint_id = ended.endpoint_id and due.ordering_key = ended.ordering_key
      order by due.sequence
      limit 1
    ) first
    where first.due_at = 'infinity'
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
