import type { Database } from "#platform/database/database.ts";

/** Where a pending delivery stands among those of its order. */
export interface PlaceInOrder {
  /** The event of the one that goes first, while this one waits for it. */
  readonly waitsForEventId: string | null;
  /** How many wait for this one, counted up to a thousand. */
  readonly holdsUp: number;
}

// Along due_order_idx, from both ends of the order. Only the first of an order holds others up.
const statement = `
  select first.event_id as "waitsForEventId",
    case when first.event_id is null then (select count(*) from (
      select from due behind
      where behind.endpoint_id = due.endpoint_id and behind.ordering_key = due.ordering_key and behind.sequence > due.sequence
      limit 1000) behind)
    else 0 end as "holdsUp"
  from due
  left join lateral (
    select ahead.event_id from due ahead
    where ahead.endpoint_id = due.endpoint_id and ahead.ordering_key = due.ordering_key and ahead.sequence < due.sequence
    order by ahead.sequence
    limit 1
  ) first on true
  where due.provider_id = $1 and due.event_id = $2 and due.endpoint_id = $3 and due.ordering_key is not null`;

/** Nobody waits for what has ended, was retried or skipped, or goes without an order. */
export async function readPlaceInOrder(
  db: Database,
  { providerId, eventId, endpointId }: { providerId: number; eventId: string; endpointId: number },
): Promise<PlaceInOrder> {
  const [place] = await db.query<PlaceInOrder>(statement, [providerId, eventId, endpointId]);
  return place ?? { waitsForEventId: null, holdsUp: 0 };
}
