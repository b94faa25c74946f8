import { type Database, queryRow } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import {
  type EndpointBacklog,
  breakerOpensAt,
  countedMax,
  outcomeClasses,
  countWaiting,
  endpointsWithDue,
  heartbeatDistance,
} from "#webhooks/deliveries/index.ts";
import { type Endpoint, listEndpoints, readEndpoint } from "#webhooks/endpoints/index.ts";
import { type CountedInterval, Counts, intervalMs } from "./counts.ts";
import { type Diagnosis, describeHealth, type SilentClass } from "./describe-health.ts";
import { type Span, readStatistics, spanOf, startsIn } from "./read-statistics.ts";
import type { LaneHold } from "./write-statistics.ts";

/** Thresholds of the states, also in the documentation of the API. */
export const healthThresholds = {
  /** Rates and percentiles of fewer attempts say nothing. */
  attemptsMin: 3,
  /** Judged instead of the last hour, if it has enough attempts. */
  recentMinutes: 10,
  /** Success rate below which an endpoint is failing. */
  failingBelow: 0.5,
  /** Success rate below which it is degraded. */
  degradedBelow: 0.95,
  /** 95th percentile of the latency above which it is degraded. */
  slowMs: 5000,
  /** A delivery that is due for longer makes it degraded. */
  behindSeconds: 60,
  /** A delivery that waits for longer behind another one of its ordering key makes it degraded. */
  heldUpSeconds: 300,
  /** Consecutive attempts without a response that make it unreachable. */
  unansweredMin: 3,
} as const;

/** The length of a point of the sparkline. `recentMinutes` is a multiple of it. */
export const pointMinutes = 5;

export const healthStates = ["healthy", "degraded", "failing", "unreachable", "paused", "disabled", "idle"] as const;
export type HealthState = (typeof healthStates)[number];

export const healthHolds = [
  "disabled",
  "paused",
  "switched_off",
  "restored",
  "retry_after",
  "breaker",
  "rate_limit",
  "concurrency",
] as const;
type HealthHold = (typeof healthHolds)[number];

/** Counts of a part of the past. */
interface CountedSpan {
  readonly atMs: number;
  readonly counts: Counts;
}

/** Everything that the health of an endpoint depends on. */
export interface HealthFacts {
  readonly endpoint: Pick<
    Endpoint,
    | "id"
    | "name"
    | "state"
    | "active"
    | "disabledReason"
    | "undecryptable"
    | "heldUntil"
    | "isHeldAfterRestore"
    | "timeoutSeconds"
    | "success"
    | "createdAt"
    | "updatedAt"
  >;
  readonly waiting: EndpointBacklog;
  readonly lane: LaneFacts;
  /** The last hour in points of `pointMinutes`, in order, without gaps. */
  readonly points: readonly CountedSpan[];
  /** Hours of the last day that have attempts, in order. */
  readonly hours: readonly CountedSpan[];
}

/** The state of the endpoint's lane: of its owner's last report, or of its release. */
interface LaneFacts {
  readonly inFlight: number;
  /** Null while no engine owns the lane. */
  readonly windowSize: number | null;
  readonly unanswered: number;
  readonly hold: LaneHold | null;
  readonly failingSince: Date | null;
  readonly failedAttempts: number;
}

export interface EndpointHealth {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly state: HealthState;
  readonly sinceMs: number;
  readonly attempts: number;
  readonly successRate: number | null;
  readonly latencyP50: number | null;
  readonly latencyP95: number | null;
  readonly latencyP99: number | null;
  readonly waiting: number;
  readonly oldestWaitingSeconds: number | null;
  readonly inFlight: number;
  readonly window: number | null;
  readonly breaker: "closed" | "open";
  readonly hold: HealthHold | null;
  readonly holdUntil: Date | null;
  readonly sentence: string;
  readonly advice: string;
  readonly sparkline: readonly SparklinePoint[];
}

interface SparklinePoint {
  readonly atMs: number;
  readonly delivered: number;
  /** Attempts that did not deliver. */
  readonly failed: number;
}

const sumOf = (spans: readonly CountedSpan[]): Counts => {
  const counts = new Counts();
  for (const span of spans) counts.addAll(span.counts);
  return counts;
};

