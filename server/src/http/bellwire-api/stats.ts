import { type Static, Type } from "typebox";
import type { Database } from "#platform/database/database.ts";
import { isoTime, parseTime } from "#platform/times.ts";
import { countCreated, type CreatedSpan } from "#portal/accounts/index.ts";
import { type OutcomeClass, outcomeClasses } from "#webhooks/deliveries/index.ts";
import { eventTypes } from "#webhooks/events/index.ts";
import { Moment } from "#webhooks/search/index.ts";
import {
  type CountedInterval,
  type HistogramName,
  type StatisticsFilter,
  type Interval,
  type Span,
  Counts,
  fittingInterval,
  intervalMs,
  intervals,
  minuteDays,
  readEndpointIds,
  readStatistics,
  spanOf,
  startsIn,
  successRate,
  type EndpointHealth,
  healthHolds,
  healthStates,
  healthThresholds,
  readEndpointHealth,
  readHealth,
} from "#webhooks/statistics/index.ts";
import { Problem } from "../shared/problem.ts";
import { IdOf, Nullable, representAs, Timestamp, parseMoments } from "./fields.ts";
import { type Operation, operation, requireFound } from "./operation.ts";

interface Metric {
  readonly description: string;
  /** It needs only attempts and ended deliveries, which are read in less time. */
  readonly isOfTotals?: true;
  /** The histogram of a percentile. */
  readonly histogram?: HistogramName;
  readonly of: (counts: Counts) => number | null;
}

const percentile = (histogram: HistogramName, fraction: number, description: string): Metric => ({
  description: `${description} in milliseconds, at most 10 % off; null without any.`,
  histogram,
  isOfTotals: true,
  of: (counts) => counts[histogram].percentile(fraction),
});

/** Metrics of attempts, from the statistics. */
const attemptMetrics = {
  attempts: { description: "Attempts.", isOfTotals: true, of: (counts) => counts.attempts },
  deliveries: {
    description: "Deliveries that ended, delivered or failed.",
    isOfTotals: true,
    of: ({ sums }) => sums.delivered + sums.failed,
  },
  delivered: { description: "Deliveries that ended delivered.", isOfTotals: true, of: ({ sums }) => sums.delivered },
  failures: { description: "Deliveries that ended failed.", isOfTotals: true, of: ({ sums }) => sums.failed },
  first_attempt_successes: {
    description: "Deliveries that their first attempt delivered.",
    of: ({ sums }) => sums.first_attempt_successes,
  },
  retries: { description: "Attempts after the first.", of: ({ sums }) => sums.retries },
  success_rate: {
    description: "Delivered by attempts, 0 to 1; null without attempts.",
    isOfTotals: true,
    of: successRate,
  },
  latency_p50: percentile("latencies", 0.5, "Median of the latency"),
  latency_p95: percentile("latencies", 0.95, "95th percentile of the latency"),
  latency_p99: percentile("latencies", 0.99, "99th percentile of the latency"),
  delay_p50: percentile("delays", 0.5, "Median of the time from an event to its delivery"),
  delay_p95: percentile("delays", 0.95, "95th percentile of the time from an event to its delivery"),
  delay_p99: percentile("delays", 0.99, "99th percentile of the time from an event to its delivery"),
  bytes_sent: { description: "Bytes of request bodies that got a response.", of: ({ sums }) => sums.bytes_sent },
  bytes_received: { description: "Bytes of response bodies, as stored.", of: ({ sums }) => sums.bytes_received },
} as const satisfies Record<string, Metric>;

const metricsByName: Readonly<Record<keyof typeof attemptMetrics, Metric>> = attemptMetrics;

/** Metrics of the portal, from its tables: objects that were deleted since do not count. */
const portalMetrics = {
  accounts_created: { description: "Accounts created that still exist.", objects: "accounts" },
  applications_created: { description: "Applications created that still exist.", objects: "applications" },
} as const;

