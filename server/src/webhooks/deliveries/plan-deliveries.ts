import type { Transaction } from "#platform/database/database.ts";

import type { BodyFormat } from "./body-format.ts";

export interface PlannedDelivery {
  readonly eventId: string;
  readonly endpointId: number;
  readonly format: BodyFormat;
  readonly accountId: number;
  /** `application/41`: what an endpoint that orders by object goes by. */
  readonly objectKey: string;
}

// One row for each endpoint that is to hear of an event, in the transaction that records the event. No row of an endpoint
// or lane is read or locked, so recordings for one endpoint never wait for each other. `due_at` is the clock at each
// row, not the start of the transaction: a reader's cursor rests on it (see read-due-deliveries.ts).
const statement = `
  insert into due (provider_id, event_id, endpoint_id, format, account_id, object_key)
  select $1, planned.*
  from unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::text[]) as planned`;

/** Makes the deliveries of events that this transaction records. */
export async function planDeliveries(
  tx: Transaction,
  providerId: number,
  planned: readonly PlannedDelivery[],
): Promise<void> {
  if (planned.length === 0) return;
  await tx.query(statement, [
    providerId,
    planned.map((delivery) => delivery.eventId),
    planned.map((delivery) => delivery.endpointId),
    planned.map((delivery) => delivery.format),
    planned.map((delivery) => delivery.accountId),
    planned.map((delivery) => delivery.objectKey),
  ]);
  for (const endpointId of new Set(planned.map((delivery) => delivery.endpointId))) {
    tx.hintAfterCommit("due", String(endpointId));
  }
}
