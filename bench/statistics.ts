/**
 * Measures the dashboard's queries, for a provider with a hundred endpoints and twenty event types that were all busy in every
 * minute, hour and day of the last 90 days. Each number is the 95th percentile of twenty reads, in milliseconds.
 * Run: npm run bench -- statistics [days] [--json FILE]
 */
import type { Pool } from "../server/src/platform/database/database.ts";
import { eventTypes } from "../server/src/webhooks/events/index.ts";
import { addStatisticsPartitions, readHealth } from "../server/src/webhooks/statistics/index.ts";
import {
  type StatisticsFilter,
  fittingInterval,
  readStatistics,
  spanOf,
} from "../server/src/webhooks/statistics/read-statistics.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { ownCpuSeconds, percentile, treeCpuSeconds } from "./measuring.ts";
import { openReport } from "./report.ts";

const endpoints = 100;
const types = eventTypes.slice(0, 20);
const reads = 20;
const barMs = 200;
const report = openReport("statistics");
const [days = 90] = report.numbers;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const insertEndpoints = `
  insert into endpoints (provider_id, name, url, url_masked, secret, retry_waits_seconds, event_types)
  select 1, 'endpoint-' || n, $2, 'https://crm.example.com/', $3, '{60}', '{*}' from generate_series(1, $1) n
  returning id`;

// Twelve buckets per histogram, as a receiver with a usual spread of latencies fills.
const rowsOf = (table: string, step: string): string => `
  insert into ${table}
  select 1, endpoint_id, event_type, at, 50, 0, 2, 3, 1, 0, 0, 0, 48, 5, 50, 1, 60000, 2000, latencies, delays
  from generate_series(date_trunc('day', now()) - make_interval(secs => $3), now(), '${step}') at,
    unnest(array[0] || $1::bigint[]) endpoint_id, unnest(array[''] || $2::text[]) event_type,
    (select array_agg((bucket << 40) + 4) as latencies, array_agg((bucket + 8 << 40) + 4) as delays
     from generate_series(18::bigint, 29) bucket) histogram`;

/** Fills the intervals that the dashboard reads: minutes of six hours, hours of two weeks, and all days. */
async function fill(database: BenchDatabase, endpointIds: readonly number[]): Promise<void> {
  const { owner } = database;
  await owner.query(`select add_statistics_partitions((now() - make_interval(days => $1))::date, now()::date + 1)`, [
    days,
  ]);
  for (const [table, step, seconds] of [
    ["statistics_days", "1 day", days * 86_400],
    ["statistics_hours", "1 hour", Math.min(days, 14) * 86_400],
  ] as const)
    await owner.query(rowsOf(table, step), [endpointIds, types, seconds]);
  const minutes = rowsOf("statistics_minutes", "1 minute").replace(
    "date_trunc('day', now())",
    "date_trunc('minute', now())",
  );
  await owner.query(minutes, [endpointIds, types, 6 * 3600]);
  await owner.query("vacuum analyze");
}

/** The processor time of the read, of Node.js and PostgreSQL, does not depend on other programs; the time does. */
async function measure(title: string, read: () => Promise<unknown>): Promise<void> {
  await read();
  const times: number[] = [];
  const cpuSeconds = (): number => ownCpuSeconds() + treeCpuSeconds(database.postgresPid);
  const cpuBefore = cpuSeconds();
  for (let count = 0; count < reads; count += 1) {
    const startedMs = performance.now();
    await read();
    times.push(performance.now() - startedMs);
  }
  const cpuMs = ((cpuSeconds() - cpuBefore) * 1000) / reads;
  const p95 = percentile(times, 0.95);
  const numbers = { "p95 ms": p95, "processor ms": cpuMs };
  report.add(
    { title, numbers },
    `statistics ${title}: p95 ${p95.toFixed(1)} ms, bar ${barMs}; processor ${cpuMs.toFixed(1)} ms`,
  );
}

await using database = await openBenchDatabase();
await using pool: Pool & AsyncDisposable = await database.openAppPool();
await addStatisticsPartitions(pool);
const [url, secret] = [
  database.encryption.encrypt("endpoint url", "https://crm.example.com/"),
  database.encryption.encrypt("endpoint secret", "whsec_"),
];
await database.owner.query(
  `insert into providers (id, name, subdomain, provider_key_digest, web_hooks, event_source)
   values (1, 'busy', 'busy', '', 'visible', 'https://busy.example')`,
);
const ids = await database.owner.query<{ id: number }>(insertEndpoints, [endpoints, url, secret]);
const endpointIds = ids.map(({ id }) => id);
await database.owner.query(`insert into lanes (endpoint_id, provider_id) select id, provider_id from endpoints`);
await fill(database, endpointIds);

const nowMs = Date.now();
const read = (interval: "minute" | "hour" | "day", spanMs: number, more: Partial<StatisticsFilter>) => () =>
  readStatistics(pool, { providerId: 1, span: spanOf(interval, nowMs - spanMs, nowMs), ...more });
const histograms = ["latencies", "delays"] as const;

for (const [title, interval, spanMs] of [
  ["six hours by minute", "minute", 6 * hourMs],
  ["two weeks by hour", "hour", 14 * dayMs],
  ["90 days by day", "day", days * dayMs],
] as const) {
  await measure(`${title}, percentiles`, read(interval, spanMs, { histograms }));
  await measure(`${title}, by event type`, read(interval, spanMs, { eventTypes: types }));
}
// In the intervals that `GET /stats` chooses. Finer ones have up to 100,000 points.
for (const [title, spanMs] of [
  ["an hour", hourMs],
  ["six hours", 6 * hourMs],
  ["two weeks", 14 * dayMs],
  ["90 days", days * dayMs],
] as const) {
  const interval = fittingInterval(spanMs, true);
  await measure(`${title} by ${interval}, by endpoint`, read(interval, spanMs, { endpointIds }));
}
await measure("two weeks by hour, by endpoint", read("hour", 14 * dayMs, { endpointIds }));
await measure(
  "two weeks by hour, success rate by endpoint",
  read("hour", 14 * dayMs, { endpointIds, isOfTotals: true }),
);
await measure(
  "six hours by minute, success rate by endpoint",
  read("minute", 6 * hourMs, { endpointIds, isOfTotals: true }),
);
await measure("90 days by day, percentiles by endpoint", read("day", days * dayMs, { endpointIds, histograms }));
const [encryption, now] = [database.encryption, new Date(nowMs)];
await measure("health of all endpoints", () => readHealth({ pool, encryption, now }, 1));