export const successRate = (counts: Counts): number | null =>
  counts.attempts === 0 ? null : counts.sums.delivered / counts.attempts;

/** Decides the state of an endpoint and explains it. */
export function healthOf(facts: HealthFacts, now: Date): EndpointHealth {
  const { endpoint, lane, waiting, points } = facts;
  const hour = sumOf(points);
  const recent = sumOf(points.slice(-healthThresholds.recentMinutes / pointMinutes));
  const sample = recent.attempts >= healthThresholds.attemptsMin ? recent : hour;
  const diagnosis = diagnose(facts, sample, now);
  return {
    endpointId: endpoint.id,
    endpointName: endpoint.name,
    state: stateOf[diagnosis.kind],
    sinceMs: sinceOf(facts, diagnosis.kind, now.getTime()),
    attempts: hour.attempts,
    successRate: successRate(hour),
    latencyP50: hour.latencies.percentile(0.5),
    latencyP95: hour.latencies.percentile(0.95),
    latencyP99: hour.latencies.percentile(0.99),
    waiting: waiting.waiting,
    oldestWaitingSeconds: waiting.oldestSeconds,
    inFlight: lane.inFlight,
    window: lane.windowSize,
    breaker: isBreakerOpen(lane) ? "open" : "closed",
    hold: holdOf(facts, now),
    holdUntil: isHeld(endpoint, now) ? endpoint.heldUntil : null,
    ...describeHealth(diagnosis),
    sparkline: points.map(({ atMs, counts }) => ({
      atMs,
      delivered: counts.sums.delivered,
      failed: counts.attempts - counts.sums.delivered,
    })),
  };
}

const stateOf: Readonly<Record<Diagnosis["kind"], HealthState>> = {
  disabled: "disabled",
  undecryptable: "disabled",
  paused: "paused",
  "switched-off": "paused",
  restored: "paused",
  unreachable: "unreachable",
  failing: "failing",
  "failing-rarely": "degraded",
  "failing-partly": "degraded",
  slow: "degraded",
  "held-up": "degraded",
  behind: "degraded",
  idle: "idle",
  healthy: "healthy",
};

/** The first that applies. */
function diagnose(facts: HealthFacts, sample: Counts, now: Date): Diagnosis {
  const { endpoint, waiting, lane } = facts;
  const { attemptsMin, failingBelow, degradedBelow, slowMs, behindSeconds, heldUpSeconds } = healthThresholds;
  const held = { waiting: waiting.waiting, isMore: waiting.waiting >= countedMax };
  if (endpoint.undecryptable !== null) return { kind: "undecryptable", reason: endpoint.undecryptable, ...held };
  if (endpoint.state === "disabled") return { kind: "disabled", reason: endpoint.disabledReason, ...held };
  if (endpoint.state === "paused") return { kind: "paused", ...held };
  if (!endpoint.active) return { kind: "switched-off", ...held };
  if (endpoint.isHeldAfterRestore) return { kind: "restored", ...held };

  const { attempts } = sample;
  const rate = attempts >= attemptsMin ? successRate(sample) : null;
  const failed = { failed: attempts - sample.sums.delivered, attempts, mostly: mostFrequent(failuresIn(sample)) };
  const silence = silenceOf(lane, sample);
  if (silence) return { kind: "unreachable", ...silence, timeoutSeconds: endpoint.timeoutSeconds };
  if (rate !== null && rate < failingBelow) return { kind: "failing", success: endpoint.success, ...failed };
  if (rate === null && lane.failingSince !== null) {
    const failures = { ...failed, failed: lane.failedAttempts, attempts: lane.failedAttempts };
    return lane.failedAttempts >= attemptsMin
      ? { kind: "failing", success: endpoint.success, ...failures }
      : { kind: "failing-rarely", since: lane.failingSince, success: endpoint.success, ...failures };
  }
  if (rate !== null && rate < degradedBelow) return { kind: "failing-partly", success: endpoint.success, ...failed };
  const oldestSeconds = waiting.oldestSeconds ?? 0;
  if (waiting.isHeldUp && oldestSeconds > heldUpSeconds) return { kind: "held-up", oldestSeconds, ...held };
  const lateSeconds = waiting.nextDueAt === null ? 0 : (now.getTime() - waiting.nextDueAt.getTime()) / 1000;
  if (lateSeconds > behindSeconds) return { kind: "behind", lateSeconds, hold: lane.hold, ...held };
  const p95 = attempts >= attemptsMin ? sample.latencies.percentile(0.95) : null;
  if (p95 !== null && p95 > slowMs) return { kind: "slow", p95Ms: p95 };
  if (attempts === 0 && waiting.waiting === 0) return { kind: "idle" };
  return { kind: "healthy", delivered: sample.sums.delivered, attempts };
}