type AttemptMetric = keyof typeof attemptMetrics;
type PortalMetric = keyof typeof portalMetrics;
type MetricName = AttemptMetric | PortalMetric;

const isNameOf =
  <Names extends object>(names: Names) =>
  (name: string): name is keyof Names & string =>
    Object.hasOwn(names, name);
const isAttemptMetric = isNameOf(attemptMetrics);
const isPortalMetric = isNameOf(portalMetrics);

const groupings = ["outcome", "endpoint_id", "event_type"] as const;
type Grouping = (typeof groupings)[number];
const isGrouping = (name: string): name is Grouping => groupings.some((grouping) => grouping === name);

const metricDescriptions = Object.entries({ ...attemptMetrics, ...portalMetrics });
const metricNames = metricDescriptions.map(([name]) => name);

/** A list in one parameter, such as `attempts,success_rate`. */
const listOf = (names: readonly string[], description: string) =>
  Type.String({ pattern: `^(${names.join("|")})(,(${names.join("|")}))*$`, description });

const value = (description: string) => Type.Optional(Nullable(Type.Number({ description })));
const metricFields = Type.Object(
  Object.fromEntries(metricDescriptions.map(([name, { description }]) => [name, value(description)])),
).properties;
const GroupSchema = Type.Object({
  outcome: Type.Optional(Type.Enum([...outcomeClasses])),
  endpoint_id: Type.Optional(Type.Integer()),
  event_type: Type.Optional(Type.String()),
});

const StatisticsSchema = Type.Object(
  {
    interval: Type.Enum([...intervals]),
    since: Timestamp,
    until: Type.String({ ...Timestamp, description: "The end of the last point." }),
    series: Type.Array(
      Type.Object({
        group: GroupSchema,
        total: Type.Object(metricFields, { description: "Over the whole span." }),
        points: Type.Array(Type.Object({ at: Timestamp, ...metricFields })),
      }),
      { description: "One without `group_by`; else one per group, those with most attempts first." },
    ),
  },
  { title: "Statistics", description: "Metrics over time. Minutes, hours and days begin in UTC." },
);

/** More points than pixels of a chart. */
const pointsMax = 1500;
/** Points of all series together: more keep the process busy for half a second. */
const allPointsMax = 100_000;

const refuse = (field: string, sentence: string): Problem =>
  new Problem("invalid", { errors: { [field]: [sentence] } });

const QuerySchema = Type.Object({
  metrics: listOf(metricNames, `Separated by commas: ${metricNames.join(", ")}.`),
  group_by: Type.Optional(
    listOf(groupings, `Separated by commas: ${groupings.join(", ")}. Only \`attempts\` has outcomes.`),
  ),
  interval: Type.Optional(
    Type.Enum([...intervals], {
      description: `The length of a point. Without it, it fits the span, and is longer for series of endpoints. Minutes are kept for ${minuteDays} days.`,
    }),
  ),
  since: Type.Optional(Moment("From the interval of this time on, an hour ago without it")),
  until: Type.Optional(Moment("Up to the interval of this time, now without it")),
  endpoint_id: Type.Optional(Type.Array(IdOf("an endpoint"), { description: "May be given several times." })),
  event_type: Type.Optional(Type.Array(Type.Enum([...eventTypes]), { description: "May be given several times." })),
});

/** The values of one group: over all, and by the start of each interval. */
interface Series {
  readonly group: Static<typeof GroupSchema>;
  readonly total: Counts;
  readonly points: ReadonlyMap<number, Counts>;
}

