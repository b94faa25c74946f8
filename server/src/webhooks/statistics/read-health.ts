import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { type WaitingDeliveries, countWaiting } from "#webhooks/deliveries/index.ts";
import { listEndpoints, readEndpoint } from "#webhooks/endpoints/index.ts";
import { Counts, intervalMs } from "./counts.ts";
import { type CountedSpan, type EndpointHealth, type LaneFacts, healthOf, pointMinutes } from "./health.ts";
import { type CountedInterval, type Span, readStatistics, spanOf, startsIn } from "./read-statistics.ts";

/** How long the past is searched for the start of a state. */
const sinceDays = 1;

export interface HealthNeeds {
  readonly pool: Database;
  readonly encryption: Encryption;
  readonly now: Date;
}

/** Returns the health of the endpoint; undefined if the provider has none with this id. */
export async function readEndpointHealth(
  needs: HealthNeeds,
  { providerId, id }: { readonly providerId: number; readonly id: number },
): Promise<EndpointHealth | undefined> {
  const endpoint = await readEndpoint(needs.pool, needs.encryption, { providerId, id });
  return endpoint && (await healthOfAll(needs, providerId, [endpoint]))[0];
}

/** Endpoints read at once. */
const pageSize = 1000;

/** Returns the health of all endpoints of a provider, by age. */
export async function readHealth(needs: HealthNeeds, providerId: number): Promise<readonly EndpointHealth[]> {
  const health: EndpointHealth[] = [];
  let afterId = 0;
  for (;;) {
    const endpoints = await listEndpoints(needs.pool, needs.encryption, { providerId, afterId, limit: pageSize });
    health.push(...(await healthOfAll(needs, providerId, endpoints)));
    if (endpoints.length < pageSize) return health;
    afterId = endpoints.at(-1)?.id ?? afterId;
  }
}

type EndpointOfHealth = Parameters<typeof healthOf>[0]["endpoint"];

async function healthOfAll(
  { pool, now }: HealthNeeds,
  providerId: number,
  endpoints: readonly EndpointOfHealth[],
): Promise<readonly EndpointHealth[]> {
  const endpointIds = endpoints.map(({ id }) => id);
  if (endpointIds.length === 0) return [];
  const nowMs = now.getTime();
  const lastHour = spanOf("minute", nowMs - intervalMs.hour + intervalMs.minute, nowMs + 1);
  const lastDays = spanOf("hour", nowMs - sinceDays * intervalMs.day, nowMs + 1);
  const read = (span: Span, pointMs?: number): Promise<readonly CountedInterval[]> =>
    readStatistics(pool, { providerId, span, endpointIds, histograms: ["latencies"], ...(pointMs && { pointMs }) });
  const [waiting, lanes, points, hours] = await Promise.all([
    countWaiting(pool, { providerId, endpointIds }),
    readLanes(pool, providerId, endpointIds),
    read(lastHour, pointMinutes * intervalMs.minute),
    read(lastDays),
  ]);
  const waitingOf = byEndpoint(waiting);
  const lanesOf = byEndpoint(lanes);
  const pointsOf = Map.groupBy(points, ({ endpointId }) => endpointId);
  const hoursOf = Map.groupBy(hours, ({ endpointId }) => endpointId);
  return endpoints.map((endpoint) =>
    healthOf(
      {
        endpoint,
        waiting: waitingOf.get(endpoint.id) ?? nothingWaits(endpoint.id),
        lane: lanesOf.get(endpoint.id) ?? unknownLane,
        points: withoutGaps(lastHour, pointsOf.get(endpoint.id) ?? []),
        hours: (hoursOf.get(endpoint.id) ?? []).toSorted((one, other) => one.atMs - other.atMs),
      },
      now,
    ),
  );
}

const byEndpoint = <Row extends { readonly endpointId: number }>(rows: readonly Row[]): ReadonlyMap<number, Row> =>
  new Map(rows.map((row) => [row.endpointId, row]));

const withoutGaps = (span: Span, counted: readonly CountedInterval[]): readonly CountedSpan[] => {
  const byTime = new Map(counted.map((one) => [one.atMs, one.counts]));
  return startsIn(span)
    .filter((_, minute) => minute % pointMinutes === 0)
    .map((atMs) => ({ atMs, counts: byTime.get(atMs) ?? new Counts() }));
};

const nothingWaits = (endpointId: number): WaitingDeliveries => ({
  endpointId,
  waiting: 0,
  oldestSeconds: null,
  nextDueAt: null,
  isHeldUp: false,
});

const unknownLane: LaneFacts = {
  inFlight: 0,
  windowSize: null,
  unanswered: 0,
  isBreakerOpen: false,
  hold: null,
  failingSince: null,
  failedAttempts: 0,
};

// By the primary keys. A report is true while the engine that wrote it lives and owns the lane. Without one, the lane's row has
// the state that its last owner released. 50 attempts without a response open the breaker.
// @indexed
const lanesStatement = `
  select lanes.endpoint_id, coalesce(report.in_flight, 0) as in_flight, report.window_size,
    coalesce(report.unanswered, lanes.unanswered) as unanswered,
    coalesce(report.breaker = 'open', lanes.unanswered >= 50) as is_breaker_open, report.hold,
    case when report.epoch is null then lanes.failing_since else report.failing_since end as failing_since,
    coalesce(report.failed_attempts, lanes.failed_attempts) as failed_attempts
  from lanes
  left join engines on engines.id = lanes.owner and engines.beat_at > clock_timestamp() - interval '15 seconds'
  left join lane_reports report on report.endpoint_id = lanes.endpoint_id and report.epoch = lanes.epoch
    and not report.released and engines.id is not null
  where lanes.provider_id = $1 and lanes.endpoint_id = any($2::bigint[])`;

const readLanes = (
  db: Database,
  providerId: number,
  endpointIds: readonly number[],
): Promise<readonly (LaneFacts & { readonly endpointId: number })[]> =>
  db.query(lanesStatement, [providerId, endpointIds]);