const silentClasses: readonly SilentClass[] = ["timeout", "connection", "tls", "forbidden"];

/**
 * Returns the last attempts if none of them had a response. Any response, whatever its status, proves that a receiver is there. The lane's
 * number is that of attempts unless the sample has fewer: an unusable response counts as several.
 */
function silenceOf({ unanswered }: LaneFacts, sample: Counts) {
  const { attemptsMin, unansweredMin } = healthThresholds;
  const silent = silentClasses.map((outcome) => ({ outcome, count: sample.outcome(outcome) }));
  const count = silent.reduce((sum, each) => sum + each.count, 0);
  const isAll = count === sample.attempts;
  if (unanswered < unansweredMin && !(isAll && count >= attemptsMin)) return undefined;
  const last = isAll ? count : Math.min(unanswered, count);
  return { unanswered: last === 0 ? unanswered : last, mostly: mostFrequent(silent) };
}

/** Returns the attempts that did not deliver. A 2xx may be one, if it is no success for the endpoint. */
const failuresIn = (counts: Counts) =>
  outcomeClasses.map((outcome) => ({
    outcome,
    count: outcome === "2xx" ? counts.outcome("2xx") - counts.sums.delivered : counts.outcome(outcome),
  }));

function mostFrequent<Outcome>(counts: readonly { readonly outcome: Outcome; readonly count: number }[]) {
  const [most] = counts.toSorted((one, other) => other.count - one.count);
  return most && most.count > 0 ? most.outcome : undefined;
}

const isBreakerOpen = ({ unanswered }: LaneFacts): boolean => unanswered >= breakerOpensAt;

const isHeld = ({ heldUntil }: HealthFacts["endpoint"], now: Date): boolean => heldUntil !== null && heldUntil > now;

function holdOf({ endpoint, lane }: HealthFacts, now: Date): HealthHold | null {
  if (endpoint.state === "disabled" || endpoint.undecryptable !== null) return "disabled";
  if (endpoint.state === "paused") return "paused";
  if (!endpoint.active) return "switched_off";
  if (endpoint.isHeldAfterRestore) return "restored";
  if (lane.hold !== null) return lane.hold;
  if (!isHeld(endpoint, now)) return null;
  return isBreakerOpen(lane) ? "breaker" : "retry_after";
}

/** Returns when the state began: to five minutes within the last hour, to the hour within the last day. */
function sinceOf(facts: HealthFacts, kind: Diagnosis["kind"], nowMs: number): number {
  const { endpoint, lane, waiting, hours, points } = facts;
  const past = [...hours.filter(({ atMs }) => atMs < (points[0]?.atMs ?? 0)), ...points];
  const counted = past.filter(({ counts }) => counts.attempts > 0);
  const lastMs = counted.at(-1)?.atMs;
  switch (kind) {
    case "disabled":
    case "undecryptable":
    case "paused":
    case "switched-off":
      return endpoint.updatedAt.getTime();
    case "restored":
    case "idle":
      return lastMs ?? endpoint.createdAt.getTime();
    case "held-up":
    case "behind":
      return nowMs - (waiting.oldestSeconds ?? 0) * 1000;
    case "unreachable":
    case "failing":
    case "failing-rarely":
      return lane.failingSince?.getTime() ?? streakStart(counted, (counts) => !isGood(counts), nowMs);
    case "failing-partly":
    case "slow":
      return streakStart(counted, (counts) => !isGood(counts), nowMs);
    case "healthy":
      return streakStart(counted, isGood, nowMs);
  }
}

function isGood(counts: Counts): boolean {
  const p95 = counts.latencies.percentile(0.95) ?? 0;
  return (successRate(counts) ?? 1) >= healthThresholds.degradedBelow && p95 <= healthThresholds.slowMs;
}

