import type { Database } from "#platform/database/database.ts";

import type { Delivery, DeliveryState } from "./delivery.ts";
import { everyAttempt } from "./every-attempt.ts";

export interface DeliveryFilter {
  readonly providerId: number;
  readonly endpointId?: number | undefined;
  readonly state?: DeliveryState | undefined;
  readonly eventType?: string | undefined;
  readonly eventIds?: readonly string[] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** The last one of the page before. */
  readonly after?: { readonly eventId: string; readonly endpointId: number } | undefined;
  readonly limit: number;
}

// Newest event first. Walks the provider's events down their primary key and looks up each one's deliveries, live and
// ended, by primary key: what is due hides the end of an earlier round. Stops at the limit; a filter that matches
// seldom walks further, down to `since`.
const statement = `
  select event.id as "eventId", delivery.endpoint_id, endpoint.name as "endpointName",
    event.type as "eventType", event.object_id, event.account_id,
    event.account_name, event.occurred_at, delivery.state,
    delivery.attempts_made, delivery.replay, delivery.due_at as "nextAttemptAt", delivery.ended_at,
    attempt.at as "lastAttemptAt", attempt.status as "lastStatus", attempt.error as "lastError",
    attempt.latency_ms as "lastLatencyMs"
  from events event
  cross join lateral (
    select due.endpoint_id, 'pending' as state, due.attempts_made, due.replay, nullif(due.due_at, 'infinity') as due_at,
      null::timestamptz as ended_at
    from due where due.event_id = event.id and due.provider_id = event.provider_id
    union all
    select ended.endpoint_id, ended.state, ended.attempts_made, ended.replay, null, ended.ended_at
    from deliveries ended
    where ended.provider_id = event.provider_id and ended.event_id = event.id
      and not exists (select from due where due.event_id = ended.event_id and due.endpoint_id = ended.endpoint_id)
  ) delivery
  join endpoints endpoint on endpoint.provider_id = event.provider_id and endpoint.id = delivery.endpoint_id
  left join lateral (
    select * from ${everyAttempt} attempt
    where attempt.provider_id = event.provider_id and attempt.event_id = event.id
      and attempt.endpoint_id = delivery.endpoint_id
    order by attempt.number desc limit 1
  ) attempt on true
  where event.provider_id = $1
    and ($2::bigint is null or delivery.endpoint_id = $2)
    and ($3::text is null or delivery.state = $3)
    and ($4::text is null or event.type = $4)
    and ($5::uuid[] is null or event.id = any($5))
    and ($6::timestamptz is null or event.id >= uuid_v7_floor(greatest($6, 'epoch')))
    and ($7::timestamptz is null or event.id < uuid_v7_floor(greatest($7, 'epoch')))
    and ($8::uuid is null or event.id <= $8)
    and ($8::uuid is null or event.id < $8 or delivery.endpoint_id < $9)
  order by event.id desc, delivery.endpoint_id desc
  limit $10`;

export async function listDeliveries(db: Database, filter: DeliveryFilter): Promise<Delivery[]> {
  return db.query<Delivery>(statement, [
    filter.providerId,
    filter.endpointId,
    filter.state,
    filter.eventType,
    filter.eventIds,
    filter.since,
    filter.until,
    filter.after?.eventId,
    filter.after?.endpointId,
    filter.limit,
  ]);
}
