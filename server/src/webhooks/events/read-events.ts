import type { Actor, Channel } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import type { Node } from "#platform/document.ts";
import { firstUuid, lastUuid, uuidV7Floor } from "#platform/ids.ts";
import type { EventType } from "./catalogue.ts";
import type { EventKey } from "./render-event.ts";
import type { Gate } from "./record-events.ts";

/** An event without its object, for lists. */
export interface EventSummary {
  readonly id: string;
  readonly type: EventType;
  readonly objectId: number;
  readonly accountId: number;
  readonly accountName: string;
  readonly sequence: number;
  readonly actorKind: Actor["kind"];
  readonly actorUserId: number | null;
  readonly channel: Channel;
  readonly occurredAt: Date;
  readonly previous: Readonly<Record<string, unknown>> | null;
  /** The time at which its personal data was erased on request. */
  readonly erasedAt: Date | null;
}

export interface EventFilter {
  readonly providerId: number;
  readonly types?: readonly EventType[] | undefined;
  readonly objectId?: number | undefined;
  readonly accountIds?: readonly number[] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly limit: number;
}

/** Columns of `events event`. */
export const summaryColumns = `event.id, event.type, event.object_id, event.account_id,
  event.account_name, event.sequence, event.actor_kind,
  event.actor_user_id, event.channel, event.occurred_at, event.previous, event.erased_at`;

// The times are bounds of ids, so that only the days between them are read.
const matches = `event.provider_id = $1
    and ($2::text[] is null or event.type = any($2))
    and ($3::bigint is null or event.object_id = $3)
    and ($4::bigint[] is null or event.account_id = any($4))
    and event.id >= $5 and event.id < $6`;

const filterValues = (filter: EventFilter): unknown[] => [
  filter.providerId,
  filter.types,
  filter.objectId,
  filter.accountIds,
  filter.since ? uuidV7Floor(filter.since.getTime()) : firstUuid,
  filter.until ? uuidV7Floor(filter.until.getTime()) : lastUuid,
];

/** A position in the feed: that of an event. */
export interface FeedCursor {
  readonly recordedIn: number;
  readonly sequence: number;
  readonly id: string;
}

/** The position before all events from a transaction number on. */
export const beforeTransaction = (recordedIn: number): FeedCursor => ({
  recordedIn,
  sequence: 0,
  id: firstUuid,
});

export const startOfFeed: FeedCursor = beforeTransaction(0);

// In the order of transactions along events_feed_idx, below the oldest transaction still running, so that one which
// began earlier and commits later is not skipped. An event has the number of its account's last one if that is larger than
// its own transaction's, so those of an account come in their order. A caller that knows of a later transaction below which all have
// ended says so: the statement's own result may be lower, by a transaction of another database that ends while it is compared.
const oldestFirst = `
  select ${summaryColumns}, event.recorded_in
  from events event
  where ${matches}
    and (event.recorded_in, event.sequence, event.id) > ($7, $8, $9)
    and event.recorded_in < coalesce($11, transactions_horizon())
  order by event.recorded_in, event.sequence, event.id
  limit $10`;

interface FeedFilter extends EventFilter {
  readonly after?: FeedCursor | undefined;
  /** Number of a transaction below which every one has ended. Default: the oldest that is running. */
  readonly before?: number;
}

/**
 * Lists events in an order that is complete: no earlier one appears later, and those of an account come by their sequence numbers.
 * Programs continue from their last cursor.
 */
export async function followEvents(db: Database, filter: FeedFilter): Promise<(EventSummary & FeedCursor)[]> {
  const { after = startOfFeed, since, until, limit, before } = filter;
  const statement = since || until ? `${oldestFirst} ${plannedEachTime}` : oldestFirst;
  return db.query(statement, [...filterValues(filter), after.recordedIn, after.sequence, after.id, limit, before]);
}

/** The delivery of an event to an endpoint, or the gate that stopped it. */
export interface Verdict {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly sent: boolean;
  /** Null if there is a delivery, or if the endpoint is newer than the event. */
  readonly gate: Gate | null;
}

export interface EventDetails extends EventSummary {
  readonly document: Node;
  readonly key: EventKey | null;
  readonly rendererVersion: number;
  readonly verdicts: readonly Verdict[];
}

const eventStatement = `
  select ${summaryColumns}, event.document, event.key, event.renderer_version
  from events event
  where event.provider_id = $1 and event.id = $2
  ${plannedEachTime}`;

// All endpoints of the provider that exist, have a delivery, or stopped the event. Each is looked up by its key: a join would read all
// that were ever deleted, 20,000 of them in 0.1 s.
const verdictsStatement = `
  select endpoint.id as "endpointId", endpoint.name as "endpointName",
    delivery.endpoint_id is not null as sent, event.withheld ->> endpoint.id::text as gate
  from events event
  cross join lateral (
    select id from endpoints where endpoints.provider_id = $1 and endpoints.deleted_at is null
    union
    select due.endpoint_id from due where due.event_id = $2
    union
    select ended.endpoint_id from deliveries ended where ended.provider_id = $1 and ended.event_id = $2
    union
    select withheld::bigint from jsonb_object_keys(event.withheld) withheld
  ) concerned
  cross join lateral (
    select id, name from endpoints where endpoints.provider_id = $1 and endpoints.id = concerned.id limit 1
  ) endpoint
  left join lateral (
    select due.endpoint_id from due where due.event_id = $2 and due.endpoint_id = endpoint.id
    union
    select ended.endpoint_id from deliveries ended
    where ended.provider_id = $1 and ended.event_id = $2 and ended.endpoint_id = endpoint.id
  ) delivery on true
  where event.provider_id = $1 and event.id = $2
  order by endpoint.id
  ${plannedEachTime}`;

export async function readEvent(db: Database, providerId: number, id: string): Promise<EventDetails | undefined> {
  const [event] = await db.query<Omit<EventDetails, "verdicts">>(eventStatement, [providerId, id]);
  if (!event) return undefined;
  return { ...event, verdicts: await db.query<Verdict>(verdictsStatement, [providerId, id]) };
}
