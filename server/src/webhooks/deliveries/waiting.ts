import type { Database } from "#platform/database/database.ts";

/** The deliveries of an endpoint that have not ended. */
export interface WaitingDeliveries {
  readonly endpointId: number;
  /** At most `countedMax`: then there may be more. */
  readonly waiting: number;
  /** The age of the oldest event among them. Null without any. Manual retries and replays count from when they became due. */
  readonly oldestSeconds: number | null;
  /** When the next attempt is due; null without any, and if all wait for others. */
  readonly nextDueAt: Date | null;
  /** Some wait behind another one of their ordering key. */
  readonly isHeldUp: boolean;
}

/** Deliveries counted per endpoint. Counting so many takes a millisecond. */
export const countedMax = 10_000;

// Each endpoint by due_lane_idx: rows of any due time, those that wait behind another of their ordering key included, and the
// first row due. The oldest event by due_oldest_idx, as measureStatement of due.ts does. The first 48 bits of an event's id are
// its time in milliseconds.
// @indexed
const waitingStatement = `
  select endpoint.id as endpoint_id, counted.waiting, nullif(first.due_at, 'infinity') as next_due_at,
    extract(epoch from statement_timestamp() - least(
      case when first.due_at <= statement_timestamp() then first.due_at end,
      to_timestamp(('x' || left(replace(oldest.event_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
    ))::float8 as oldest_seconds,
    coalesce(last.due_at = 'infinity', false) as is_held_up
  from endpoints endpoint
  cross join lateral (
    select count(*) as waiting from (select from due where due.endpoint_id = endpoint.id limit $3) row
  ) counted
  left join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id order by due.due_at limit 1
  ) first on true
  left join lateral (
    select due.due_at from due where due.endpoint_id = endpoint.id order by due.due_at desc limit 1
  ) last on true
  left join lateral (
    select due.event_id from due
    where due.endpoint_id = endpoint.id
      and (due.ordering_key is not null or due.attempts_made > 0) and due.round_start = 0 and due.replay = 0
    order by due.event_id limit 1
  ) oldest on true
  where endpoint.provider_id = $1 and endpoint.id = any($2::bigint[])`;

/** Counts what waits for each of the provider's endpoints. */
export async function countWaiting(
  db: Database,
  { providerId, endpointIds }: { readonly providerId: number; readonly endpointIds: readonly number[] },
): Promise<readonly WaitingDeliveries[]> {
  const rows = await db.query<WaitingDeliveries>(waitingStatement, [providerId, endpointIds, countedMax]);
  return rows.map((row) => ({
    ...row,
    oldestSeconds: row.waiting === 0 || row.oldestSeconds === null ? null : Math.max(0, row.oldestSeconds),
  }));
}
