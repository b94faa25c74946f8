import type { Transaction } from "#platform/database/database.ts";
import { insertDelivery, type BodyFormat } from "#webhooks/deliveries/index.ts";

import { readEvent } from "./read-event.ts";
import { renderEvent } from "./render-event/render-event.ts";

const insertPayload = `
  insert into payloads (provider_id, event_id, format, body) values ($1, $2, $3, $4)
  on conflict (provider_id, event_id, format) do nothing`;

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
  const event = await readEvent(tx, wanted.providerId, wanted.eventId);
  if (!event) return false;
  const { actorKind, actorUserId, previous, key, ...rest } = event;
  const actor = actorUserId === null ? { kind: actorKind } : { kind: actorKind, user_id: actorUserId };
  const body = renderEvent(
    { ...rest, actor, ...(key ? { key } : {}), ...(previous ? { previous } : {}) },
    wanted.format,
  );
  await tx.query(insertPayload, [wanted.providerId, wanted.eventId, wanted.format, body]);
  return insertDelivery(tx, wanted, wanted.format);
}
