import type { Database } from "#platform/database/database.ts";

import { everyAttempt } from "./every-attempt.ts";

/** A place in the order of attempts: the transaction that recorded one, and the attempt. */
export interface AttemptCursor {
  readonly recordedIn: number;
  readonly eventId: string;
  readonly endpointId: number;
  readonly number: number;
}

export interface FollowedAttempt extends AttemptCursor {
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
}

// Oldest first, in the order of transactions, and only below the oldest one still running: one that began earlier and
// commits later is not passed by. attempts_feed_idx and deliveries_feed_idx (BRIN) lead to the newest blocks of each day,
// whatever their number.
const statement = `
  select recorded_in, event_id, endpoint_id, number, at, status, error,
    latency_ms
  from ${everyAttempt} attempt
  where provider_id = $1
    and recorded_in >= $2
    and (recorded_in, event_id, endpoint_id, number) > ($2, $3, $4, $5)
    and recorded_in < transactions_horizon()
  order by recorded_in, event_id, endpoint_id, number
  limit $6`;

/** Attempts in the order in which they are sure to be complete. */
export async function followAttempts(
  db: Database,
  { providerId, after, limit }: { readonly providerId: number; readonly after: AttemptCursor; readonly limit: number },
): Promise<FollowedAttempt[]> {
  return db.query(statement, [providerId, after.recordedIn, after.eventId, after.endpointId, after.number, limit]);
}
