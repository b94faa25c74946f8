import type { Actor, Channel } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import type { Node } from "#platform/document.ts";
import { msOfUuidV7, timeOfUuidV7 } from "#platform/ids.ts";
import type { TraceContext } from "#platform/telemetry/tracing.ts";
import {
  type BodyFamily,
  type BodyFormat,
  bodyFormatOf,
  contextOf,
  type Ordering,
  orderingKeyOf,
  planDeliveries,
  type PlannedDelivery,
  type RecordedPayload,
  undoSeconds,
} from "#webhooks/deliveries/index.ts";
import { type EventType, isOperational, isSubscribedTo } from "./catalogue.ts";
import { type EventKey, rendererVersion, renderEvent } from "./render-event.ts";

/** The settings that decide which events an endpoint gets, and in which form. */
export interface Subscription {
  readonly id: number;
  /** The endpoint of 3scale's API. */
  readonly isDefault: boolean;
  readonly active: boolean;
  /** `*` means all types of changes. Operational events are named. */
  readonly eventTypes: readonly string[];
  readonly providerActions: boolean;
  readonly allActors: boolean;
  readonly format: BodyFamily;
  readonly includeCredentials: boolean;
  readonly ordering: Ordering;
  readonly version: number;
  /** The provider's admin URL, the source of its CloudEvents. */
  readonly source: string;
  /** The provider's capability. `denied` stops all events. */
  readonly webHooks: "denied" | "hidden" | "visible";
}

// Locks nothing: a concurrent change of an endpoint applies from the next event on. While the deletion of an endpoint
// can be undone, its events are still recorded and held, so that an undo leaves no gap. Each part has its index: with one
// condition, each change read all endpoints that the provider ever deleted, 20,000 of them in 20 ms. @indexed
const subscriptionsStatement = `
  select endpoint.id, endpoint.name = 'default' as is_default, endpoint.active, endpoint.event_types, endpoint.provider_actions,
    endpoint.all_actors, endpoint.format, endpoint.include_credentials,
    endpoint.ordering, endpoint.version, provider.event_source as source, provider.web_hooks
  from (
    select * from endpoints where provider_id = $1 and deleted_at is null
    union all
    select * from endpoints where provider_id = $1 and deleted_at > statement_timestamp() - make_interval(secs => $2)
  ) endpoint
  join providers provider on provider.id = endpoint.provider_id
  order by endpoint.id`;

/** Returns the subscriptions of the provider's endpoints, oldest first. */
export const readSubscriptions = (tx: Transaction, providerId: number): Promise<readonly Subscription[]> =>
  tx.query<Subscription>(subscriptionsStatement, [providerId, undoSeconds]);

/** The rules that can keep an event from an endpoint, in the order in which an admin would resolve them. */
export type Gate =
  | "web_hooks_denied"
  | "not_active"
  | "switch_off"
  | "own_endpoint"
  | "no_acting_user"
  | "admin_actions_off";

/** Returns the gate that stops the event, or undefined if the endpoint gets it. */
export function decideGate(
  subscription: Subscription,
  event: { readonly type: string; readonly actor: Actor; readonly objectId: number },
): Gate | undefined {
  if (subscription.webHooks === "denied") return "web_hooks_denied";
  if (!subscription.active) return "not_active";
  if (!isSubscribedTo(subscription.eventTypes, event.type)) return "switch_off";
  if (isOperational(event.type)) return operationalGate(subscription, event.objectId);
  switch (event.actor.kind) {
    case "developer":
      return undefined;
    case "admin":
    case "token":
      return subscription.providerActions ? undefined : "admin_actions_off";
    case "key":
    case "system":
      return subscription.allActors ? undefined : "no_acting_user";
  }
}

/** Returns whether an endpoint gets the event. */
export const hasSubscriber = (
  subscriptions: readonly Subscription[],
  event: Parameters<typeof decideGate>[1],
): boolean => subscriptions.some((subscription) => decideGate(subscription, event) === undefined);

/**
 * An endpoint gets no event about itself, which could fail and cause another one. 3scale's webhook gets none at all. No
 * user acts in operational events, so the rules about actors do not apply.
 */
export function operationalGate(
  { id, isDefault }: Pick<Subscription, "id" | "isDefault">,
  endpointId: number,
): "switch_off" | "own_endpoint" | undefined {
  if (isDefault) return "switch_off";
  return id === endpointId ? "own_endpoint" : undefined;
}

/** A change that a use case makes in the same transaction. */
export interface NewEvent {
  /** Undefined: any new one. */
  readonly id?: string | undefined;
  readonly type: EventType;
  /** The id of the changed account, user or application. */
  readonly objectId: number;
  /** The object's account, or the account itself. */
  readonly accountId: number;
  readonly accountName: string;
  /** Gapless per account: taken under a lock that is held until the transaction ends. */
  readonly sequence: number;
  /** The transaction number of the account's last event, or 0: the feed shows this event after that one. */
  readonly recordedAfter: number;
  /** The object at the end of the transaction. */
  readonly document: Node;
  /** For events about a key. 3scale's XML does not contain it. */
  readonly key?: EventKey;
  /** For updates: the changed fields and their previous values. */
  readonly previous?: Readonly<Record<string, unknown>>;
}

