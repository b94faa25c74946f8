import type { Node } from "#platform/document/document.ts";
import type { Database } from "#platform/database/database.ts";
import type { Gate } from "#webhooks/deliveries/index.ts";

import type { EventKey } from "./new-event.ts";
import { summaryColumns, type EventSummary } from "./list-events.ts";

/** Whether an endpoint was sent the event, or which gate stopped it there. */
export interface Verdict {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly sent: boolean;
  /** Null when it was sent, or when the endpoint came later. */
  readonly gate: Gate | null;
}

export interface EventInFull extends EventSummary {
  readonly document: Node;
  readonly key: EventKey | null;
  readonly rendererVersion: number;
  readonly verdicts: readonly Verdict[];
}

const event = `
  select ${summaryColumns}, event.document, event.key, event.renderer_version
  from events event
  where event.provider_id = $1 and event.id = $2`;

// Every endpoint of the provider, also those that came later or are gone but were sent it.
const verdicts = `
  select endpoint.id as "endpointId", endpoint.name as "endpointName",
    delivery.endpoint_id is not null as sent, event.withheld ->> endpoint.id::text as gate
  from events event
  join endpoints endpoint on endpoint.provider_id = event.provider_id
  left join lateral (
    select due.endpoint_id from due where due.event_id = event.id and due.endpoint_id = endpoint.id
    union
    select ended.endpoint_id from deliveries ended
    where ended.provider_id = event.provider_id and ended.event_id = event.id and ended.endpoint_id = endpoint.id
  ) delivery on true
  where event.provider_id = $1 and event.id = $2
    and (endpoint.deleted_at is null or delivery.endpoint_id is not null or event.withheld ? endpoint.id::text)
  order by endpoint.id`;

export async function readEvent(db: Database, providerId: number, id: string): Promise<EventInFull | undefined> {
  const [found] = await db.query<Omit<EventInFull, "verdicts">>(event, [providerId, id]);
  if (!found) return undefined;
  return { ...found, verdicts: await db.query<Verdict>(verdicts, [providerId, id]) };
}
