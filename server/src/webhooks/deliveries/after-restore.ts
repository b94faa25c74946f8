import type { Database, Transaction } from "#platform/database/database.ts";
import { cancelDeliveries } from "./transitions.ts";

/*
 * After a restore no lane is claimed (0017_restores.sql): deliveries that were due at the time that the database continues from
 * have probably been sent since. An operator sends or skips them, endpoint by endpoint, and so ends the hold.
 */

/** A lane that is held after a restore until somebody decides. */
export const heldLane = "lanes.not_before = 'infinity'";

/** Limits held endpoints. */
export interface HeldFilter {
  readonly providerId?: number | undefined;
  readonly endpointId?: number | undefined;
}

/** An endpoint that is held, and the number of its deliveries. */
export interface HeldEndpoint {
  readonly providerId: number;
  readonly provider: string;
  readonly endpointId: number;
  readonly endpoint: string;
  /** Deliveries of events from before the restore. */
  readonly due: number;
  /** Those of them that had failed attempts, and may not have been delivered since. */
  readonly retried: number;
  /** The time of the oldest event among them; null without any. */
  readonly oldest: Date | null;
  /** Deliveries of events since the restore: they are sent in any case. */
  readonly since: number;
  /** Failures on the list. Those that were retried or deleted after the time of the database are on it again. */
  readonly failures: number;
}

/*
 * Transaction numbers tell events from before the restore and since apart, because the clocks of processes differ. One whose history
 * has been deleted is from before. By primary key for each row: a hash join may read the whole history.
 */
const itsEvent = `left join lateral (
    select recorded_in from events where events.provider_id = due.provider_id and events.id = due.event_id limit 1
  ) event on true`;
const isBefore = "coalesce(event.recorded_in < $3::bigint, true)";

// Reads all due rows of held endpoints along due_lane_idx, and their events: four seconds for a million.
const listStatement = `
  select endpoint.provider_id, provider.subdomain as provider, endpoint.id as endpoint_id, endpoint.name as endpoint,
    waiting.due, waiting.retried, waiting.since, waiting.oldest,
    (select count(*) from failures
     where failures.provider_id = endpoint.provider_id and failures.endpoint_id = endpoint.id) as failures
  from lanes
  join endpoints endpoint on endpoint.id = lanes.endpoint_id and endpoint.deleted_at is null
  join providers provider on provider.id = endpoint.provider_id
  cross join lateral (
    select count(*) filter (where is_before) as due, count(*) filter (where is_before and attempts_made > 0) as retried,
      count(*) filter (where not is_before) as since,
      to_timestamp(('x' || min(left(replace(event_id::text, '-', ''), 12)) filter (where is_before))::bit(48)::bigint / 1000.0)
        as oldest
    from (
      select due.event_id, due.attempts_made, ${isBefore} as is_before
      from due ${itsEvent} where due.endpoint_id = endpoint.id
    ) row
  ) waiting
  where ${heldLane} and ($1::bigint is null or lanes.provider_id = $1) and ($2::bigint is null or lanes.endpoint_id = $2)
  order by endpoint.provider_id, endpoint.id`;

/** Lists held endpoints with what waits for them. Events since the restore have at least the transaction number `heldFrom`. */
export const listHeldEndpoints = (
  db: Database,
  { providerId, endpointId }: HeldFilter,
  heldFrom: number,
): Promise<HeldEndpoint[]> => db.query<HeldEndpoint>(listStatement, [providerId ?? null, endpointId ?? null, heldFrom]);

const releaseStatement = `
  update lanes set not_before = null, lifts = lifts + 1
  where endpoint_id = $1 and ${heldLane}
  returning endpoint_id`;

/** Lets engines send what is due at the endpoint. Returns false if it is not held. */
export async function releaseHeldEndpoint(tx: Transaction, endpointId: number): Promise<boolean> {
  const released = await tx.query(releaseStatement, [endpointId]);
  if (released.length > 0) tx.hintAfterCommit("due", String(endpointId));
  return released.length > 0;
}

/** A transaction cancels at most this many deliveries: half a second. */
const skipBatchMax = 5000;

// Oldest first, and only while the endpoint is held: a second run must not cancel deliveries that somebody has released.
const skippedStatement = `
  select due.event_id from due
  join lanes on lanes.endpoint_id = due.endpoint_id and ${heldLane}
  ${itsEvent}
  where due.endpoint_id = $1 and ${isBefore}
  order by due.event_id
  limit $2`;

/**
 * Cancels some of a held endpoint's deliveries of events from before the restore. Returns their number. Call it until it
 * returns 0.
 */
export async function skipHeldDeliveries(
  tx: Transaction,
  { providerId, endpointId }: Pick<HeldEndpoint, "providerId" | "endpointId">,
  heldFrom: number,
): Promise<number> {
  const rows = await tx.query<{ eventId: string }>(skippedStatement, [endpointId, skipBatchMax, heldFrom]);
  if (rows.length === 0) return 0;
  const eventIds = rows.map(({ eventId }) => eventId);
  await cancelDeliveries(tx, { providerId, eventIds, endpointIds: eventIds.map(() => endpointId) });
  return eventIds.length;
}

const countStatement = `
  select count(*) as count from lanes
  join endpoints on endpoints.id = lanes.endpoint_id and endpoints.deleted_at is null
  where ${heldLane}`;

/** Counts the endpoints that are held after a restore. */
export async function countHeldEndpoints(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStatement);
  return row?.count ?? 0;
}
