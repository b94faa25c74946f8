import type { Database } from "#platform/database/database.ts";
import { isoTime } from "#platform/times.ts";
import { eventTypes } from "#webhooks/events/index.ts";
import { Counts, type Interval, all, countColumns, intervalMs, startOfInterval } from "./counts.ts";

/** Minutes are kept for this many days, hours and days for BELLWIRE_STATISTICS_DAYS. */
export const minuteDays = 3;

/** A time span, its bounds at starts of the interval. */
export interface Span {
  readonly interval: Interval;
  readonly sinceMs: number;
  /** Exclusive. */
  readonly untilMs: number;
}

/** Extends a span to whole intervals. */
export function spanOf(interval: Interval, fromMs: number, toMs: number): Span {
  const sinceMs = startOfInterval(interval, fromMs);
  const lastMs = startOfInterval(interval, Math.max(toMs - 1, sinceMs));
  return { interval, sinceMs, untilMs: lastMs + intervalMs[interval] };
}

const hourMs = intervalMs.hour;

/** Returns the interval that shows a span in some 15 to 360 points. */
export function fittingInterval(spanMs: number): Interval {
  if (spanMs <= 6 * hourMs) return "minute";
  return spanMs <= 14 * 24 * hourMs ? "hour" : "day";
}

/** Returns the starts of the intervals of a span. */
export const startsIn = ({ interval, sinceMs, untilMs }: Span): readonly number[] =>
  Array.from(
    { length: Math.ceil((untilMs - sinceMs) / intervalMs[interval]) },
    (_, index) => sinceMs + index * intervalMs[interval],
  );

export interface StatisticsFilter {
  readonly providerId: number;
  readonly span: Span;
  /** Undefined: all together, or each of them with `byEndpoint`. */
  readonly endpointIds?: readonly number[] | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly byEndpoint?: boolean;
  readonly byEventType?: boolean;
  /** Whether percentiles will be read. */
  readonly withHistograms?: boolean;
}

/** The counts of one interval. An id of 0 and an empty type stand for all. */
export interface CountedInterval {
  readonly endpointId: number;
  readonly eventType: string;
  readonly atMs: number;
  readonly counts: Counts;
}

interface Row {
  readonly endpointId: number;
  readonly eventType: string;
  readonly at: Date;
  /** In the order of `countColumns`. */
  readonly sums: readonly number[];
  readonly latencies: readonly number[];
  readonly delays: readonly number[];
}

// By primary key: a range of times for each endpoint and type asked for. Rows of all endpoints and of all types exist, so a
// question about a whole provider reads one row per interval.
const sums = `array[outcome_2xx, outcome_3xx, outcome_4xx, outcome_5xx, outcome_timeout, outcome_connection, outcome_tls,
    outcome_forbidden, first_attempt_successes, retries, delivered, failed, bytes_sent, bytes_received]::bigint[] as sums`;
const histograms = `case when $6 then latencies else '{}' end as latencies, case when $6 then delays else '{}' end as delays`;
const wanted = `provider_id = $1 and endpoint_id = any($2::bigint[]) and event_type = any($3::text[]) and at >= $4 and at < $5`;

// @indexed
const minutesStatement = `select endpoint_id, event_type, at, ${sums}, ${histograms} from statistics_minutes where ${wanted}`;
// @indexed
const hoursStatement = `select endpoint_id, event_type, at, ${sums}, ${histograms} from statistics_hours where ${wanted}`;
// @indexed
const daysStatement = `select endpoint_id, event_type, at, ${sums}, ${histograms} from statistics_days where ${wanted}`;

const statements: Readonly<Record<Interval, string>> = {
  minute: minutesStatement,
  hour: hoursStatement,
  day: daysStatement,
};

// Deleted endpoints too: their attempts are part of the provider's.
const endpointIdsStatement = `select id from endpoints where provider_id = $1`;

/** Returns the counts of the intervals that have any, in no order. */
export async function readStatistics(db: Database, filter: StatisticsFilter): Promise<readonly CountedInterval[]> {
  const { providerId, span, byEndpoint = false, byEventType = false, withHistograms = false } = filter;
  const everyEndpoint = async (): Promise<readonly number[]> =>
    (await db.query<{ id: number }>(endpointIdsStatement, [providerId])).map(({ id }) => id);
  const endpointIds = filter.endpointIds ?? (byEndpoint ? await everyEndpoint() : [all.endpointId]);
  const types = filter.eventTypes ?? (byEventType ? eventTypes : [all.eventType]);
  const rows = await db.query<Row>(statements[span.interval], [
    providerId,
    endpointIds,
    types,
    isoTime(span.sinceMs),
    isoTime(span.untilMs),
    withHistograms,
  ]);
  return rows.map((row) => ({ ...row, atMs: row.at.getTime(), counts: countsOf(row) }));
}

function countsOf(row: Row): Counts {
  const counts = new Counts();
  for (const [index, column] of countColumns.entries()) counts.sums[column] = row.sums[index] ?? 0;
  counts.latencies.addElements(row.latencies);
  counts.delays.addElements(row.delays);
  return counts;
}
