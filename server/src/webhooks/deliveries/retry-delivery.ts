import type { Transaction } from "#platform/database/database.ts";

import { liftHold } from "./lift-hold.ts";
import { promoteNext } from "./promote-next.ts";

export interface DeliveryKey {
  readonly providerId: number;
  readonly eventId: string;
  readonly endpointId: number;
}

// A delivery that is still due: at once. One that waits in its order leaves it, as one that is skipped does: it waits for
// nobody any more, and nobody for it. The owner of its lane knows what is in flight and does not send it beside itself.
const hurry = `
  update due set due_at = clock_timestamp(), ordering_key = case when due_at = 'infinity' then null else ordering_key end
  where event_id = $2 and endpoint_id = $3 and provider_id = $1
  returning event_id`;

// One that has ended: due again, with a new round of retries. It keeps its id and its bytes; what had been delivered
// says with its replay count that it is a repeat by intent. Its failure is dealt with, so it leaves the list. Its turn in an
// order has passed: it waits for nobody, and nobody for it. The failure goes first, as it does where many are retried: who
// inserted first would wait for one who has deleted it, and who in turn waits to insert.
const revive = `
  with ended as (
    select ended.*, event.sequence
    from deliveries ended
    join events event on event.provider_id = ended.provider_id and event.id = ended.event_id
    where ended.provider_id = $1 and ended.event_id = $2 and ended.endpoint_id = $3
      and exists (select from endpoints where endpoints.id = ended.endpoint_id and endpoints.deleted_at is null)
  ), dealt_with as (
    delete from failures using ended
    where failures.provider_id = ended.provider_id and failures.endpoint_id = ended.endpoint_id
      and failures.event_id = ended.event_id
    returning failures.event_id
  )
  insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, replay, sequence)
  select provider_id, event_id, endpoint_id, format, attempts_made, attempts_made,
    replay + (state = 'delivered')::int, sequence
  from ended
  where (select count(*) from dealt_with) >= 0
  on conflict (event_id, endpoint_id) do update set due_at = clock_timestamp()
  returning event_id`;

/** Makes a delivery due now, whatever its state, also if its receiver asked to be left alone. False when there is none, or its endpoint is gone. */
export async function retryDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> {
  const key = [providerId, eventId, endpointId];
  const hurried = await tx.query(hurry, key);
  const isDue = hurried.length > 0 || (await tx.query(revive, key)).length > 0;
  if (isDue) {
    await liftHold(tx, [endpointId]);
    tx.hintAfterCommit("due", String(endpointId));
    tx.hintAfterCommit("history", "");
  }
  return isDue;
}

const cancel = `
  with gone as (
    delete from due where event_id = $2 and endpoint_id = $3 and provider_id = $1
    returning *
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
    select provider_id, event_id, endpoint_id, 'cancelled', attempts_made, replay, format from gone
    on conflict (provider_id, event_id, endpoint_id) do update
      set state = excluded.state, attempts_made = excluded.attempts_made, replay = excluded.replay, ended_at = clock_timestamp()
  )
  select endpoint_id, ordering_key from gone`;

/**
 * Gives a pending delivery up, and lets the next of its order go. An attempt in flight may still arrive; its outcome is
 * not recorded. False when nothing is pending.
 */
export async function cancelDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
): Promise<boolean> {
  const [gone] = await tx.query<{ endpointId: number; orderingKey: string | null }>(cancel, [
    providerId,
    eventId,
    endpointId,
  ]);
  if (!gone) return false;
  const { orderingKey } = gone;
  if (orderingKey !== null) {
    await promoteNext(tx, [{ endpointId, orderingKey }]);
    tx.hintAfterCommit("due", String(endpointId));
  }
  tx.hintAfterCommit("history", "");
  return true;
}

// What the receiver was never sent, because a gate stopped it or the endpoint came later: "Send it now".
const sendNow = `
  insert into due (provider_id, event_id, endpoint_id, format, sequence)
  select event.provider_id, event.id, $3, $4, event.sequence
  from events event
  where event.provider_id = $1 and event.id = $2
    and exists (select from endpoints where endpoints.provider_id = $1 and endpoints.id = $3 and endpoints.deleted_at is null)
    and not exists (select from deliveries ended
      where ended.provider_id = $1 and ended.event_id = $2 and ended.endpoint_id = $3)
  on conflict (event_id, endpoint_id) do nothing
  returning event_id`;

/** Makes the delivery that an event did not have. Its payload in this format must exist. False when there is one already. */
export async function insertDelivery(
  tx: Transaction,
  { providerId, eventId, endpointId }: DeliveryKey,
  format: string,
): Promise<boolean> {
  const made = await tx.query(sendNow, [providerId, eventId, endpointId, format]);
  if (made.length > 0) tx.hintAfterCommit("due", String(endpointId));
  return made.length > 0;
}
