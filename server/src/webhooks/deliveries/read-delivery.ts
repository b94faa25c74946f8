import type { Database } from "#platform/database/database.ts";

import type { BodyFormat } from "./body-format.ts";
import type { Delivery } from "./delivery.ts";
import { everyAttempt } from "./every-attempt.ts";
import { listDeliveries } from "./list-deliveries.ts";
import { readPlaceInOrder, type PlaceInOrder } from "./read-place-in-order.ts";

/** One try over HTTP. */
export interface Attempt {
  readonly number: number;
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: Buffer | null;
}

export interface DeliveryInFull extends Delivery, PlaceInOrder {
  readonly attempts: readonly Attempt[];
  /** The bytes that were, or will be, sent. */
  readonly body: Buffer | null;
  readonly format: BodyFormat | null;
}

const attempts = `
  select number, at, status, error, latency_ms, response_headers,
    response_body
  from ${everyAttempt} attempt
  where provider_id = $1 and event_id = $2 and endpoint_id = $3
  order by number`;

const payload = `
  select payload.body, payload.format
  from payloads payload
  where payload.provider_id = $1 and payload.event_id = $2 and payload.format = coalesce(
    (select due.format from due where due.event_id = $2 and due.endpoint_id = $3),
    (select ended.format from deliveries ended where ended.provider_id = $1 and ended.event_id = $2 and ended.endpoint_id = $3))`;

export async function readDelivery(
  db: Database,
  key: { readonly providerId: number; readonly eventId: string; readonly endpointId: number },
): Promise<DeliveryInFull | undefined> {
  const [delivery] = await listDeliveries(db, { ...key, eventIds: [key.eventId], limit: 1 });
  if (!delivery) return undefined;
  const values = [key.providerId, key.eventId, key.endpointId];
  const [sent] = await db.query<{ body: Buffer; format: BodyFormat }>(payload, values);
  return {
    ...delivery,
    ...(await readPlaceInOrder(db, key)),
    attempts: await db.query<Attempt>(attempts, values),
    body: sent?.body ?? null,
    format: sent?.format ?? null,
  };
}
