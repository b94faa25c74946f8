import type { Transaction } from "#platform/database/database.ts";

import type { BodyFormat } from "./body-format.ts";

/** A delivery that is to be made, or made again. Its bytes in this format are stored. */
export interface DeliveryToRevive {
  readonly eventId: string;
  readonly format: BodyFormat;
  readonly orderingKey: string | null;
  readonly sequence: number;
  /** So far; none if there was no delivery. */
  readonly attemptsMade: number;
  /** How often it is then sent again by hand. */
  readonly replay: number;
}

// Due again, and off the list of failures, in one statement: never in both places, nor in none. What is due already stays as
// it is. In their order they come by sequence, before what is pending of the same key but for what is in flight: the first
// row of each key is locked and those behind it wait, as plan-deliveries.ts explains. The failures go first, as they do where
// many are retried: who inserted first would wait for one who has deleted them, and who in turn waits to insert.
const statement = `
  with revived as (
    select * from unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::smallint[], $8::smallint[])
      as revived (event_id, format, ordering_key, sequence, attempts_made, replay)
  ), dealt_with as (
    delete from failures using revived
    where failures.provider_id = $1 and failures.endpoint_id = $2 and failures.event_id = revived.event_id
    returning failures.event_id
  ), ahead as (
    select key.ordering_key
    from (select distinct ordering_key from revived where ordering_key is not null order by ordering_key) key
    cross join lateral (
      select from due
      where due.endpoint_id = $2 and due.ordering_key = key.ordering_key
      order by due.sequence
      limit 1
      for update
    ) first
  )
  insert into due (provider_id, endpoint_id, event_id, format, ordering_key, sequence, attempts_made, round_start, replay, due_at)
  select $1, $2, event_id, format, ordering_key, sequence, attempts_made, attempts_made, replay,
    case when ordering_key is not null and (
      row_number() over (partition by ordering_key order by sequence) > 1
      or exists (select from ahead where ahead.ordering_key = revived.ordering_key)
    ) then 'infinity' else clock_timestamp() end
  from revived
  where (select count(*) from dealt_with) >= 0
  on conflict (event_id, endpoint_id) do nothing`;

/** Makes deliveries of one endpoint due: those that ended, with a new round of retries, and those that there never were. */
export async function reviveDeliveries(
  tx: Transaction,
  { providerId, endpointId }: { readonly providerId: number; readonly endpointId: number },
  deliveries: readonly DeliveryToRevive[],
): Promise<void> {
  if (deliveries.length === 0) return;
  await tx.query(statement, [
    providerId,
    endpointId,
    deliveries.map((delivery) => delivery.eventId),
    deliveries.map((delivery) => delivery.format),
    deliveries.map((delivery) => delivery.orderingKey),
    deliveries.map((delivery) => delivery.sequence),
    deliveries.map((delivery) => delivery.attemptsMade),
    deliveries.map((delivery) => delivery.replay),
  ]);
  tx.hintAfterCommit("due", String(endpointId));
  tx.hintAfterCommit("history", "");
}
