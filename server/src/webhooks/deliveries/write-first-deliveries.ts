import { codeOf } from "#platform/config/error-words.ts";
import { bytesArray, jsonArray, plainArray } from "#platform/database/array-text.ts";
import type { Database } from "#platform/database/database.ts";

import type { Settlement } from "./settlement.ts";

// Deliveries that were delivered by their first attempt: nearly all there are, so they have a statement that does no more than
// they need, 11 µs a delivery where write-outcomes.ts takes 18. The end is expected to be the delivery's first, and the
// attempt becomes part of its row (see every-attempt.ts). Lanes are read as in write-outcomes.ts, due rows by primary key.
const outcome = `outcome as (
    select outcome.*
    from unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::smallint[], $7::integer[], $8::json[], $9::bytea[])
      as outcome (endpoint_id, epoch, event_id, at, status, latency_ms, response_headers, response_body)
    join lanes on lanes.endpoint_id = outcome.endpoint_id and lanes.epoch = outcome.epoch and lanes.owner = $1
  )`;

const ended = `ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format,
      first_at, first_status, first_latency_ms, first_headers, first_body, recorded_in)
    select provider_id, event_id, endpoint_id, 'delivered', 1, replay, format,
      at, status, latency_ms, response_headers, response_body, (select transaction_number())
    from mine
    returning 1
  )
  select count(*) as written from ended`;

// In no order: no row is locked before it is deleted, since nothing is to be done in between and nobody waits for it.
const unorderedStatement = `
  with ${outcome}, mine as (
    delete from due using outcome
    where due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id and due.attempts_made = 0
    returning outcome.*, due.provider_id, due.replay, due.format
  ), ${ended}`;

// In an order: rows are locked in the order (endpoint_id, ordering_key, event_id), as recording and write-outcomes.ts do.
const orderedStatement = `
  with ${outcome}, mine as (
    select outcome.*, due.provider_id, due.replay, due.format
    from outcome
    join due on due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id and due.attempts_made = 0
    order by due.endpoint_id, due.ordering_key, due.event_id
    for update of due
  ), gone as (
    delete from due using mine where due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), ${ended}`;

/** Whether an outcome is one of those that these statements write. */
export const isFirstDelivery = ({ end, number }: Settlement): boolean => end === "delivered" && number === 1;

/** Writes first deliveries, of which all have an order or none has. Gives how many were written. */
export async function writeFirstDeliveries(
  db: Database,
  engineId: string,
  settlements: readonly Settlement[],
): Promise<number> {
  const column = <T>(of: (settlement: Settlement) => T): T[] => settlements.map(of);
  const isOrdered = settlements[0]?.orderingKey !== null;
  const [row] = await db.query<{ written: number }>(isOrdered ? orderedStatement : unorderedStatement, [
    engineId,
    plainArray(column((it) => it.endpointId)),
    plainArray(column((it) => it.epoch)),
    plainArray(column((it) => it.eventId)),
    plainArray(column((it) => it.at.toISOString())),
    plainArray(column((it) => it.status)),
    plainArray(column((it) => it.latencyMs)),
    jsonArray(column((it) => it.responseHeaders)),
    bytesArray(column((it) => it.responseBody)),
  ]);
  return row?.written ?? 0;
}

/** One of the deliveries has ended before: it was cancelled before its first attempt, and made due again. Nothing is written. */
export const hasEndedBefore = (error: unknown): boolean => codeOf(error) === uniqueViolation;

const uniqueViolation = "23505";
