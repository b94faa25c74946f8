import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { firstUuid, lastUuid, parseRowId, uuidV7Floor } from "#platform/ids.ts";
import { type RecordedTrace, decodeTrace } from "./attempt-trace.ts";
import type { BodyFormat, EventContext } from "./payload.ts";
import type { DeliveryKey } from "./transitions.ts";

export type DeliveryState = "pending" | "delivered" | "failed" | "cancelled";

/** One event for one endpoint. */
export interface Delivery {
  readonly eventId: string;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly eventType: string;
  readonly objectId: number;
  readonly accountId: number;
  readonly accountName: string;
  readonly state: DeliveryState;
  readonly attemptsMade: number;
  readonly replay: number;
  readonly occurredAt: Date;
  /** Null when the delivery has ended, or waits for another one of its ordering key. */
  readonly nextAttemptAt: Date | null;
  /** Null while the delivery is pending. */
  readonly endedAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly lastLatencyMs: number | null;
}

/** Returns the public id: the event's, which the receiver sees as `webhook-id`, and the endpoint's. */
export const deliveryId = ({ eventId, endpointId }: Pick<Delivery, "eventId" | "endpointId">): string =>
  `${eventId}.${endpointId}`;

/** Returns undefined for a text that is not a delivery's public id. */
export function parseDeliveryId(id: string): { eventId: string; endpointId: number } | undefined {
  const parts = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d+)$/.exec(id);
  const [eventId, endpointId] = [parts?.[1], parseRowId(parts?.[2] ?? "")];
  return eventId !== undefined && endpointId !== undefined ? { eventId, endpointId } : undefined;
}

/**
 * All attempts, for a `from` clause: rows of `attempts`, and successful first attempts without an ordering key, which
 * are columns of their delivery's row. Conditions apply to both parts.
 */
export const everyAttempt = `(
    select provider_id, event_id, endpoint_id, number, at, status, error, error_class, latency_ms, response_headers, response_body,
      settings_id, trace, recorded_in
    from attempts
    union all
    select provider_id, event_id, endpoint_id, 1, first_at, first_status, null, null, first_latency_ms, first_headers, first_body,
      first_settings_id, first_trace, recorded_in
    from deliveries
    where first_at is not null
  )`;

interface DeliveriesToList {
  readonly providerId: number;
  readonly endpointId?: number | undefined;
  readonly eventIds?: readonly string[] | undefined;
  readonly since?: Date | undefined;
  /** The last delivery of the previous page. */
  readonly after?: { readonly eventId: string; readonly endpointId: number } | undefined;
  readonly limit: number;
}

// Newest event first. Walks the provider's events by primary key and reads each one's deliveries, pending and ended,
// by primary key. A pending row hides the end of an earlier round. Stops at the limit; a rare filter walks further,
// down to `since`. $4 and $5 repeat the bounds of the filter, so that only days between them are planned.
const listStatement = `
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
    where ended.provider_id = event.provider_id and ended.event_id = event.id and ended.event_id between $4 and $5
      and not exists (select from due where due.event_id = ended.event_id and due.endpoint_id = ended.endpoint_id)
  ) delivery
  join endpoints endpoint on endpoint.provider_id = event.provider_id and endpoint.id = delivery.endpoint_id
  left join lateral (
    select * from ${everyAttempt} attempt
    where attempt.provider_id = event.provider_id and attempt.event_id = event.id and attempt.event_id between $4 and $5
      and attempt.endpoint_id = delivery.endpoint_id
    order by attempt.number desc limit 1
  ) attempt on true
  where event.provider_id = $1
    and ($2::bigint is null or delivery.endpoint_id = $2)
    and ($3::uuid[] is null or event.id = any($3))
    and event.id between $4::uuid and $5::uuid
    and ($6::uuid is null or event.id < $6 or delivery.endpoint_id < $7)
  order by event.id desc, delivery.endpoint_id desc
  limit $8
  ${plannedEachTime}`;

/** Returns the smallest and the largest id that a filter may match. */
function boundsOf({ since, eventIds, after }: DeliveriesToList): readonly [string, string] {
  const ids = eventIds?.toSorted() ?? [];
  const lowest = [since ? uuidV7Floor(since.getTime()) : firstUuid, ids[0] ?? firstUuid].toSorted();
  const highest = [after?.eventId ?? lastUuid, ids.at(-1) ?? lastUuid].toSorted();
  return [lowest[1] ?? firstUuid, highest[0] ?? lastUuid];
}

