import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { uuidV7Floor } from "#platform/ids.ts";
import { daysAfter } from "#platform/times.ts";
import { countWaiting, decodeTrace } from "#webhooks/deliveries/index.ts";
import { operationalEventTypes, portalEventTypes } from "#webhooks/events/index.ts";
import { Counts, intervalMs, readStatistics, spanOf, successRate } from "#webhooks/statistics/index.ts";
import type { AlertKind, Reading } from "./alerts.ts";

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
  readonly hasFailures: boolean;
  /** Failures are being retried. */
  readonly isRetrying: boolean;
}

interface Ends {
  readonly failedEventId: string | null;
  readonly failedAt: Date | null;
  readonly deliveredAt: Date | null;
}

interface ReadingRequest {
  readonly providerId: number;
  readonly now: Date;
  /** Deliveries of events of this many days are kept at least. */
  readonly retentionDays: number;
}

/**
 * Readings of deliveries look at events of this many days, whatever is kept: every provider is read each minute, and PostgreSQL
 * plans each day. With 400 days that took 0.3 s of processor time per provider.
 */
const recentDays = 30;

const firstRecentId = ({ now }: ReadingRequest): string => uuidV7Floor(daysAfter(now, -recentDays).getTime());

// Per endpoint: the trace of its newest attempt with one, among its newest deliveries of events since $3. Most first attempts are
// columns of their delivery's row.
const tracesStatement = `
  select endpoint.id as endpoint_id, newest.trace
  from endpoints endpoint
  cross join lateral (
    select trace
    from (
      select ended.event_id, coalesce(ended.first_trace, (
        select attempt.trace from attempts attempt
        where attempt.provider_id = ended.provider_id and attempt.event_id = ended.event_id
          and attempt.endpoint_id = ended.endpoint_id and attempt.event_id >= $3
        order by attempt.number desc limit 1)) as trace
      from deliveries ended
      where ended.provider_id = endpoint.provider_id and ended.endpoint_id = endpoint.id and ended.event_id >= $3
      order by ended.event_id desc
      limit 20
    ) as recent
    where trace is not null
    order by event_id desc
    limit 1
  ) as newest
  where endpoint.provider_id = $1 and endpoint.id = any($2)
  ${plannedEachTime}`;

const dayMs = 86_400_000;

/** Returns the days until each receiver's certificate expires, as its newest delivery showed it. */
async function readCertificates(
  db: Database,
  request: ReadingRequest,
  endpointIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { providerId, now } = request;
  const values = [providerId, endpointIds, firstRecentId(request)];
  const rows = await db.query<{ endpointId: number; trace: Buffer }>(tracesStatement, values);
  return new Map(
    rows.flatMap(({ endpointId, trace }) => {
      const expiresAt = decodeTrace(trace)?.certificateExpiresAt;
      return expiresAt === undefined ? [] : [[endpointId, (expiresAt * 1000 - now.getTime()) / dayMs] as const];
    }),
  );
}

// Retried failures are among the oldest events that are due, by due_endpoint_idx. Failures by failures_list_idx.
const endpointsStatement = `
  select endpoint.id as endpoint_id, endpoint.name, endpoint.url_masked, endpoint.active, endpoint.state,
    endpoint.disabled_reason, exists (
      select from failures where failures.provider_id = endpoint.provider_id and failures.endpoint_id = endpoint.id
    ) as has_failures, exists (
      select from (
        select round_start from due where due.endpoint_id = endpoint.id order by event_id limit 100
      ) oldest where round_start > 0
    ) as is_retrying
  from endpoints endpoint
  where endpoint.provider_id = $1 and endpoint.deleted_at is null
  order by endpoint.id`;

// Per endpoint: its newest failure by failures_list_idx, and its newest deliveries of events since $3 by deliveries_endpoint_idx,
// because an endpoint may have millions of older ones. Operational events do not count: alerts about their deliveries would cause
// more. All failures of older events count: whether these were operational is not read.
const endsStatement = `
  select endpoint.id as endpoint_id, failure.event_id as failed_event_id, failure.failed_at, delivery.delivered_at
  from unnest($2::bigint[]) as endpoint (id)
  left join lateral (
    select event_id, failed_at
    from failures
    where failures.provider_id = $1 and failures.endpoint_id = endpoint.id and not exists (
      select from events event
      where event.provider_id = $1 and event.id = failures.event_id and event.id >= $3 and event.type = any($4))
    order by failed_at desc
    limit 1
  ) failure on true
  left join lateral (
    select max(newest.ended_at) as delivered_at
    from (
      select state, ended_at from deliveries ended
      where ended.provider_id = $1 and ended.endpoint_id = endpoint.id and ended.event_id >= $3
      order by event_id desc
      limit 500
    ) as newest
    where newest.state = 'delivered'
  ) delivery on failure.failed_at is not null
  ${plannedEachTime}`;

/** Reads the newest failure and success of the endpoints that have failures. Most providers have none. */
async function readEnds(
  db: Database,
  request: ReadingRequest,
  endpoints: readonly EndpointRow[],
): Promise<ReadonlyMap<number, Ends>> {
  const failing = endpoints.flatMap(({ endpointId, hasFailures }) => (hasFailures ? [endpointId] : []));
  if (failing.length === 0) return new Map();
  const values = [request.providerId, failing, firstRecentId(request), operationalEventTypes];
  const rows = await db.query<Ends & { readonly endpointId: number }>(endsStatement, values);
  return new Map(rows.map((row) => [row.endpointId, row]));
}

/** Reads the metrics of all endpoints of a provider. */
export async function readEndpointReadings(
  db: Database,
  request: ReadingRequest,
): Promise<readonly EndpointReadings[]> {
  const { providerId, now } = request;
  const endpoints = await db.query<EndpointRow>(endpointsStatement, [providerId]);
  if (endpoints.length === 0) return [];
  const endpointIds = endpoints.map(({ endpointId }) => endpointId);
  const waiting = new Map(
    (await countWaiting(db, { providerId, endpointIds })).map((each) => [each.endpointId, each.oldestSeconds]),
  );
  const ends = await readEnds(db, request, endpoints);
  const certificates = await readCertificates(db, request, endpointIds);
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
      exhausted: isExhausted(endpoint, ends.get(endpointId), request),
    };
    return { endpointId, name, urlMasked, state, disabledReason, attempts: recent.attempts, metrics };
  });
}

/**
 * Returns 1 if the newest failure is newer than every success. Not known while the last failures of the list are being retried, nor
 * without a success that is read if the failure is so old that a later success may have expired, or its event too old to be read: then
 * those of its time that were retried with it are not read either.
 */
function isExhausted({ isRetrying }: EndpointRow, ends: Ends | undefined, request: ReadingRequest): Reading {
  if (!ends || ends.failedAt === null) return isRetrying ? null : 0;
  const { failedEventId, failedAt, deliveredAt } = ends;
  if (deliveredAt !== null) return deliveredAt <= failedAt ? 1 : 0;
  const knownSince = daysAfter(request.now, -Math.min(recentDays, request.retentionDays) / 2);
  return failedAt < knownSince || String(failedEventId) < firstRecentId(request) ? null : 1;
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
