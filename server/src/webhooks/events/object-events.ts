import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import type { Node } from "#platform/document.ts";
import { lastUuid } from "#platform/ids.ts";
import { type EventSummary, summaryColumns } from "./read-events.ts";
import type { EventKey } from "./render-event.ts";
import type { Gate } from "./record-events.ts";

/** An event with its object, and with the object at its event before. */
export interface ObjectEvent extends EventSummary {
  readonly document: Node;
  readonly key: EventKey | null;
  /** Null for the first event, and if retention has deleted the event before. */
  readonly priorId: string | null;
  readonly priorDocument: Node | null;
}

/** Selects the events of an object, or of an account and its parts. */
interface EventSubjects {
  readonly providerId: number;
  /** Id of the object or of the account. */
  readonly id: number;
  /** Kinds of objects, as in event types. Other events are skipped. */
  readonly kinds: readonly string[];
  /** Hides events of applications of other products. Null or undefined: hides none. */
  readonly productIds?: readonly number[] | null | undefined;
}

export interface ObjectEventFilter extends EventSubjects {
  /** True for the events of an account and its parts, false for those of one object. */
  readonly isWholeAccount: boolean;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** The last id of the previous page. */
  readonly after?: string | undefined;
  /** One event only. */
  readonly eventId?: string | undefined;
  readonly limit: number;
  /** False leaves the version before each event unread. */
  readonly withPrior?: boolean;
}

// An application's product, from its stored document.
const isInScope = `($4::bigint[] is null or event.type not like 'application.%' or exists (
      select from json_array_elements(event.document -> 'record') as field
      where field ->> 'name' = 'service_id' and (field ->> 'value')::bigint = any($4)))`;

const isOfSubjects = `event.provider_id = $1 and split_part(event.type, '.', 1) = any($3) and ${isInScope}`;

const page = `
      and ${isOfSubjects}
      and event.id between coalesce($8::uuid, uuid_v7_floor(greatest($5::timestamptz, 'epoch'))) and coalesce($8, '${lastUuid}')
      and event.id < coalesce(least($7::uuid, case when $6::timestamptz is not null then uuid_v7_floor(greatest($6, 'epoch')) end),
        '${lastUuid}')
    order by event.id desc
    limit $9`;

// The version before is one look-up in events_object_idx per event of the page.
const eventColumns = `${summaryColumns}, event.document, event.key, prior.id as "priorId", prior.document as "priorDocument"`;
const withPrior = `
  left join lateral (
    select earlier.id, earlier.document
    from events earlier
    where $10 and earlier.provider_id = event.provider_id and earlier.object_id = event.object_id and earlier.id < event.id
    order by earlier.id desc
    limit 1
  ) prior on true
  order by event.id desc`;

// Along events_object_idx, from the page before. @indexed
const pageOfObject = `
  select ${eventColumns}
  from (select * from events event where event.object_id = $2 ${page}) event ${withPrior}`;

// Along events_account_idx, from the page before. @indexed
const pageOfAccount = `
  select ${eventColumns}
  from (select * from events event where event.account_id = $2 ${page}) event ${withPrior}`;

/** Lists the events of an object, newest first, each with the version of its object before it, if there is one. */
export const listObjectEvents = (db: Database, filter: ObjectEventFilter): Promise<ObjectEvent[]> =>
  db.query<ObjectEvent>(filter.isWholeAccount ? pageOfAccount : pageOfObject, [
    filter.providerId,
    filter.id,
    filter.kinds,
    filter.productIds,
    filter.since,
    filter.until,
    filter.after,
    filter.eventId,
    filter.limit,
    filter.withPrior ?? true,
  ]);

// Along events_object_idx, a probe of each day until the page is full. @indexed
const newestOfObject = `
  select ${summaryColumns}
  from events event
  where event.provider_id = $1 and event.object_id = $2
  order by event.id desc
  limit $3`;

/** Lists the newest events of the objects of any kind that have an id. */
export const listNewestEvents = (
  db: Database,
  { providerId, objectId, limit }: { readonly providerId: number; readonly objectId: number; readonly limit: number },
): Promise<EventSummary[]> => db.query<EventSummary>(newestOfObject, [providerId, objectId, limit]);

// Along events_object_idx.
const firstEvent = `
  select ${summaryColumns}
  from events event
  where ${isOfSubjects} and event.object_id = $2
  order by event.id
  limit 1`;

