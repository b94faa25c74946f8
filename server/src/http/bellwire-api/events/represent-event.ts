import { documentToJson } from "#platform/document.ts";
import { deliveryId } from "#webhooks/deliveries/index.ts";
import { type EventDetails, type EventSummary, keyInBody, withoutCredentials } from "#webhooks/events/index.ts";
import type { EventAnswer, EventInFullAnswer } from "./event-schema.ts";

export const representEvent = (event: EventSummary): EventAnswer => ({
  id: event.id,
  type: event.type,
  object_id: event.objectId,
  account_id: event.accountId,
  account_name: event.accountName,
  sequence: event.sequence,
  actor: { kind: event.actorKind, user_id: event.actorUserId },
  channel: event.channel,
  occurred_at: event.occurredAt.toISOString(),
});

export const representEventInFull = (event: EventDetails): EventInFullAnswer => ({
  ...representEvent(event),
  document: documentToJson(withoutCredentials(event.document)),
  key: event.key && keyInBody(event.key),
  previous: event.previous,
  verdicts: event.verdicts.map(({ endpointId, endpointName, sent, gate }) => ({
    endpoint_id: endpointId,
    endpoint_name: endpointName,
    sent,
    gate,
    delivery_id: sent ? deliveryId({ eventId: event.id, endpointId }) : null,
  })),
});
