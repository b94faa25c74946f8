import type { Transaction } from "#platform/database/database.ts";
import type { BodyFormat } from "./payload.ts";

/** The deliveries of one endpoint that are sent one at a time, in sequence: none, those about one object, or those of one account. */
export type Ordering = "none" | "object" | "account";

/** What keeps its order at an endpoint: all that concerns an account, or an object alone. */
export function orderingKeyOf(
  ordering: Ordering,
  event: { readonly type: string; readonly accountId: number; readonly objectId: number },
): string | null {
  switch (ordering) {
    case "none":
      return null;
    case "account":
      return `account/${event.accountId}`;
    case "object":
      return `${event.type.split(".", 1)[0]}/${event.objectId}`;
  }
}

export interface PlannedDelivery {
  readonly eventId: string;
  readonly endpointId: number;
  readonly format: BodyFormat;
  /** `account/31`: deliveries of one endpoint with the same key go one after another. Null: in no order. */
  readonly orderingKey: string | null;
  /** The event's, in its account. */
  readonly sequence: number;
}

const dueColumns = `provider_id, event_id, endpoint_id, format, ordering_key, sequence, due_at`;

// One row for each endpoint that is to hear of an event, in the transaction that records the event. `due_at` is the clock at
// each row, not the start of the transaction: a reader's cursor rests on it (see read-due-deliveries.ts). Unnested in the
// select list, see insert-events.ts.
const plannedColumns = `unnest($2::uuid[]) as event_id, unnest($3::bigint[]) as endpoint_id, unnest($4::text[]) as format,
      unnest($5::text[]) as ordering_key, unnest($6::bigint[]) as sequence`;

// In no order, as by default to 3scale's webhook: nothing that exists is read or locked, so recordings for one endpoint never
// wait for each other. Half of what the statement below costs. Nearly always it is one, and so it has no arrays.
const oneUnorderedStatement = `
  insert into due (${dueColumns})
  values ($1, $2, $3, $4, $5, $6, clock_timestamp())`;

const unorderedStatement = `
  insert into due (${dueColumns})
  select $1, planned.*, clock_timestamp()
  from (select ${plannedColumns}) as planned`;

// With an order, the first row of each key is locked through due_order_idx: if there is one, the new row waits behind it.
// Whoever ends that row needs the same lock and looks for the next row afterwards, so it finds this one, or this
// statement finds the row gone. Locks are taken in the order (endpoint_id, ordering_key), as settling takes them.
const orderedStatement = `
  with planned as (
    select ${plannedColumns}
  ), ahead as (
    select key.endpoint_id, key.ordering_key
    from (
      select distinct endpoint_id, ordering_key from planned where ordering_key is not null order by endpoint_id, ordering_key
    ) key
    cross join lateral (
      select from due
      where due.endpoint_id = key.endpoint_id and due.ordering_key = key.ordering_key
      order by due.sequence
      limit 1
      for update
    ) first
  )
  insert into due (${dueColumns})
  select $1, planned.*, case when ordering_key is not null and (
      row_number() over (partition by endpoint_id, ordering_key order by sequence) > 1
      or exists (select from ahead where ahead.endpoint_id = planned.endpoint_id and ahead.ordering_key = planned.ordering_key)
    ) then 'infinity' else clock_timestamp() end
  from planned`;

/** Makes the deliveries of events that this transaction records. */
export function planDeliveries(tx: Transaction, providerId: number, planned: readonly PlannedDelivery[]): void {
  if (planned.length === 0) return;
  const isUnordered = planned.every((delivery) => delivery.orderingKey === null);
  const columns = [
    planned.map((delivery) => delivery.eventId),
    planned.map((delivery) => delivery.endpointId),
    planned.map((delivery) => delivery.format),
    planned.map((delivery) => delivery.orderingKey),
    planned.map((delivery) => delivery.sequence),
  ];
  if (isUnordered && planned.length === 1) tx.send(oneUnorderedStatement, [providerId, ...columns.flat()]);
  else tx.send(isUnordered ? unorderedStatement : orderedStatement, [providerId, ...columns]);
  for (const endpointId of new Set(planned.map((delivery) => delivery.endpointId))) {
    tx.hintAfterCommit("due", String(endpointId));
  }
}
