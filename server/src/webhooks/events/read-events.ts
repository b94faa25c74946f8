import type { Actor, Channel } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import type { Node } from "#platform/document.ts";
import type { EventType } from "./catalogue.ts";
import type { EventKey } from "./render-event.ts";
import type { Gate } from "./subscriptions.ts";

/** What happened, without the object: what lists show. */
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
}

export interface EventFilter {
  readonly providerId: number;
  readonly type?: string | undefined;
  readonly objectId?: number | undefined;
  readonly accountId?: number | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly limit: number;
}

/** The columns of an `EventSummary`, of `events event`. */
export const summaryColumns = `event.id, event.type, event.object_id, event.account_id,
  event.account_name, event.sequence, event.actor_kind,
  event.actor_user_id, event.channel, event.occurred_at, event.previous`;

// Nothing happened before 1970, which is as far as the times in ids go back.
const matches = `event.provider_id = $1
    and ($2::text is null or event.type = $2)
    and ($3::bigint is null or event.object_id = $3)
    and ($4::bigint is null or event.account_id = $4)
    and ($5::timestamptz is null or event.id >= uuid_v7_floor(greatest($5, 'epoch')))
    and ($6::timestamptz is null or event.id < uuid_v7_floor(greatest($6, 'epoch')))`;

const filterValues = (filter: EventFilter): unknown[] => [
  filter.providerId,
  filter.type,
  filter.objectId,
  filter.accountId,
  filter.since,
  filter.until,
];

// Newest first, down the primary key.
const newestFirst = `
  select ${summaryColumns}
  from events event
  where ${matches} and ($7::uuid is null or event.id < $7)
  order by event.id desc
  limit $8`;

/** Events, newest first: for people, who look at the top. `after` is the last id of the page before. */
export async function listEvents(
  db: Database,
  filter: EventFilter & { readonly after?: string | undefined },
): Promise<EventSummary[]> {
  return db.query<EventSummary>(newestFirst, [...filterValues(filter), filter.after, filter.limit]);
}

/** A place in the feed: the transaction that recorded an event, and the event. */
export interface FeedCursor {
  readonly recordedIn: number;
  readonly id: string;
}

export const startOfFeed: FeedCursor = { recordedIn: 0, id: "00000000-0000-0000-0000-000000000000" };

// Oldest first, in the order of transactions along events_feed_idx, and only below the oldest transaction still running:
// one that began earlier and commits later is not passed by, however late it is.
const oldestFirst = `
  select ${summaryColumns}, event.recorded_in
  from events event
  where ${matches}
    and (event.recorded_in, event.id) > ($7, $8)
    and event.recorded_in < transactions_horizon()
  order by event.recorded_in, event.id
  limit $9`;

/** Events in the order in which they are sure to be complete: for programs, which follow from where they were. */
export async function followEvents(
  db: Database,
  filter: EventFilter & { readonly after?: FeedCursor | undefined },
): Promise<(EventSummary & FeedCursor)[]> {
  const after = filter.after ?? startOfFeed;
  return db.query(oldestFirst, [...filterValues(filter), after.recordedIn, after.id, filter.limit]);
}

/** Whether an endpoint was sent the event, or which gate stopped it there. */
export interface Verdict {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly sent: boolean;
  /** Null when it was sent, or when the endpoint came later. */
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
  where event.provider_id = $1 and event.id = $2`;

// Every endpoint of the provider, also those that came later or are gone but were sent it.
const verdictsStatement = `
  select endpoint.id as "endpointId", endpoint.name as "endpointName",
    delivery.endpoint_id is not null as sent, event.withheld ->> endpoint.id::text as gate
  from events event
  join endpoints endpoint on endpoint.provider_id = event.provider_id
  left join lateral (
    select due.endpoint_id from due where due.event_id = event.id and due.endpoint_id = endpoint.id
    union
    select ended.endpoint_id from deliveries ended
    where ended.provider_id = event.provider_id and ended.event_id = event.id and ended.endpoint_id = endpoint.id
  ) delivery on true
  where event.provider_id = $1 and event.id = $2
    and (endpoint.deleted_at is null or delivery.endpoint_id is not null or event.withheld ? endpoint.id::text)
  order by endpoint.id`;

export async function readEvent(db: Database, providerId: number, id: string): Promise<EventDetails | undefined> {
  const [found] = await db.query<Omit<EventDetails, "verdicts">>(eventStatement, [providerId, id]);
  if (!found) return undefined;
  return { ...found, verdicts: await db.query<Verdict>(verdictsStatement, [providerId, id]) };
}
