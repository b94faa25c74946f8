import type { Database } from "#platform/database/database.ts";
import { type ErrorClass, everyAttempt } from "#webhooks/deliveries/index.ts";
import type { CountedAttempt } from "./counts.ts";

/** Attempts of a lane that the history has and the statistics lack: those recorded in transactions of this range. */
export interface UncountedRange {
  readonly endpointId: number;
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly through: number;
}

export interface UncountedAttempt extends CountedAttempt {
  readonly endpointId: number;
}

export interface Uncounted {
  readonly attempts: readonly UncountedAttempt[];
  /** Attempts of later transactions are to be read again. Infinity if all were read. */
  readonly reached: number;
}

/** A batch of outcomes has at most 1,000 rows, so each read reaches a later transaction. */
const rowsMax = 20_000;

interface Row {
  readonly endpointId: number;
  readonly transaction: number;
  readonly eventType: string;
  readonly at: Date;
  readonly number: number;
  readonly status: number | null;
  readonly errorClass: ErrorClass | null;
  readonly end: "delivered" | "failed" | null;
  readonly latencyMs: number;
  readonly occurredAt: Date;
  readonly isFirstRound: boolean;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

// By the block range indexes of both feeds, from the oldest range on. An attempt that succeeded after its delivery was
// cancelled has delivered nothing.
const uncountedStatement = `
  select attempt.endpoint_id, attempt.recorded_in as transaction, event.type as event_type, attempt.at, attempt.number,
    attempt.status, attempt.error_class, attempt.latency_ms, event.occurred_at,
    case when attempt.error is null and ended.state is distinct from 'cancelled' then 'delivered'
      when ended.state = 'failed' and ended.attempts_made = attempt.number then 'failed' end as end,
    coalesce(due.replay, ended.replay, 0) = 0 as is_first_round,
    case when attempt.status is null then 0 else coalesce(octet_length(payload.body), 0) end as bytes_sent,
    coalesce(octet_length(attempt.response_body), 0) as bytes_received
  from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as lane (endpoint_id, after, through)
  join ${everyAttempt} attempt on attempt.endpoint_id = lane.endpoint_id
    and attempt.recorded_in > lane.after and attempt.recorded_in <= lane.through
  join events event on event.provider_id = attempt.provider_id and event.id = attempt.event_id
  left join deliveries ended on ended.provider_id = attempt.provider_id and ended.event_id = attempt.event_id
    and ended.endpoint_id = attempt.endpoint_id
  left join due on due.event_id = attempt.event_id and due.endpoint_id = attempt.endpoint_id
  left join payloads payload on payload.provider_id = attempt.provider_id and payload.event_id = attempt.event_id
    and payload.format = coalesce(due.format, ended.format)
  where attempt.recorded_in > $4 and attempt.recorded_in <= $5
  order by attempt.recorded_in
  limit $6`;

/** Reads attempts from the history, those of the earliest transactions first. */
export async function readUncounted(db: Database, ranges: readonly UncountedRange[]): Promise<Uncounted> {
  if (ranges.length === 0) return { attempts: [], reached: Number.POSITIVE_INFINITY };
  const rows = await db.query<Row>(uncountedStatement, [
    ranges.map(({ endpointId }) => endpointId),
    ranges.map(({ after }) => after),
    ranges.map(({ through }) => through),
    Math.min(...ranges.map(({ after }) => after)),
    Math.max(...ranges.map(({ through }) => through)),
    rowsMax,
  ]);
  const reached = rows.length < rowsMax ? Number.POSITIVE_INFINITY : (rows.at(-1)?.transaction ?? 0) - 1;
  return { attempts: rows.filter(({ transaction }) => transaction <= reached).map(attemptOf), reached };
}

const attemptOf = ({ at, occurredAt, isFirstRound, ...row }: Row): UncountedAttempt => ({
  ...row,
  atMs: at.getTime(),
  delayMs: row.end === "delivered" && isFirstRound ? delayOf(at.getTime(), row.latencyMs, occurredAt.getTime()) : null,
});

/** Returns the time from an event to the response that delivered it. Two processes' clocks may differ by milliseconds. */
export const delayOf = (atMs: number, latencyMs: number, occurredMs: number): number =>
  Math.max(0, atMs + latencyMs - occurredMs);