function parseQuery(query: Static<typeof QuerySchema>, now: Date) {
  const times = parseMoments(query, ["since", "until"], now);
  const untilMs = times.until?.getTime() ?? now.getTime() + 1;
  const sinceMs = times.since?.getTime() ?? untilMs - intervalMs.hour;
  if (sinceMs >= untilMs) throw refuse("since", "must be before `until`");
  const isKept = now.getTime() - sinceMs < minuteDays * intervalMs.day;
  if (query.interval === "minute" && !isKept)
    throw refuse("interval", `minutes are kept for ${minuteDays} days; use hour`);
  const groups = query.group_by?.split(",").filter(isGrouping) ?? [];
  const fitting = fittingInterval(untilMs - sinceMs, groups.includes("endpoint_id"));
  const interval: Interval = query.interval ?? (fitting === "minute" && !isKept ? "hour" : fitting);
  const span = spanOf(interval, sinceMs, untilMs);
  if ((span.untilMs - span.sinceMs) / intervalMs[interval] > pointsMax)
    throw refuse("interval", `the span has more than ${pointsMax} points; use a longer interval or a shorter span`);
  // Earlier intervals would begin after their times, and PostgreSQL cannot parse later years.
  if (span.sinceMs < 0 || parseTime(isoTime(span.untilMs)) === undefined)
    throw refuse("until", "must be between the years 1970 and 9999");
  const names = [...new Set(query.metrics.split(","))];
  const [attempts, portal] = [names.filter(isAttemptMetric), names.filter(isPortalMetric)];
  if (groups.includes("outcome") && names.some((name) => name !== "attempts"))
    throw refuse("metrics", "only attempts can be grouped by outcome");
  const isFiltered = groups.length > 0 || query.endpoint_id !== undefined || query.event_type !== undefined;
  if (portal.length > 0 && isFiltered) throw refuse("metrics", `${portal.join(", ")} cannot be grouped or filtered`);
  return { span, groups, attempts, portal };
}

/** Returns the endpoints and event types whose counts a request needs. Undefined: all together. */
async function chooseSeries(
  db: Database,
  { providerId, query, groups, span, points }: SeriesRequest,
): Promise<Pick<StatisticsFilter, "endpointIds" | "eventTypes">> {
  const everyEndpoint = groups.includes("endpoint_id") ? await readEndpointIds(db, { providerId, span }) : undefined;
  const chosen = {
    endpointIds: query.endpoint_id ?? everyEndpoint,
    eventTypes: query.event_type ?? (groups.includes("event_type") ? eventTypes : undefined),
  };
  const count = (chosen.endpointIds?.length ?? 1) * (chosen.eventTypes?.length ?? 1) * points;
  if (count <= allPointsMax) return chosen;
  const limit = `the limit is ${allPointsMax.toLocaleString("en")}`;
  throw refuse(
    "interval",
    `leads to ${count.toLocaleString("en")} points and ${limit}; use a longer one or a shorter span`,
  );
}

interface SeriesRequest {
  readonly providerId: number;
  readonly query: Pick<Static<typeof QuerySchema>, "endpoint_id" | "event_type">;
  readonly groups: readonly Grouping[];
  readonly span: Span;
  readonly points: number;
}

/** Divides counts into groups. */
function groupCounts(counted: readonly CountedInterval[], groups: readonly Grouping[]): readonly Series[] {
  const byKey = Map.groupBy(counted, ({ endpointId, eventType }) =>
    JSON.stringify([groups.includes("endpoint_id") && endpointId, groups.includes("event_type") && eventType]),
  );
  const series = [...byKey.values()].map((rows) => {
    const total = new Counts();
    const points = new Map<number, Counts>();
    for (const { atMs, counts } of rows) {
      total.addAll(counts);
      const others = points.get(atMs);
      points.set(atMs, others ? sumOf(others, counts) : counts);
    }
    const [first] = rows;
    const group = {
      ...(groups.includes("endpoint_id") && first ? { endpoint_id: first.endpointId } : {}),
      ...(groups.includes("event_type") && first ? { event_type: first.eventType } : {}),
    };
    return { group, total, points };
  });
  if (series.length === 0 && groups.every((group) => group === "outcome"))
    return [{ group: {}, total: new Counts(), points: new Map() }];
  return series.toSorted((one, other) => other.total.attempts - one.total.attempts);
}