/** Returns the oldest event of an object that retention has kept. */
export async function readFirstEvent(
  db: Database,
  { providerId, id, kinds, productIds }: EventSubjects,
): Promise<EventSummary | undefined> {
  const [event] = await db.query<EventSummary>(firstEvent, [providerId, id, kinds, productIds]);
  return event;
}

/** A time span in the events of an account: after one event, and before another one or up to the present. */
export interface AccountSpan {
  readonly accountId: number;
  readonly afterId: string;
  readonly beforeId: string;
}

/** The last version of a user in a span. */
export interface UserVersion {
  readonly beforeId: string;
  readonly type: string;
  readonly objectId: number;
  readonly document: Node;
}

// Along events_account_idx, one walk per span. $5 and $6 are the bounds of all spans.
const usersInSpans = `
  select distinct on (span.before_id, change.object_id)
    span.before_id as "beforeId", change.type, change.object_id as "objectId", change.document
  from unnest($2::bigint[], $3::uuid[], $4::uuid[]) as span (account_id, after_id, before_id)
  join events change on change.provider_id = $1 and change.account_id = span.account_id
    and change.id > span.after_id and change.id < span.before_id and change.id between $5 and $6
  where change.type like 'user.%'
  order by span.before_id, change.object_id, change.id desc
  ${plannedEachTime}`;

/** Returns the users that changed in each span, as they were at its end. */
export async function readUsersInSpans(
  db: Database,
  providerId: number,
  spans: readonly AccountSpan[],
): Promise<readonly UserVersion[]> {
  if (spans.length === 0) return [];
  const column = <T>(of: (span: AccountSpan) => T): readonly T[] => spans.map(of);
  return db.query<UserVersion>(usersInSpans, [
    providerId,
    column(({ accountId }) => accountId),
    column(({ afterId }) => afterId),
    column(({ beforeId }) => beforeId),
    column(({ afterId }) => afterId).toSorted()[0],
    column(({ beforeId }) => beforeId)
      .toSorted()
      .at(-1),
  ]);
}

/** An endpoint's part in an event: the state of its delivery, or the gate that stopped the event. */
export interface Notification {
  readonly eventId: string;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly state: "pending" | "delivered" | "failed" | "cancelled" | "withheld";
  readonly gate: Gate | null;
  /** The endpoints of the event, those beyond the limit included. */
  readonly total: number;
}

// Each part reads one event's rows by primary key, or by due's, and names all events, so that only their days are planned. A pending
// row hides the end of an earlier round.
const notificationsStatement = `
  select event.id as "eventId", verdict.endpoint_id, endpoint.name as "endpointName", verdict.state, verdict.gate,
    verdict.total::integer
  from events event
  cross join lateral (
    select each.*, count(*) over () as total
    from (
      select due.endpoint_id, 'pending' as state, null as gate
      from due where due.event_id = event.id and due.provider_id = event.provider_id
      union all
      select ended.endpoint_id, ended.state, null
      from deliveries ended
      where ended.provider_id = event.provider_id and ended.event_id = event.id and ended.event_id = any($2)
        and not exists (select from due where due.event_id = ended.event_id and due.endpoint_id = ended.endpoint_id)
      union all
      select withheld.key::bigint, 'withheld', withheld.value
      from jsonb_each_text(event.withheld) as withheld
      where not exists (select from due where due.event_id = event.id and due.endpoint_id = withheld.key::bigint)
        and not exists (
          select from deliveries ended
          where ended.provider_id = event.provider_id and ended.event_id = event.id and ended.event_id = any($2)
            and ended.endpoint_id = withheld.key::bigint)
    ) as each
    order by each.state = 'withheld', each.endpoint_id
    limit $3
  ) as verdict
  join endpoints endpoint on endpoint.provider_id = event.provider_id and endpoint.id = verdict.endpoint_id
  where event.provider_id = $1 and event.id = any($2::uuid[])
  order by event.id, verdict.state = 'withheld', verdict.endpoint_id
  ${plannedEachTime}`;

/** Returns which endpoints were notified of each event, those with a delivery first, at most `limit` per event if there is one. */
export async function readNotifications(
  db: Database,
  { providerId, eventIds, limit }: { providerId: number; eventIds: readonly string[]; limit?: number },
): Promise<readonly Notification[]> {
  if (eventIds.length === 0) return [];
  return db.query<Notification>(notificationsStatement, [providerId, eventIds, limit]);
}
