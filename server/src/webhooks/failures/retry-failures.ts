import type { Transaction } from "#platform/database/database.ts";

import { liftHold } from "#webhooks/deliveries/index.ts";
import type { FailureFilter } from "./list-failures.ts";

// Off the list and due again, in one statement: a failure is never in both places, nor in none. Each starts a new round
// of retries with the same id and bytes. Failures of an endpoint that is gone stay.
const statement = `
  with taken as (
    delete from failures failure
    using endpoints endpoint
    where failure.provider_id = $1
      and ($2::bigint is null or failure.endpoint_id = $2)
      and ($3::timestamptz is null or date_trunc('second', failure.failed_at) <= $3)
      and ($4::uuid[] is null or failure.event_id = any($4))
      and endpoint.id = failure.endpoint_id and endpoint.deleted_at is null
    returning failure.provider_id, failure.event_id, failure.endpoint_id
  )
  insert into due (provider_id, event_id, endpoint_id, format, attempts_made, round_start, replay, sequence)
  select ended.provider_id, ended.event_id, ended.endpoint_id, ended.format, ended.attempts_made, ended.attempts_made,
    ended.replay, event.sequence
  from taken
  join deliveries ended on ended.provider_id = taken.provider_id and ended.event_id = taken.event_id
    and ended.endpoint_id = taken.endpoint_id
  join events event on event.provider_id = taken.provider_id and event.id = taken.event_id
  on conflict (event_id, endpoint_id) do update set due_at = clock_timestamp()
  returning endpoint_id as "endpointId"`;

/** Makes failed deliveries due now, also if their receivers asked to be left alone. Gives how many. */
export async function retryFailures(tx: Transaction, filter: FailureFilter): Promise<number> {
  const retried = await tx.query<{ endpointId: number }>(statement, [
    filter.providerId,
    filter.endpointId,
    filter.until,
    filter.eventIds,
  ]);
  const endpointIds = [...new Set(retried.map((row) => row.endpointId))];
  await liftHold(tx, endpointIds);
  for (const endpointId of endpointIds) tx.hintAfterCommit("due", String(endpointId));
  if (retried.length > 0) tx.hintAfterCommit("history", "");
  return retried.length;
}
