import type { Database } from "#platform/database/database.ts";
import { isoTime } from "#platform/times.ts";
import { type CountedInterval, Counts, type Interval, all, intervalMs, startOfInterval } from "./counts.ts";

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

/** The longest spans that are shown by minute, and by hour. A series for each endpoint has fewer points. */
const longest = { one: { minute: 6 * hourMs, hour: 14 * 24 * hourMs }, each: { minute: hourMs, hour: 48 * hourMs } };

/** Returns the interval that shows a span in some 15 to 360 points, in up to 60 for each endpoint. */
export function fittingInterval(spanMs: number, isByEndpoint: boolean): Interval {
  const { minute, hour } = longest[isByEndpoint ? "each" : "one"];
  if (spanMs <= minute) return "minute";
  return spanMs <= hour ? "hour" : "day";
}

/** Returns the starts of the intervals of a span. */
export const startsIn = ({ interval, sinceMs, untilMs }: Span): readonly number[] =>
  Array.from(
    { length: Math.ceil((untilMs - sinceMs) / intervalMs[interval]) },
    (_, index) => sinceMs + index * intervalMs[interval],
  );

/** A histogram that is read only on request, because it is longer than all sums. */
export type HistogramName = "latencies" | "delays";

export interface StatisticsFilter {
  readonly providerId: number;
  readonly span: Span;
  /** Undefined: all together. */
  readonly endpointIds?: readonly number[] | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  /** The histograms whose percentiles will be read. None by default. */
  readonly histograms?: readonly HistogramName[];
  /** Reads only attempts and ended deliveries, in half the time: no outcomes, retries and bytes. */
  readonly isOfTotals?: boolean;
  /** Adds up the intervals of so many milliseconds from the start of the span on. By default, each stays separate. */
  readonly pointMs?: number;
}

/** All intervals of an endpoint and type, in texts: intervals are separated by semicolons, their numbers by commas. */
interface Series {
  readonly endpointId: number;
  readonly eventType: string;
  /** The starts of the intervals. */
  readonly seconds: readonly number[];
  /** In the order of `countColumns`, or only attempts, delivered and failed. */
  readonly sums: string;
  /** Null unless requested. */
  readonly latencies: string | null;
  readonly delays: string | null;
}

// By primary key: a range of times for each requested endpoint and type. Rows of all endpoints and of all types exist, so a
// question about a whole provider reads one row per interval. The result has a row per series: with one per interval,
// receiving the rows took four times as long as reading them.
const sums = `case when $8 then concat_ws(',', outcome_2xx + outcome_3xx + outcome_4xx + outcome_5xx + outcome_timeout +
      outcome_connection + outcome_tls + outcome_forbidden, delivered, failed)
    else concat_ws(',', outcome_2xx, outcome_3xx, outcome_4xx, outcome_5xx, outcome_timeout, outcome_connection, outcome_tls,
      outcome_forbidden, first_attempt_successes, retries, delivered, failed, bytes_sent, bytes_received) end`;
const series = `endpoint_id, event_type, array_agg(extract(epoch from at)::bigint) as seconds,
    string_agg(${sums}, ';') as sums,
    string_agg(case when $6 then array_to_string(latencies, ',') end, ';') as latencies,
    string_agg(case when $7 then array_to_string(delays, ',') end, ';') as delays`;
const requested = `provider_id = $1 and endpoint_id = any($2::bigint[]) and event_type = any($3::text[]) and at >= $4 and at < $5
  group by endpoint_id, event_type`;

// @indexed
const minutesStatement = `select ${series} from statistics_minutes where ${requested}`;
// @indexed
const hoursStatement = `select ${series} from statistics_hours where ${requested}`;
// @indexed
const daysStatement = `select ${series} from statistics_days where ${requested}`;

const statements: Readonly<Record<Interval, string>> = {
  minute: minutesStatement,
  hour: hoursStatement,
  day: daysStatement,
};

// Endpoints that were deleted in the span too: their attempts are part of the provider's. An engine learns of a deletion within seconds.
const endpointIdsStatement = `
  select id from endpoints
  where provider_id = $1 and (deleted_at is null or deleted_at > $2::timestamptz - interval '1 minute')`;

/** Returns the ids of all endpoints that may have attempts in the span, to read the counts of each. */
export const readEndpointIds = async (
  db: Database,
  { providerId, span }: Pick<StatisticsFilter, "providerId" | "span">,
): Promise<readonly number[]> =>
  (await db.query<{ id: number }>(endpointIdsStatement, [providerId, isoTime(span.sinceMs)])).map(({ id }) => id);

/** Returns the counts of the intervals or points that have any, in no order. */
export async function readStatistics(db: Database, filter: StatisticsFilter): Promise<readonly CountedInterval[]> {
  const { providerId, span, endpointIds = [all.endpointId], eventTypes = [all.eventType], histograms = [] } = filter;
  const isOfTotals = filter.isOfTotals ?? false;
  const found = await db.query<Series>(statements[span.interval], [
    providerId,
    endpointIds,
    eventTypes,
    isoTime(span.sinceMs),
    isoTime(span.untilMs),
    histograms.includes("latencies"),
    histograms.includes("delays"),
    isOfTotals,
  ]);
  const { sinceMs, interval } = span;
  const { pointMs = intervalMs[interval] } = filter;
  return found.flatMap((one) => pointsOf(one, isOfTotals, (atMs) => atMs - ((atMs - sinceMs) % pointMs)));
}

/** Returns the counts of a series by the points in which its intervals are. */
function pointsOf(
  { endpointId, eventType, seconds, ...texts }: Series,
  isOfTotals: boolean,
  pointOf: (atMs: number) => number,
): readonly CountedInterval[] {
  const [allSums, latencies, delays] = [texts.sums, texts.latencies, texts.delays].map((text) => text?.split(";"));
  const points = new Map<number, Counts>();
  for (const [index, second] of seconds.entries()) {
    const atMs = pointOf(second * 1000);
    let counts = points.get(atMs);
    if (!counts) points.set(atMs, (counts = new Counts()));
    const stored = {
      sums: numbersIn(allSums?.[index]),
      latencies: numbersIn(latencies?.[index]),
      delays: numbersIn(delays?.[index]),
    };
    if (isOfTotals) counts.addTotals(stored);
    else counts.addRow(stored);
  }
  return Array.from(points, ([atMs, counts]) => ({ endpointId, eventType, atMs, counts }));
}

const comma = ",".charCodeAt(0);
const zero = "0".charCodeAt(0);

/** Parses whole numbers that are separated by commas, in a third of the time of `split` and `Number`. */
function numbersIn(text = ""): readonly number[] {
  if (text === "") return [];
  const numbers: number[] = [];
  let number = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === comma) {
      numbers.push(number);
      number = 0;
    } else number = number * 10 + code - zero;
  }
  numbers.push(number);
  return numbers;
}