/** The actor, channel and time of a change. */
export interface Cause {
  readonly providerId: number;
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
  /** The provider's, if the transaction has read them already, with other rows and without a round trip of their own. */
  readonly subscriptions?: readonly Subscription[];
}

/** A recorded event, for callers that report it. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly sequence: number;
  /** The size of its document, its previous values and all bodies. */
  readonly bytes: number;
  /** The endpoints with a delivery. */
  readonly endpointIds: readonly number[];
}

interface EventRow extends IdentifiedEvent {
  /** The document and the previous values as stored. */
  readonly documentText: string;
  readonly previousText: string | null;
  /** Endpoint ids and the gates that stopped the event there. */
  readonly withheld: Readonly<Record<number, Gate>>;
}

const eventColumns = `provider_id, actor_kind, actor_user_id, channel, renderer_version, id, type, action, object_id, account_id,
      account_name, sequence, document, previous, withheld, key, occurred_at, recorded_in`;

const payloadColumns = `provider_id, event_id, format, body, context`;

// One event with one payload, nearly always the case: as arrays, its values cost PostgreSQL 220 µs instead of 150,
// and its bytes would be sent as hex digits. Appends to today's partitions and locks no existing row.
const insertOne = `
  with recorded as (
    insert into events (${eventColumns})
    values ($1, $2, $3, $4, $5, $6, $7, split_part($7, '.', 2), $8, $9, $10, $11, $12, $13, $14, $15, $16,
      greatest($17, transaction_number()))
  )
  insert into payloads (${payloadColumns}) values ($1, $6, $18, $19, $20)`;

// Several events. They are unnested in the select list, which steps through all arrays together: in `from`, each is
// stored separately first, which took 100 of 260 µs for one event of 1 KB.
const insertSeveral = `
  with recorded as (
    insert into events (${eventColumns})
    select $1, $2, $3, $4, $5, event.id, event.type, split_part(event.type, '.', 2), event.object_id,
      event.account_id, event.account_name, event.sequence, event.document, event.previous, event.withheld, event.key,
      event.occurred_at, greatest(event.recorded_after, transaction_number())
    from (
      select unnest($6::uuid[]) as id, unnest($7::text[]) as type, unnest($8::bigint[]) as object_id,
        unnest($9::bigint[]) as account_id, unnest($10::text[]) as account_name, unnest($11::bigint[]) as sequence,
        unnest($12::json[]) as document, unnest($13::json[]) as previous, unnest($14::jsonb[]) as withheld,
        unnest($15::json[]) as key, unnest($16::timestamptz[]) as occurred_at, unnest($17::bigint[]) as recorded_after
    ) as event
  )
  insert into payloads (${payloadColumns})
  select $1, unnest($18::uuid[]), unnest($19::text[]), unnest($20::bytea[]), unnest($21::json[])`;

/** The values from $6 on. */
const valuesOf = (event: EventRow): readonly (string | number | null)[] => [
  event.id,
  event.type,
  event.objectId,
  event.accountId,
  event.accountName,
  event.sequence,
  event.documentText,
  event.previousText,
  JSON.stringify(event.withheld),
  event.key ? JSON.stringify(event.key) : null,
  event.occurredAt.toISOString(),
  event.recordedAfter,
];

const actorColumns = (actor: Actor): { actorKind: Actor["kind"]; actorUserId: number | null } => ({
  actorKind: actor.kind,
  actorUserId: "userId" in actor ? actor.userId : null,
});

function insertEvents(
  tx: Transaction,
  { providerId, actor, channel }: Cause,
  events: readonly EventRow[],
  payloads: readonly RecordedPayload[],
): void {
  const { actorKind, actorUserId } = actorColumns(actor);
  const cause = [providerId, actorKind, actorUserId, channel, rendererVersion];
  const rows = events.map(valuesOf);
  const [[row], [payload]] = [rows, payloads];
  if (row && payload && rows.length === 1 && payloads.length === 1) {
    const { format, body, context } = payload;
    tx.send(insertOne, [...cause, ...row, format, body, JSON.stringify(context)]);
  } else {
    tx.send(insertSeveral, [
      ...cause,
      ...Array.from({ length: row?.length ?? 0 }, (_, column) => rows.map((values) => values[column])),
      payloads.map(({ eventId }) => eventId),
      payloads.map(({ format }) => format),
      payloads.map(({ body }) => body),
      payloads.map(({ context }) => JSON.stringify(context)),
    ]);
  }
}

