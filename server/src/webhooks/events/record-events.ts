import type { Actor, Channel } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import type { Node } from "#platform/document.ts";
import { newUuidV7 } from "#platform/ids.ts";
import {
  type BodyFormat,
  type EventContext,
  type PlannedDelivery,
  bodyFormatOf,
  contextOf,
  orderingKeyOf,
  planDeliveries,
} from "#webhooks/deliveries/index.ts";
import type { EventType } from "./catalogue.ts";
import { type EventKey, renderEvent, rendererVersion } from "./render-event.ts";
import { type Gate, type Subscription, decideGate, readSubscriptions } from "./subscriptions.ts";

/** What a use case tells of a change that it makes in the same transaction. */
export interface NewEvent {
  readonly type: EventType;
  /** Id of the account, user or application that changed. */
  readonly objectId: number;
  /** The developer account that it concerns: its own id, or that of the user's or application's account. */
  readonly accountId: number;
  readonly accountName: string;
  /** Its number in its account, without gaps: taken under a lock that is held until the transaction ends. */
  readonly sequence: number;
  /** The object as it is at the end of the transaction, `record("account", …)` and so on. */
  readonly document: Node;
  /** Of what happened to a key. 3scale's XML does not tell it. */
  readonly key?: EventKey;
  /** For updates: each changed field with the value it had. */
  readonly previous?: Readonly<Record<string, unknown>>;
}

/** Who made the change, through which door, and when; and what the provider was set up like. */
export interface Cause {
  readonly providerId: number;
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
}

/** What is known of an event once it has an id, a number in its account and verdicts. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly sequence: number;
  /** Of its document and of the bodies of its deliveries. */
  readonly bytes: number;
  /** The endpoints that have a delivery of it. */
  readonly endpointIds: readonly number[];
}

interface EventRow extends NewEvent {
  readonly id: string;
  /** The document as it is stored. */
  readonly documentText: string;
  /** Endpoint id to the gate that stopped the event there. */
  readonly withheld: Readonly<Record<number, Gate>>;
}

interface PayloadRow {
  readonly eventId: string;
  readonly format: BodyFormat;
  readonly body: Buffer;
  readonly context: EventContext;
}

const eventColumns = `provider_id, actor_kind, actor_user_id, channel, occurred_at, renderer_version,
      id, type, action, object_id, account_id, account_name, sequence, document, previous, withheld, key`;

const payloadColumns = `provider_id, event_id, format, body, context`;

// An event and its bytes. Appends to today's partitions; locks nothing that exists. Nearly always it is one for endpoints of one
// format: as arrays, its values cost PostgreSQL 70 µs more, 220 instead of 150, and its bytes would go as digits.
const insertOne = `
  with recorded as (
    insert into events (${eventColumns})
    values ($1, $2, $3, $4, $5, $6, $7, $8, split_part($8, '.', 2), $9, $10, $11, $12, $13, $14, $15, $16)
  )
  insert into payloads (${payloadColumns}) values ($1, $7, $17, $18, $19)`;

// The same for several. What is unnested stands in the select list, where all arrays are stepped through together: in `from`,
// each is put into a store of its own first, which for one event of 1 KB took 100 µs of 260.
const insertSeveral = `
  with recorded as (
    insert into events (${eventColumns})
    select $1, $2, $3, $4, $5, $6, event.id, event.type, split_part(event.type, '.', 2), event.object_id,
      event.account_id, event.account_name, event.sequence, event.document, event.previous, event.withheld, event.key
    from (
      select unnest($7::uuid[]) as id, unnest($8::text[]) as type, unnest($9::bigint[]) as object_id,
        unnest($10::bigint[]) as account_id, unnest($11::text[]) as account_name, unnest($12::bigint[]) as sequence,
        unnest($13::json[]) as document, unnest($14::json[]) as previous, unnest($15::jsonb[]) as withheld,
        unnest($16::json[]) as key
    ) as event
  )
  insert into payloads (${payloadColumns})
  select $1, unnest($17::uuid[]), unnest($18::text[]), unnest($19::bytea[]), unnest($20::json[])`;

/** The values from $7 on. */
const valuesOf = (event: EventRow): readonly (string | number | null)[] => [
  event.id,
  event.type,
  event.objectId,
  event.accountId,
  event.accountName,
  event.sequence,
  event.documentText,
  event.previous ? JSON.stringify(event.previous) : null,
  JSON.stringify(event.withheld),
  event.key ? JSON.stringify(event.key) : null,
];

const actorColumns = (actor: Actor): { actorKind: Actor["kind"]; actorUserId: number | null } => ({
  actorKind: actor.kind,
  actorUserId: "userId" in actor ? actor.userId : null,
});

function insertEvents(
  tx: Transaction,
  { providerId, actor, channel, now }: Cause,
  events: readonly EventRow[],
  payloads: readonly PayloadRow[],
): void {
  const { actorKind, actorUserId } = actorColumns(actor);
  const cause = [providerId, actorKind, actorUserId, channel, now, rendererVersion];
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

/**
 * Records what changed, fixes the bytes that endpoints will get, and makes one delivery for each endpoint that is to
 * hear of it: all in the transaction of the change, so that an event exists if and only if its change does.
 */
export async function recordEvents(
  tx: Transaction,
  cause: Cause,
  events: readonly NewEvent[],
): Promise<readonly RecordedEvent[]> {
  if (events.length === 0) return [];
  const { providerId } = cause;
  const subscriptions = await readSubscriptions(tx, providerId);
  const planned = events.map((event) => planEvent(cause, event, subscriptions));
  insertEvents(
    tx,
    cause,
    planned.map(({ row }) => row),
    planned.flatMap(({ payloads }) => payloads),
  );
  planDeliveries(
    tx,
    providerId,
    planned.flatMap(({ deliveries }) => deliveries),
  );
  tx.hintAfterCommit("history", "");
  return planned.map(({ row, payloads, deliveries }) => ({
    id: row.id,
    type: row.type,
    sequence: row.sequence,
    bytes: payloads.reduce((sum, { body }) => sum + body.length, row.documentText.length),
    endpointIds: deliveries.map((delivery) => delivery.endpointId),
  }));
}

interface PlannedEvent {
  readonly row: EventRow;
  readonly payloads: readonly PayloadRow[];
  readonly deliveries: readonly PlannedDelivery[];
}

/** Pure but for the id: which endpoints get the event, what stops it at the others, and the bytes in each format. */
function planEvent(cause: Cause, event: NewEvent, subscriptions: readonly Subscription[]): PlannedEvent {
  const id = newUuidV7(cause.now.getTime());
  const { sequence } = event;
  const withheld: Record<number, Gate> = {};
  const deliveries: PlannedDelivery[] = [];
  for (const subscription of subscriptions) {
    const gate = decideGate(subscription, { type: event.type, actor: cause.actor });
    if (gate) withheld[subscription.id] = gate;
    else {
      const orderingKey = orderingKeyOf(subscription.ordering, event);
      deliveries.push({
        eventId: id,
        endpointId: subscription.id,
        format: bodyFormatOf(subscription),
        orderingKey,
        sequence,
      });
    }
  }

  const { now: occurredAt, channel } = cause;
  const row: EventRow = { ...event, id, withheld, documentText: JSON.stringify(event.document) };
  const formats = new Set<BodyFormat>(deliveries.map((delivery) => delivery.format));
  const [{ source } = { source: "/" }] = subscriptions; // the provider's, so the same in all
  const rendered = { ...event, id, source, occurredAt, actor: actorInBody(cause.actor), channel };
  const context = contextOf({ ...event, ...actorColumns(cause.actor), occurredAt, channel });
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
