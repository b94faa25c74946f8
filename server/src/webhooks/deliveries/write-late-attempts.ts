import { bytesArray, jsonArray, plainArray, textArray } from "#platform/database/array-text.ts";
import type { Database } from "#platform/database/database.ts";

import type { Settlement } from "./settlement.ts";

// What was on its way when its delivery was cancelled, or its endpoint deleted: the receiver was told, so the admin sees the
// attempt, though nothing follows from it. Whose lane it was does not matter any more, and each number is written once, since it
// counts the delivery's attempts up. Deliveries are locked by their primary key; the provider is the endpoint's.
const statement = `
  with outcome as (
    select outcome.*, endpoints.provider_id
    from unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::smallint[], $6::text[], $7::integer[],
      $8::json[], $9::bytea[])
      as outcome (endpoint_id, event_id, number, at, status, error, latency_ms, response_headers, response_body)
    join endpoints on endpoints.id = outcome.endpoint_id
  ), late as (
    update deliveries set attempts_made = outcome.number
    from outcome
    where deliveries.provider_id = outcome.provider_id and deliveries.event_id = outcome.event_id
      and deliveries.endpoint_id = outcome.endpoint_id
      and deliveries.state = 'cancelled' and deliveries.attempts_made = outcome.number - 1
      and not exists (select from due where due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id)
    returning outcome.*
  )
  insert into attempts (provider_id, event_id, endpoint_id, number, at, status, error, latency_ms, response_headers, response_body)
  select provider_id, event_id, endpoint_id, number, at, status, error, latency_ms, response_headers, response_body
  from late
  returning event_id`;

/** Writes those of the outcomes whose delivery was cancelled meanwhile. Gives how many were written. */
export async function writeLateAttempts(db: Database, settlements: readonly Settlement[]): Promise<number> {
  const column = <T>(of: (settlement: Settlement) => T): T[] => settlements.map(of);
  const written = await db.query(statement, [
    plainArray(column((it) => it.endpointId)),
    plainArray(column((it) => it.eventId)),
    plainArray(column((it) => it.number)),
    plainArray(column((it) => it.at.toISOString())),
    plainArray(column((it) => it.status)),
    textArray(column((it) => it.error)),
    plainArray(column((it) => it.latencyMs)),
    jsonArray(column((it) => it.responseHeaders)),
    bytesArray(column((it) => it.responseBody)),
  ]);
  return written.length;
}
