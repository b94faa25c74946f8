import { codeOf } from "#platform/config/error-words.ts";
import { bytesArray, jsonArray, plainArray } from "#platform/database/array-text.ts";
import type { Database } from "#platform/database/database.ts";

import type { Settlement } from "./settlement.ts";

// What arrived at the first attempt and is in no order: nearly all there is, so it has a statement that does no more than
// that takes, 11 µs a delivery where write-outcomes.ts takes 18. No row is locked before it is deleted, since nothing is to be
// done in between and nobody waits for it; the end is expected to be the delivery's first, and the attempt becomes a part of
// its row (see every-attempt.ts). Lanes are read as there, and due rows found by primary key.
const statement = `
  with outcome as (
    select outcome.*
    from unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::smallint[], $7::integer[], $8::json[], $9::bytea[])
      as outcome (endpoint_id, epoch, event_id, at, status, latency_ms, response_headers, response_body)
    join lanes on lanes.endpoint_id = outcome.endpoint_id and lanes.epoch = outcome.epoch and lanes.owner = $1
  ), mine as (
    delete from due using outcome
    where due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id and due.attempts_made = 0
    returning outcome.*, due.provider_id, due.replay, due.format
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format,
      first_at, first_status, first_latency_ms, first_headers, first_body, recorded_in)
    select provider_id, event_id, endpoint_id, 'delivered', 1, replay, format,
      at, status, latency_ms, response_headers, response_body, (select transaction_number())
    from mine
    returning 1
  )
  select count(*) as written from ended`;

/** Whether an outcome is one of those that `writeFirstDeliveries` takes. */
export const isFirstDelivery = ({ end, number, orderingKey }: Settlement): boolean =>
  end === "delivered" && number === 1 && orderingKey === null;

/**
 * Writes outcomes of this one kind. Gives how many were written; undefined, and nothing is written, if one of the
 * deliveries has ended before: it was cancelled before its first attempt, and made due again.
 */
export async function writeFirstDeliveries(
  db: Database,
  engineId: string,
  settlements: readonly Settlement[],
): Promise<number | undefined> {
  const column = <T>(of: (settlement: Settlement) => T): T[] => settlements.map(of);
  try {
    const [row] = await db.query<{ written: number }>(statement, [
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
  } catch (error) {
    if (codeOf(error) === uniqueViolation) return undefined;
    throw error;
  }
}

const uniqueViolation = "23505";
