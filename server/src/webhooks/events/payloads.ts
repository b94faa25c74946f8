import type { Transaction } from "#platform/database/database.ts";
import { type BodyFormat, contextOf, insertDelivery } from "#webhooks/deliveries/index.ts";
import { type EventDetails, summaryColumns } from "./read-events.ts";
import { renderEvent } from "./render-event.ts";

const unrendered = `
  select ${summaryColumns}, event.document, event.key, provider.event_source as source
  from events event
  join providers provider on provider.id = event.provider_id
  where event.provider_id = $1 and event.id = any($2)
    and not exists (select from payloads
      where payloads.provider_id = $1 and payloads.event_id = event.id and payloads.format = $3)
  order by event.id`;

const insertPayloads = `
  insert into payloads (provider_id, event_id, format, body, context)
  select $1, payload.event_id, $2, payload.body, payload.context
  from unnest($3::uuid[], $4::bytea[], $5::json[]) as payload (event_id, body, context)
  on conflict (provider_id, event_id, format) do nothing`;

/**
 * Events that are rendered at once. One with long fields takes 1.5 MB: as a document, a body and the digits of its bytes. 500 of them
 * ended an engine with 512 MB.
 */
const batchMax = 20;

interface PayloadsToStore {
  readonly providerId: number;
  readonly eventIds: readonly string[];
  readonly format: BodyFormat;
}

/** Renders events in a format without a subscriber when they were recorded, from their stored documents. */
export async function storePayloads(tx: Transaction, { eventIds, ...request }: PayloadsToStore): Promise<void> {
  for (let from = 0; from < eventIds.length; from += batchMax)
    await storeBatch(tx, { ...request, eventIds: eventIds.slice(from, from + batchMax) });
}

async function storeBatch(tx: Transaction, { providerId, eventIds, format }: PayloadsToStore): Promise<void> {
  const events = await tx.query<StoredEvent>(unrendered, [providerId, eventIds, format]);
  if (events.length === 0) return;
  const column = <T>(of: (event: StoredEvent) => T): T[] => events.map(of);
  await tx.query(insertPayloads, [
    providerId,
    format,
    column(({ id }) => id),
    column((event) => bodyOf(event, format)),
    column((event) => JSON.stringify(contextOf(event))),
  ]);
}

/** An event with everything that its bodies contain. */
export type StoredEvent = Omit<EventDetails, "verdicts" | "rendererVersion"> & { readonly source: string };

/** Renders the body of a stored event. */
export function bodyOf({ actorKind, actorUserId, previous, key, ...rest }: StoredEvent, format: BodyFormat): Buffer {
  const actor = actorUserId === null ? { kind: actorKind } : { kind: actorKind, user_id: actorUserId };
  return renderEvent({ ...rest, actor, ...(key ? { key } : {}), ...(previous ? { previous } : {}) }, format);
}

/**
 * Sends an event to an endpoint that has no delivery of it, because of a gate or because it is newer. The bytes are
 * those stored in the endpoint's format, or rendered now from the stored document. Returns false if there is no such
 * event, or a delivery already.
 */
export async function sendEventNow(
  tx: Transaction,
  delivery: {
    readonly providerId: number;
    readonly eventId: string;
    readonly endpointId: number;
    readonly format: BodyFormat;
  },
): Promise<boolean> {
  const { providerId, eventId, format } = delivery;
  await storePayloads(tx, { providerId, eventIds: [eventId], format });
  return insertDelivery(tx, delivery, format);
}