function sumOf(one: Counts, other: Counts): Counts {
  const sum = new Counts();
  sum.addAll(one);
  sum.addAll(other);
  return sum;
}

type Values = Partial<Record<MetricName, number | null>>;

const none = new Counts();

function representSeries(
  { group, total, points }: Series,
  starts: readonly number[],
  valuesOf: (counts: Counts, atMs: number | undefined) => Values,
): Static<typeof StatisticsSchema>["series"][number] {
  return {
    group,
    total: valuesOf(total, undefined),
    points: starts.map((atMs) => ({
      at: isoTime(atMs),
      ...valuesOf(points.get(atMs) ?? none, atMs),
    })),
  };
}

const attemptValues = (names: readonly AttemptMetric[], counts: Counts): Values =>
  Object.fromEntries(names.map((name) => [name, attemptMetrics[name].of(counts)]));

const outcomeSeries = (series: Series, starts: readonly number[], outcome: OutcomeClass) =>
  representSeries({ ...series, group: { outcome, ...series.group } }, starts, (counts) => ({
    attempts: counts.outcome(outcome),
  }));

/** Reads how many objects were created, by the start of each interval. */
const readCreated = (
  db: Database,
  names: readonly PortalMetric[],
  span: CreatedSpan,
): Promise<readonly (readonly [PortalMetric, ReadonlyMap<number, number>])[]> =>
  Promise.all(names.map(async (name) => [name, await countCreated(db, portalMetrics[name].objects, span)] as const));

export const statsOperations: readonly Operation[] = [
  operation({
    id: "readStatistics",
    title: "Read metrics over time",
    description:
      "Counts of attempts and deliveries, success rates and percentiles. An attempt counts in the minute in which it was sent, " +
      "a few seconds after it ended; each counts exactly once. Pings are not counted.",
    method: "GET",
    path: "/stats",
    action: "read-webhooks",
    query: QuerySchema,
    isCompressed: true,
    responses: { 200: StatisticsSchema },
    async handle({ pool, clock }, { provider: { id: providerId }, query }) {
      const { span, groups, attempts, portal } = parseQuery(query, clock.now());
      const starts = startsIn(span);
      const counted =
        attempts.length === 0
          ? []
          : await readStatistics(pool, {
              providerId,
              span,
              ...(await chooseSeries(pool, { providerId, query, groups, span, points: starts.length })),
              histograms: attempts.flatMap((name) => metricsByName[name].histogram ?? []),
              isOfTotals: !groups.includes("outcome") && attempts.every((name) => metricsByName[name].isOfTotals),
            });
      const created = await readCreated(pool, portal, {
        ...span,
        providerId,
        seconds: intervalMs[span.interval] / 1000,
      });
      const createdValues = (atMs: number | undefined): Values =>
        Object.fromEntries(
          created.map(([name, counts]) => [
            name,
            atMs === undefined ? [...counts.values()].reduce((sum, count) => sum + count, 0) : (counts.get(atMs) ?? 0),
          ]),
        );
      const series = groupCounts(counted, groups).flatMap((one) =>
        groups.includes("outcome")
          ? outcomeClasses.map((outcome) => outcomeSeries(one, starts, outcome))
          : [
              representSeries(one, starts, (counts, atMs) => ({
                ...attemptValues(attempts, counts),
                ...createdValues(atMs),
              })),
            ],
      );
      return {
        interval: span.interval,
        since: isoTime(span.sinceMs),
        until: isoTime(span.untilMs),
        series,
      };
    },
  }),
];

const { attemptsMin, recentMinutes, failingBelow, degradedBelow, slowMs, behindSeconds, heldUpSeconds } =
  healthThresholds;

const percent = (rate: number): string => `${rate * 100} %`;