/** Returns the start of the last spans that all fit. */
function streakStart(counted: readonly CountedSpan[], fits: (counts: Counts) => boolean, nowMs: number): number {
  const lastOther = counted.findLastIndex(({ counts }) => !fits(counts));
  return counted[lastOther + 1]?.atMs ?? nowMs;
}

interface HealthNeeds {
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

async function healthOfAll(
  { pool, now }: HealthNeeds,
  providerId: number,
  endpoints: readonly HealthFacts["endpoint"][],
): Promise<readonly EndpointHealth[]> {
  const endpointIds = endpoints.map(({ id }) => id);
  if (endpointIds.length === 0) return [];
  const nowMs = now.getTime();
  const lastHour = spanOf("minute", nowMs - intervalMs.hour + intervalMs.minute, nowMs + 1);
  const lastDay = spanOf("hour", nowMs - intervalMs.day, nowMs + 1);
  const read = (span: Span, pointMs?: number): Promise<readonly CountedInterval[]> =>
    readStatistics(pool, { providerId, span, endpointIds, histograms: ["latencies"], ...(pointMs && { pointMs }) });
  const [waiting, lanes, points, hours] = await Promise.all([
    countWaiting(pool, { providerId, endpointIds }),
    readLanes(pool, providerId, endpointIds),
    read(lastHour, pointMinutes * intervalMs.minute),
    read(lastDay),
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

const nothingWaits = (endpointId: number): EndpointBacklog => ({
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
  hold: null,
  failingSince: null,
  failedAttempts: 0,
};

// A report is true while the engine that wrote it lives and owns the lane. Without one, the lane's row has the state that its last
// owner released.
const joinReport = `
  left join engines on engines.id = lanes.owner and ${heartbeatDistance} < 15
  left join lane_reports report on report.endpoint_id = lanes.endpoint_id and report.epoch = lanes.epoch
    and not report.released and engines.id is not null`;

// By the primary keys.
// @indexed
const lanesStatement = `
  select lanes.endpoint_id, coalesce(report.in_flight, 0) as in_flight, report.window_size,
    coalesce(report.unanswered, lanes.unanswered) as unanswered,
    report.hold, case when report.epoch is null then lanes.failing_since else report.failing_since end as failing_since,
    coalesce(report.failed_attempts, lanes.failed_attempts) as failed_attempts
  from lanes ${joinReport}
  where lanes.provider_id = $1 and lanes.endpoint_id = any($2::bigint[])`;

const readLanes = (
  db: Database,
  providerId: number,
  endpointIds: readonly number[],
): Promise<readonly (LaneFacts & { readonly endpointId: number })[]> =>
  db.query(lanesStatement, [providerId, endpointIds]);

// A few index probes for each of at most 10,000 endpoints with waiting deliveries. A receiver is a host name: all its ports and paths
// stop together. It stopped when the last of its endpoints did, which is the first failure since a success.
const silentStatement = `
  with recursive ${endpointsWithDue}, silent as (
    select substring(lower(endpoint.url_masked) from '^[a-z]+://(?:[^/?#]*@)?([[][^]]*]|[^:/?#]*)') as host,
      max(case when report.epoch is null then lanes.failing_since else report.failing_since end) as since
    from (select endpoint_id from waiting where endpoint_id is not null limit 10000) waiting
    join endpoints endpoint on endpoint.id = waiting.endpoint_id
      and endpoint.active and endpoint.state = 'enabled' and endpoint.deleted_at is null
    join lanes on lanes.endpoint_id = endpoint.id ${joinReport}
    where coalesce(report.unanswered, lanes.unanswered) >= $1
    group by host
  )
  select coalesce(max(receivers), 0) as receivers from (
    select count(*) over (order by since range between current row and interval '1 hour' following) as receivers
    from silent where since is not null
  ) each`;

/**
 * Returns how many receivers do not respond and have begun to fail within an hour of each other. Independent receivers rarely do, so
 * more than one suggests that this side cannot reach them.
 */
export const countSilentTogether = async (db: Database): Promise<number> =>
  (await queryRow<{ receivers: number }>(db, silentStatement, [healthThresholds.unansweredMin])).receivers;
