import type { Pool } from "#platform/database/database.ts";
import { everyAttempt, outcomeClasses } from "#webhooks/deliveries/index.ts";
import { eventTypes } from "#webhooks/events/index.ts";
import {
  type CountedInterval,
  type Counts,
  type Interval,
  readStatistics,
  spanOf,
} from "#webhooks/statistics/index.ts";

type Totals = Readonly<Record<string, number>>;

/** Every number of the statistics, by interval, endpoint and event type; 0 and '' stand for all. */
export type Recount = Readonly<Record<string, Totals>>;

const sums = `
  count(*) filter (where status between 200 and 299) as "2xx", count(*) filter (where status between 300 and 399) as "3xx",
  count(*) filter (where status between 400 and 499) as "4xx", count(*) filter (where status >= 500) as "5xx",
  count(*) filter (where error_class = 'timeout') as "timeout", count(*) filter (where error_class = 'connection') as "connection",
  count(*) filter (where error_class = 'tls') as "tls", count(*) filter (where error_class = 'forbidden') as "forbidden",
  count(*) filter (where number = 1 and error is null) as "firstAttemptSuccesses", count(*) filter (where number > 1) as "retries",
  count(*) filter (where error is null) as "delivered", count(*) filter (where is_failed) as "failed",
  coalesce(sum(bytes) filter (where status is not null), 0)::bigint as "bytesSent",
  coalesce(sum(octet_length(response_body)), 0)::bigint as "bytesReceived",
  count(*) as "latencies", count(*) filter (where error is null and replay = 0) as "delays"`;

/** Counts the attempts of the history, with a statement that shares nothing with the product's. */
export async function recountAttempts(db: Pool, providerId: number): Promise<Recount> {
  const rows = await db.query<{ key: string } & Totals>(
    `with attempt as (
       select attempt.*, event.type, ended.replay, octet_length(payload.body) as bytes,
         ended.state = 'failed' and ended.attempts_made = attempt.number as is_failed
       from ${everyAttempt} attempt
       join events event on event.id = attempt.event_id
       left join deliveries ended on ended.event_id = attempt.event_id and ended.endpoint_id = attempt.endpoint_id
       left join payloads payload on payload.event_id = attempt.event_id and payload.format = ended.format
       where attempt.provider_id = $1
     )
     select concat_ws(' ', unit, extract(epoch from at_start)::bigint, coalesce(endpoint_id, 0), coalesce(type, '')) as key, ${sums}
     from (
       select attempt.*, unit, date_trunc(unit, at, 'UTC') as at_start
       from attempt cross join unnest('{minute,hour,day}'::text[]) unit
     ) attempt
     group by unit, at_start, cube (endpoint_id, type)`,
    [providerId],
  );
  return Object.fromEntries(rows.map(({ key, ...totals }) => [key, totals]));
}

const countOf = (elements: readonly number[]): number =>
  elements.reduce((sum, element) => sum + (element % 2 ** 40), 0);

const totalsOf = (counts: Counts): Totals => ({
  ...Object.fromEntries(outcomeClasses.map((outcome) => [outcome, counts.outcome(outcome)])),
  firstAttemptSuccesses: counts.sums.first_attempt_successes,
  retries: counts.sums.retries,
  delivered: counts.sums.delivered,
  failed: counts.sums.failed,
  bytesSent: counts.sums.bytes_sent,
  bytesReceived: counts.sums.bytes_received,
  latencies: countOf(counts.latencies.elements()),
  delays: countOf(counts.delays.elements()),
});

/** Reads the same from the statistics. */
export async function readAllStatistics(db: Pool, providerId: number): Promise<Recount> {
  const endpoints = await db.query<{ id: number }>(`select id from endpoints where provider_id = $1`, [providerId]);
  const now = Date.now();
  const recount: Record<string, Totals> = {};
  for (const interval of ["minute", "hour", "day"] satisfies Interval[]) {
    const counted: readonly CountedInterval[] = await readStatistics(db, {
      providerId,
      span: spanOf(interval, now - 3_600_000, now + 60_000),
      endpointIds: [0, ...endpoints.map(({ id }) => id)],
      eventTypes: ["", ...eventTypes],
      histograms: ["latencies", "delays"],
    });
    for (const { endpointId, eventType, atMs, counts } of counted)
      recount[`${interval} ${atMs / 1000} ${endpointId} ${eventType}`] = totalsOf(counts);
  }
  return recount;
}