const HealthSchema = Type.Object(
  {
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    state: Type.Enum([...healthStates], {
      description:
        `The first that applies. \`disabled\`: by Bellwire, or undecryptable. \`paused\`: by you, or switched off. \`unreachable\`: ` +
        `${healthThresholds.unansweredMin} attempts in a row had no response. \`failing\`: fewer than ${percent(failingBelow)} of the attempts ` +
        `succeed. \`degraded\`: fewer than ${percent(degradedBelow)} succeed, the 95th percentile of the latency exceeds ${slowMs / 1000} s, a delivery is ` +
        `${behindSeconds} s late, or one waits ${heldUpSeconds / 60} minutes behind another of its order. \`idle\`: nothing sent in the last hour, and nothing waits. ` +
        `Judged by the last ${recentMinutes} minutes if they have ${attemptsMin} attempts, else by the last hour.`,
    }),
    since: Type.String({
      ...Timestamp,
      description: "When the state began, to five minutes; further back to the hour, and at most a day.",
    }),
    attempts: Type.Integer({ description: "In the last hour, as all figures without another span." }),
    success_rate: Nullable(Type.Number({ description: "Delivered by attempts, 0 to 1." })),
    latency_p50: Nullable(Type.Integer({ description: "Milliseconds, at most 10 % off." })),
    latency_p95: Nullable(Type.Integer()),
    latency_p99: Nullable(Type.Integer()),
    waiting: Type.Integer({
      description: "Deliveries that have not ended, those in flight included. 10,000 means that or more.",
    }),
    oldest_waiting_seconds: Nullable(
      Type.Number({
        description: "Age of the oldest event among them, including those that wait for others of their ordering key.",
      }),
    ),
    in_flight: Type.Integer({ description: "Open requests, as of a second ago." }),
    window: Nullable(
      Type.Integer({ description: "Concurrent requests that the receiver's behaviour allows. Null: no engine sends." }),
    ),
    breaker: Type.Enum(["closed", "open"], { description: "Open: single probes until the receiver responds." }),
    hold: Nullable(Type.Enum([...healthHolds], { description: "Why waiting deliveries are not sent now." })),
    hold_until: Nullable(Timestamp),
    sentence: Type.String({ description: "The state in a sentence." }),
    advice: Type.String({ description: "What to do." }),
    sparkline: Type.Array(
      Type.Object({
        at: Timestamp,
        delivered: Type.Integer(),
        failed: Type.Integer({ description: "Attempts that did not deliver." }),
      }),
      { description: "The last hour in points of five minutes." },
    ),
  },
  { title: "EndpointHealth", description: "The state of an endpoint's deliveries, with its reasons." },
);

const toHealth = representAs(HealthSchema);
export const representHealth = (health: EndpointHealth) =>
  toHealth({
    ...health,
    since: isoTime(health.sinceMs),
    sparkline: health.sparkline.map(({ atMs, delivered, failed }) => ({ at: isoTime(atMs), delivered, failed })),
  });

export const healthOperations: readonly Operation[] = [
  operation({
    id: "listEndpointHealth",
    title: "List the health of the endpoints",
    description: "All endpoints, by age.",
    method: "GET",
    path: "/endpoints/health",
    action: "read-webhooks",
    isCompressed: true,
    responses: {
      200: Type.Object({ data: Type.Array(HealthSchema) }, { description: "The health of each endpoint." }),
    },
    async handle({ pool, encryption, clock }, { provider }) {
      const health = await readHealth({ pool, encryption, now: clock.now() }, provider.id);
      return { data: health.map(representHealth) };
    },
  }),
  operation({
    id: "readEndpointHealth",
    title: "Read the health of an endpoint",
    description: "Its state, the reason, and a recommended action.",
    method: "GET",
    path: "/endpoints/{id}/health",
    action: "read-webhooks",
    params: Type.Object({ id: IdOf("the endpoint") }),
    responses: { 200: HealthSchema },
    async handle({ pool, encryption, clock }, { provider, params: { id } }) {
      const needs = { pool, encryption, now: clock.now() };
      return representHealth(requireFound(await readEndpointHealth(needs, { providerId: provider.id, id })));
    },
  }),
];
