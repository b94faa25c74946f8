import type { Transaction } from "#platform/database/database.ts";
import { insertDelivery, type BodyFormat } from "#webhooks/deliveries/index.ts";

import { storePayloads } from "./store-payloads.ts";

/**
 * Delivers an event to an endpoint that was not sent it, because a gate stopped it there or the endpoint came later. The
 * bytes are those recorded in the endpoint's format, or made now from the recorded document. False when the event is
 * not there or has a delivery for the endpoint already.
 */
export async function sendEventNow(
  tx: Transaction,
  wanted: {
    readonly providerId: number;
    readonly eventId: string;
    readonly endpointId: number;
    readonly format: BodyFormat;
  },
): Promise<boolean> {
  const { providerId, eventId, format } = wanted;
  await storePayloads(tx, { providerId, eventIds: [eventId], format });
  return insertDelivery(tx, wanted, format);
}
