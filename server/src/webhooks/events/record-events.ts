import type { Actor } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { newUuidV7 } from "#platform/ids/uuid-v7.ts";
import {
  bodyFormatOf,
  contextOf,
  decideGate,
  orderingKeyOf,
  planDeliveries,
  type BodyFormat,
  type Gate,
  type PlannedDelivery,
} from "#webhooks/deliveries/index.ts";
import { recallSubscriptions, type Subscription } from "#webhooks/endpoints/index.ts";

import { actorColumns, insertEvents, type EventRow, type PayloadRow } from "./insert-events.ts";
import type { Cause, NewEvent, RecordedEvent } from "./new-event.ts";
import { renderEvent } from "./render-event/render-event.ts";

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
  const subscriptions = await recallSubscriptions(tx, providerId, cause.configurationVersion);
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
