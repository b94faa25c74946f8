import type { Database } from "#platform/database/database.ts";
import { countWaiting, decodeTrace } from "#webhooks/deliveries/index.ts";
import { operationalEventTypes, portalEventTypes } from "#webhooks/events/index.ts";
import { Counts, intervalMs, readStatistics, spanOf, successRate } from "#webhooks/statistics/index.ts";
import type { AlertKind, Reading } from "./decide.ts";

/** An endpoint with everything that rules look at. */
export interface EndpointReadings {
  readonly endpointId: number;
  readonly name: string;
  readonly urlMasked: string;
  readonly state: "enabled" | "paused" | "disabled";
  readonly disabledReason: string | null;
  readonly attempts: number;
  /** Each metric. Success rate and latency are those of the attempts above. */
  readonly metrics: Readonly<Record<AlertKind, Reading>>;
}

/** Rates and percentiles are those of the attempts in this time. */
export const windowMinutes = 15;

interface EndpointRow {
  readonly endpointId: number;
  readonly name: string;
  readonly urlMasked: string;
  readonly active: boolean;
  readonly state: EndpointReadings["state"];
  readonly disabledReason: string | null;
  readonly failedAt: Date | null;
  readonly deliveredAt: Date | null;
  /** Failures are being retried. */
  readonly isRetrying: boolean;
}

// Per endpoint: the trace of its newest attempt with one, among its newest deliveries. Most first attempts are columns of their
// delivery's row.
const tracesStatement = `
  select endpoint.id as endpoint_id, newest.trace
  from endpoints endpoint
  cross join lateral (
    select trace
    from (
      select ended.event_id, coalesce(ended.first_trace, (
        select attempt.trace from attempts attempt
        where attempt.provider_id = ended.provider_id and attempt.event_id = ended.event_id
          and attempt.endpoint_id = ended.endpoint_id
        order by attempt.number desc limit 1)) as trace
      from deliveries ended
      where ended.provider_id = endpoint.provider_id and ended.endpoint_id = endpoint.id
      order by ended.event_id desc
      limit 20
    ) as recent
    where trace is not null
    order by event_id desc
    limit 1
  ) as newest
  where endpoint.provider_id = $1 and endpoint.id = any($2)`;

const dayMs = 86_400_000;

/** Returns the days until each receiver's certificate expires, as its newest delivery showed it. */
async function readCertificates(
  db: Database,
  { providerId, now, endpointIds }: { providerId: number; now: Date; endpointIds: readonly number[] },
): Promise<ReadonlyMap<number, number>> {
  const rows = await db.query<{ endpointId: number; trace: Buffer }>(tracesStatement, [providerId, endpointIds]);
  return new Map(
    rows.flatMap(({ endpointId, trace }) => {
      const expiresAt = decodeTrace(trace)?.certificateExpiresAt;
      return expiresAt === undefined ? [] : [[endpointId, (expiresAt * 1000 - now.getTime()) / dayMs] as const];
    }),
  );
}

// Per endpoint: its newest failure by failures_list_idx, and its newest deliveries by deliveries_endpoint_idx, because an
// endpoint may have millions of older ones. Operational events do not count: alerts about their deliveries would cause more. Retried
// failures are among the oldest events that are due, by due_endpoint_idx.
const endpointsStatement = `
  select endpoint.id as endpoint_id, endpoint.name, endpoint.url_masked, endpoint.active, endpoint.state,
    endpoint.disabled_reason, failure.failed_at, delivery.delivered_at, exists (
      select from (
        select round_start from due where due.endpoint_id = endpoint.id order by event_id limit 100
      ) oldest where round_start > 0
    ) as is_retrying
  from endpoints endpoint
  left join lateral (
    select failed_at
    from failures
    where failures.provider_id = endpoint.provider_id and failures.endpoint_id = endpoint.id and exists (
      select from events event
      where event.provider_id = failures.provider_id and event.id = failures.event_id and event.type <> all($2))
    order by failed_at desc
    limit 1
  ) failure on true
  left join lateral (
    select max(newest.ended_at) as delivered_at
    from (
      select state, ended_at from deliveries ended
      where ended.provider_id = endpoint.provider_id and ended.endpoint_id = endpoint.id
      order by event_id desc
      limit 500
    ) as newest
    where newest.state = 'delivered'
  ) delivery on failure.failed_at is not null
  where endpoint.provider_id = $1 and endpoint.deleted_at is null
  order by endpoint.id`;

/** Reads the metrics of all endpoints of a provider. */
export async function readEndpointReadings(
  db: Database,
  { providerId, now }: { readonly providerId: number; readonly now: Date },
): Promise<readonly EndpointReadings[]> {
  const endpoints = await db.query<EndpointRow>(endpointsStatement, [providerId, operationalEventTypes]);
  if (endpoints.length === 0) return [];
  const endpointIds = endpoints.map(({ endpointId }) => endpointId);
  const waiting = new Map(
    (await countWaiting(db, { providerId, endpointIds })).map((each) => [each.endpointId, each.oldestSeconds]),
  );
  const certificates = await readCertificates(db, { providerId, now, endpointIds });
  const counts = await countRecent(db, { providerId, now, endpointIds });
  return endpoints.map((endpoint) => {
    const { endpointId, name, urlMasked, state, disabledReason } = endpoint;
    const recent = counts.get(endpointId) ?? new Counts();
    const sends = state === "enabled" && endpoint.active;
    const metrics = {
      success_rate: successRate(recent),
      latency_p95: recent.latencies.percentile(0.95),
      oldest_waiting: sends ? (waiting.get(endpointId) ?? 0) : null, // deliveries are held on purpose otherwise
      certificate: certificates.get(endpointId) ?? null,
      disabled: state === "disabled" ? 1 : 0,
      exhausted: isExhausted(endpoint),
    };
    return { endpointId, name, urlMasked, state, disabledReason, attempts: recent.attempts, metrics };
  });
}

/** Returns 1 if the newest failure is newer than every success. Not known while the last failures of the list are being retried. */
function isExhausted({ failedAt, deliveredAt, isRetrying }: EndpointRow): Reading {
  if (failedAt === null) return isRetrying ? null : 0;
  return deliveredAt === null || deliveredAt <= failedAt ? 1 : 0;
}

async function countRecent(
  db: Database,
  { providerId, now, endpointIds }: { providerId: number; now: Date; endpointIds: readonly number[] },
): Promise<ReadonlyMap<number, Counts>> {
  const intervals = await readStatistics(db, {
    providerId,
    span: spanOf("minute", now.getTime() - (windowMinutes - 1) * intervalMs.minute, now.getTime()),
    endpointIds,
    eventTypes: portalEventTypes,
    histograms: ["latencies"],
  });
  const counts = new Map<number, Counts>();
  for (const interval of intervals) {
    const sum = counts.get(interval.endpointId) ?? new Counts();
    sum.addAll(interval.counts);
    counts.set(interval.endpointId, sum);
  }
  return counts;
}
