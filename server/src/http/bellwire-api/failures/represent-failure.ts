import { type Failure, deliveryId } from "#webhooks/deliveries/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import type { FailureAnswer } from "./failure-schema.ts";

export const representFailure = (failure: Failure): FailureAnswer => ({
  id: failure.eventId,
  delivery_id: deliveryId(failure),
  endpoint_id: failure.endpointId,
  endpoint_name: failure.endpointName,
  event_type: failure.eventType,
  account_id: failure.accountId,
  account_name: failure.accountName,
  attempts_made: failure.attemptsMade,
  failed_at: failure.failedAt.toISOString(),
  error: failure.error,
  url_masked: maskUrl(failure.url),
});
