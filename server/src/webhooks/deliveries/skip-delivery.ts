import type { Transaction } from "#platform/database/database.ts";

import type { DeliveryKey } from "./retry-delivery.ts";
import { promoteNext } from "./promote-next.ts";

// The delivery leaves its order: it goes on being tried, and nobody waits for it any more.
const statement = `
  with before as (
    select event_id, endpoint_id, ordering_key from due
    where event_id = $2 and endpoint_id = $3 and provider_id = $1 and ordering_key is not null
    for update
  )
  update due set ordering_key = null, due_at = case when due.due_at = 'infinity' then clock_timestamp() else due.due_at end
  from before
  where due.event_id = before.event_id and due.endpoint_id = before.endpoint_id
  returning before.ordering_key`;

/** Lets those that wait for a delivery in their order go. False when nothing waits for it: it has ended, or has no order. */
export async function skipDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> {
  const [skipped] = await tx.query<{ orderingKey: string }>(statement, [providerId, eventId, endpointId]);
  if (!skipped) return false;
  await promoteNext(tx, [{ endpointId, orderingKey: skipped.orderingKey }]);
  tx.hintAfterCommit("due", String(endpointId));
  return true;
}