export async function listDeliveries(db: Database, filter: DeliveriesToList): Promise<Delivery[]> {
  return db.query<Delivery>(listStatement, [
    filter.providerId,
    filter.endpointId,
    filter.eventIds,
    ...boundsOf(filter),
    filter.after?.eventId,
    filter.after?.endpointId,
    filter.limit,
  ]);
}

/** The position of a pending delivery within its ordering key. */
interface PlaceInOrder {
  /** The event of the first delivery of the key, if this one waits for it. */
  readonly waitsForEventId: string | null;
  /** The number of deliveries that wait for this one, at most 1,000. */
  readonly holdsUp: number;
}

// Reads due_order_idx from both ends of the key. Only the first delivery of a key blocks others.
const placeStatement = `
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

/** Returns zeros for a delivery that has ended, was retried or skipped, or has no ordering key. */
async function readPlaceInOrder(db: Database, { providerId, eventId, endpointId }: DeliveryKey): Promise<PlaceInOrder> {
  const [place] = await db.query<PlaceInOrder>(placeStatement, [providerId, eventId, endpointId]);
  return place ?? { waitsForEventId: null, holdsUp: 0 };
}

export interface Attempt {
  readonly number: number;
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Buffer | null;
  /** The record of the settings that the request was made with. Null for attempts of older versions. */
  readonly settingsId: number | null;
  /** Undefined for attempts of older versions. */
  readonly trace: RecordedTrace | undefined;
}

export interface DeliveryDetails extends Delivery, PlaceInOrder {
  readonly attempts: readonly Attempt[];
  /** The bytes of every attempt, sent or to be sent. */
  readonly body: Buffer | null;
  readonly format: BodyFormat | null;
  /** The facts about the event that headers state. Null once the payload has expired. */
  readonly context: EventContext | null;
}

const attemptsStatement = `
  select number, at, status, error, latency_ms, response_headers, response_body, settings_id, trace
  from ${everyAttempt} attempt
  where provider_id = $1 and event_id = $2 and endpoint_id = $3
  order by number
  ${plannedEachTime}`;

const payloadStatement = `
  select payload.body, payload.format, payload.context
  from payloads payload
  where payload.provider_id = $1 and payload.event_id = $2 and payload.format = coalesce(
    (select due.format from due where due.event_id = $2 and due.endpoint_id = $3),
    (select ended.format from deliveries ended where ended.provider_id = $1 and ended.event_id = $2 and ended.endpoint_id = $3))
  ${plannedEachTime}`;

type StoredAttempt = Omit<Attempt, "trace"> & { readonly trace: Buffer | null };

export async function readDelivery(db: Database, key: DeliveryKey): Promise<DeliveryDetails | undefined> {
  const [delivery] = await listDeliveries(db, { ...key, eventIds: [key.eventId], limit: 1 });
  if (!delivery) return undefined;
  const values = [key.providerId, key.eventId, key.endpointId];
  const [sent] = await db.query<Pick<DeliveryDetails, "body" | "format" | "context">>(payloadStatement, values);
  const attempts = await db.query<StoredAttempt>(attemptsStatement, values);
  return {
    ...delivery,
    ...(await readPlaceInOrder(db, key)),
    attempts: attempts.map(({ trace, ...attempt }) => ({ ...attempt, trace: trace ? decodeTrace(trace) : undefined })),
    body: sent?.body ?? null,
    format: sent?.format ?? null,
    context: sent?.context ?? null,
  };
}

/** An attempt with the transaction that recorded it. */
export interface FollowedAttempt extends Pick<Attempt, "number" | "at" | "status" | "error" | "latencyMs"> {
  readonly recordedIn: number;
  readonly eventId: string;
  readonly endpointId: number;
}

// In the order of transactions. attempts_feed_idx and deliveries_feed_idx (BRIN) lead to the blocks of these transactions in each
// day, whatever their number. All attempts of these transactions are read for those of one provider.
const followStatement = `
  select recorded_in, event_id, endpoint_id, number, at, status, error, latency_ms
  from ${everyAttempt} attempt
  where provider_id = $1 and recorded_in >= $2 and recorded_in < $3
  order by recorded_in, event_id, endpoint_id, number
  limit $4`;

export interface FollowedTransactions {
  readonly providerId: number;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. Transactions that began earlier may commit later, so all before this one must have ended. */
  readonly before: number;
  readonly limit: number;
}

/** Returns attempts in the order of the transactions that recorded them. */
export const followAttempts = (
  db: Database,
  { providerId, from, before, limit }: FollowedTransactions,
): Promise<FollowedAttempt[]> => db.query(followStatement, [providerId, from, before, limit]);
