import { bytesArray, jsonArray, plainArray, textArray } from "#platform/database/array-text.ts";
import type { Database } from "#platform/database/database.ts";

import { failingNow } from "./failure-horizon.ts";
import type { Settlement } from "./settlement.ts";

// Any outcomes in one statement. What was sent under an epoch that is no longer the lane's is dropped whole: the new owner
// sends and settles it. The lane is read, not locked: a takeover between this snapshot and the commit costs a repeat,
// never a loss, and both settles find each other through the due row, by primary key, which is deleted or counted up
// once only. Rows are locked in the order (endpoint_id, ordering_key, event_id), as recording locks them.
const statement = `
  with outcome as (
    select outcome.*
    from unnest($2::bigint[], $3::bigint[], $4::uuid[], $5::smallint[], $6::timestamptz[], $7::smallint[], $8::text[],
      $9::integer[], $10::json[], $11::bytea[], $12::text[], $13::float8[], $14::bytea[])
      as outcome (endpoint_id, epoch, event_id, number, at, status, error, latency_ms, response_headers,
        response_body, ending, retry_after, url)
    join lanes on lanes.endpoint_id = outcome.endpoint_id and lanes.epoch = outcome.epoch and lanes.owner = $1
  ), mine as (
    select outcome.*, due.provider_id, due.replay, due.format
    from outcome
    join due on due.event_id = outcome.event_id and due.endpoint_id = outcome.endpoint_id
      and due.attempts_made = outcome.number - 1
    order by due.endpoint_id, due.ordering_key, due.event_id
    for update of due
  ), again as (
    update due set attempts_made = mine.number, due_at = clock_timestamp() + make_interval(secs => mine.retry_after)
    from mine
    where mine.ending is null and due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), gone as (
    delete from due using mine
    where mine.ending is not null and due.event_id = mine.event_id and due.endpoint_id = mine.endpoint_id
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, replay, format)
    select provider_id, event_id, endpoint_id, ending, number, replay, format from mine where ending is not null
    on conflict (provider_id, event_id, endpoint_id) do update
      set state = excluded.state, attempts_made = excluded.attempts_made, replay = excluded.replay, ended_at = clock_timestamp()
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url, failed_at)
    select provider_id, endpoint_id, event_id, error, url, ${failingNow} from mine where ending = 'failed'
    on conflict (provider_id, endpoint_id, event_id) do update
      set failed_at = excluded.failed_at, error = excluded.error, url = excluded.url
  )
  insert into attempts (provider_id, event_id, endpoint_id, number, at, status, error, latency_ms, response_headers, response_body)
  select provider_id, event_id, endpoint_id, number, at, status, error, latency_ms, response_headers, response_body
  from mine
  returning event_id`;

/** Writes outcomes of any kind. Gives how many were written. */
export async function writeOutcomes(
  db: Database,
  engineId: string,
  settlements: readonly Settlement[],
): Promise<number> {
  const column = <T>(of: (settlement: Settlement) => T): T[] => settlements.map(of);
  const written = await db.query(statement, [
    engineId,
    plainArray(column((it) => it.endpointId)),
    plainArray(column((it) => it.epoch)),
    plainArray(column((it) => it.eventId)),
    plainArray(column((it) => it.number)),
    plainArray(column((it) => it.at.toISOString())),
    plainArray(column((it) => it.status)),
    textArray(column((it) => it.error)),
    plainArray(column((it) => it.latencyMs)),
    jsonArray(column((it) => it.responseHeaders)),
    bytesArray(column((it) => it.responseBody)),
    plainArray(column((it) => it.end)),
    plainArray(column((it) => it.retryAfterSeconds)),
    bytesArray(column((it) => it.url)),
  ]);
  return written.length;
}
