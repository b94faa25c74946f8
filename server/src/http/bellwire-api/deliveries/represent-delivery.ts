import {
  type Attempt,
  type Delivery,
  type DeliveryDetails,
  contentTypeOf,
  deliveryId,
} from "#webhooks/deliveries/index.ts";
import type { AttemptAnswer } from "./attempt-schema.ts";
import type { DeliveryAnswer, DeliveryInFullAnswer } from "./delivery-schema.ts";

export const representDelivery = (delivery: Delivery): DeliveryAnswer => ({
  id: deliveryId(delivery),
  event_id: delivery.eventId,
  event_type: delivery.eventType,
  object_id: delivery.objectId,
  account_id: delivery.accountId,
  account_name: delivery.accountName,
  occurred_at: delivery.occurredAt.toISOString(),
  endpoint_id: delivery.endpointId,
  endpoint_name: delivery.endpointName,
  state: delivery.state,
  attempts_made: delivery.attemptsMade,
  replay: delivery.replay,
  next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
  ended_at: delivery.endedAt?.toISOString() ?? null,
  last_attempt: delivery.lastAttemptAt && {
    at: delivery.lastAttemptAt.toISOString(),
    status: delivery.lastStatus,
    error: delivery.lastError,
    latency_ms: delivery.lastLatencyMs ?? 0,
  },
});

export const representDeliveryInFull = (delivery: DeliveryDetails): DeliveryInFullAnswer => ({
  ...representDelivery(delivery),
  content_type: delivery.format && contentTypeOf(delivery.format),
  body: delivery.body?.toString() ?? null,
  attempts: delivery.attempts.map(representAttempt),
  waits_for: delivery.waitsForEventId && deliveryId({ ...delivery, eventId: delivery.waitsForEventId }),
  holds_up: delivery.holdsUp,
});

export const representAttempt = (attempt: Attempt): AttemptAnswer => ({
  number: attempt.number,
  at: attempt.at.toISOString(),
  status: attempt.status,
  error: attempt.error,
  latency_ms: attempt.latencyMs,
  response_headers: attempt.responseHeaders && { ...attempt.responseHeaders },
  response_body: attempt.responseBody?.toString() ?? null,
});
