import type { Database } from "#platform/database/database.ts";

import { dueDeliveryColumns, type DueDelivery } from "./read-due-deliveries.ts";

/** Rows of one ordering key behind one that has been read. */
export interface RunToRead {
  readonly endpointId: number;
  readonly orderingKey: string;
  readonly afterSequence: number;
  /** The first of the key that the reader has sent or is sending. If the database has one before it, that one goes first. */
  readonly fromSequence: number;
  readonly limit: number;
}

// Rows of each key in sequence, whatever they wait for: due_order_idx serves them, two probes per key. Within a key, rows
// become visible in the order of their sequence, since events of one account are numbered and recorded one after another.
// Only a replay adds rows before others: then nothing is read, and the database decides what comes next.
const statement = `
  select ${dueDeliveryColumns}
  from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[])
    as run (endpoint_id, ordering_key, sequence, from_sequence, places)
  join endpoints endpoint on endpoint.id = run.endpoint_id
    and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
  cross join lateral (
    select * from due
    where due.endpoint_id = run.endpoint_id and due.ordering_key = run.ordering_key and due.sequence > run.sequence
      and (
        select min(ahead.sequence) from due ahead
        where ahead.endpoint_id = run.endpoint_id and ahead.ordering_key = run.ordering_key
          and ahead.sequence < run.from_sequence
      ) is null
    order by due.sequence
    limit run.places
  ) due
  join payloads payload
    on payload.provider_id = due.provider_id and payload.event_id = due.event_id and payload.format = due.format
  order by due.endpoint_id, due.ordering_key, due.sequence`;

/** Reads what follows in each key, in sequence, due or not. */
export async function readRuns(db: Database, runs: readonly RunToRead[]): Promise<DueDelivery[]> {
  if (runs.length === 0) return [];
  return db.query<DueDelivery>(statement, [
    runs.map((run) => run.endpointId),
    runs.map((run) => run.orderingKey),
    runs.map((run) => run.afterSequence),
    runs.map((run) => run.fromSequence),
    runs.map((run) => run.limit),
  ]);
}