/** Ids of this much later belong to a clock that was wrong. Those of tomorrow have tables. */
const laterMaxMs = 3_600_000;

/**
 * Returns an event id above that of the account's last event, which another process may have given to a request that came later and
 * did not wait for the account: an object's history is in the order of ids.
 */
export function newEventId(
  tx: Pick<Transaction, "newUuidV7">,
  { now, after }: { readonly now: Date; readonly after: string },
): string {
  const id = tx.newUuidV7(now.getTime());
  const afterMs = msOfUuidV7(after);
  return id > after || afterMs > now.getTime() + laterMaxMs ? id : tx.newUuidV7(afterMs + 1);
}

/**
 * Records events, renders their bodies, and inserts one delivery per subscribed endpoint. The change's transaction
 * includes all of it, so an event exists if and only if its change committed.
 */
export async function recordEvents(
  tx: Transaction,
  cause: Cause,
  events: readonly NewEvent[],
): Promise<readonly RecordedEvent[]> {
  if (events.length === 0) return [];
  const { providerId } = cause;
  const subscriptions = cause.subscriptions ?? (await readSubscriptions(tx, providerId));
  const timesOfAccounts = new Map<number, Date>();
  const planned = events.map((event) => {
    const id = event.id ?? tx.newUuidV7(cause.now.getTime());
    const occurredAt = timesOfAccounts.get(event.accountId) ?? timeOfUuidV7(id);
    timesOfAccounts.set(event.accountId, occurredAt);
    const trace = tx.trace?.eventRecorded({ id, type: event.type });
    return planEvent({ ...event, id, occurredAt, trace }, cause, subscriptions);
  });
  insertEvents(
    tx,
    cause,
    planned.map(({ row }) => row),
    planned.flatMap(({ payloads }) => payloads),
  );
  planDeliveries(tx, providerId, {
    deliveries: planned.flatMap(({ deliveries }) => deliveries),
    payloads: planned.flatMap(({ payloads }) => payloads),
  });
  tx.hintAfterCommit("history", String(providerId));
  return planned.map(({ row, payloads, deliveries }) => ({
    id: row.id,
    type: row.type,
    sequence: row.sequence,
    bytes: payloads.reduce((sum, { body }) => sum + body.length, bytesOfTexts(row)),
    endpointIds: deliveries.map((delivery) => delivery.endpointId),
  }));
}

const bytesOfTexts = ({ documentText, previousText }: EventRow): number =>
  documentText.length + (previousText?.length ?? 0);

interface PlannedEvent {
  readonly row: EventRow;
  readonly payloads: readonly RecordedPayload[];
  readonly deliveries: readonly PlannedDelivery[];
}

interface IdentifiedEvent extends NewEvent {
  readonly id: string;
  /**
   * The time in the id of the account's first event of the change, so that an account's events are in the order of their times, too: of two
   * concurrent changes, or two of processes whose clocks differ, the later one may have the earlier `now`. Lists and replays select events
   * by the times in ids. Events of one change have one time, by which the engine recognizes them.
   */
  readonly occurredAt: Date;
  /** The trace of the change. */
  readonly trace: TraceContext | undefined;
}

/** Decides the deliveries and gates of an event and renders its bodies. */
function planEvent(event: IdentifiedEvent, cause: Cause, subscriptions: readonly Subscription[]): PlannedEvent {
  const { id, sequence } = event;
  const withheld: Record<number, Gate> = {};
  const deliveries: PlannedDelivery[] = [];
  for (const subscription of subscriptions) {
    const gate = decideGate(subscription, { ...event, actor: cause.actor });
    if (gate) withheld[subscription.id] = gate;
    else {
      const orderingKey = orderingKeyOf(subscription.ordering, event);
      deliveries.push({
        eventId: id,
        endpointId: subscription.id,
        format: bodyFormatOf(subscription),
        orderingKey,
        sequence,
        endpointVersion: subscription.version,
      });
    }
  }

  const { channel } = cause;
  const previousText = event.previous ? JSON.stringify(event.previous) : null;
  const row: EventRow = { ...event, withheld, documentText: JSON.stringify(event.document), previousText };
  const formats = new Set<BodyFormat>(deliveries.map((delivery) => delivery.format));
  const [{ source } = { source: "/" }] = subscriptions; // the provider's source is the same in all subscriptions
  const rendered = { ...event, source, actor: actorInBody(cause.actor), channel };
  const context = contextOf({ ...event, ...actorColumns(cause.actor), channel });
  const payloads = [...formats].map((format) => ({
    eventId: id,
    format,
    body: renderEvent(rendered, format),
    context,
  }));
  return { row, payloads, deliveries };
}

const actorInBody = (actor: Actor): { kind: string; user_id?: number } =>
  "userId" in actor ? { kind: actor.kind, user_id: actor.userId } : { kind: actor.kind };
