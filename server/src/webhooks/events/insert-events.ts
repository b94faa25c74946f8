import type { Actor, Channel } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import type { BodyFormat, EventContext, Gate } from "#webhooks/deliveries/index.ts";

import type { NewEvent } from "./new-event.ts";

export interface EventRow extends NewEvent {
  readonly id: string;
  readonly sequence: number;
  readonly actor: Actor;
  readonly channel: Channel;
  readonly occurredAt: Date;
  /** Endpoint id to the gate that stopped the event there. */
  readonly withheld: Readonly<Record<number, Gate>>;
  readonly rendererVersion: number;
}

export interface PayloadRow {
  readonly eventId: string;
  readonly format: BodyFormat;
  readonly body: Buffer;
  readonly context: EventContext;
}

// Events and their bytes. Appends to today's partitions; locks nothing that exists.
const statement = `
  with recorded as (
    insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence,
      actor_kind, actor_user_id, channel, occurred_at, document, previous, renderer_version, withheld, key)
    select $1, event.id, event.type, split_part(event.type, '.', 2), event.object_id, event.account_id,
      event.account_name, event.sequence, event.actor_kind, event.actor_user_id, event.channel, event.occurred_at,
      event.document, event.previous, event.renderer_version, event.withheld, event.key
    from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::bigint[],
      $10::text[], $11::timestamptz[], $12::json[], $13::json[], $14::smallint[], $15::jsonb[], $16::json[])
      as event (id, type, object_id, account_id, account_name, sequence, actor_kind, actor_user_id, channel,
        occurred_at, document, previous, renderer_version, withheld, key)
  )
  insert into payloads (provider_id, event_id, format, body, context)
  select $1, payload.* from unnest($17::uuid[], $18::text[], $19::bytea[], $20::json[]) as payload`;

export function insertEvents(
  tx: Transaction,
  providerId: number,
  events: readonly EventRow[],
  payloads: readonly PayloadRow[],
): void {
  const column = <T>(of: (event: EventRow) => T): T[] => events.map(of);
  tx.send(statement, [
    providerId,
    column((event) => event.id),
    column((event) => event.type),
    column((event) => event.objectId),
    column((event) => event.accountId),
    column((event) => event.accountName),
    column((event) => event.sequence),
    column((event) => event.actor.kind),
    column((event) => ("userId" in event.actor ? event.actor.userId : null)),
    column((event) => event.channel),
    column((event) => event.occurredAt),
    column((event) => JSON.stringify(event.document)),
    column((event) => (event.previous ? JSON.stringify(event.previous) : null)),
    column((event) => event.rendererVersion),
    column((event) => JSON.stringify(event.withheld)),
    column((event) => (event.key ? JSON.stringify(event.key) : null)),
    payloads.map((payload) => payload.eventId),
    payloads.map((payload) => payload.format),
    payloads.map((payload) => payload.body),
    payloads.map((payload) => JSON.stringify(payload.context)),
  ]);
}
