import { queryOptions } from "@tanstack/react-query";
import { type TimeRange, type TimeSpan, isShortSpan, rangeBefore, rangeOf } from "../components/charts/time-span.ts";
import { type ApiClient, type BellwireSchemas, responseBody } from "./bellwire-client.ts";

export type Statistics = BellwireSchemas["Statistics"];
export type StatisticsSeries = Statistics["series"][number];
export type EndpointHealth = BellwireSchemas["EndpointHealth"];
export type HealthState = EndpointHealth["state"];

/** The classes of outcomes, the successes first: from the bottom to the top of a stack. */
export const outcomes = ["2xx", "3xx", "4xx", "5xx", "timeout", "connection", "tls", "forbidden"] as const;
export type Outcome = (typeof outcomes)[number];

/** The stream invalidates statistics of short spans and the health every few seconds. */
const live = (span: TimeSpan) => (isShortSpan(span) ? "live" : "slow");
const refetchMs = 60_000;

/** The time span and endpoint of statistics. */
export interface StatisticsSubject {
  readonly span: TimeSpan;
  /** Without it, all endpoints. */
  readonly endpointId?: number;
}

const read = (api: ApiClient, metrics: string, { since, until }: TimeRange, more: object = {}) =>
  responseBody(
    api.GET("/api/v1/stats", {
      params: { query: { metrics, since: since.toISOString(), until: until.toISOString(), ...more } },
    }),
  );

const filterOf = ({ endpointId }: StatisticsSubject) => (endpointId === undefined ? {} : { endpoint_id: [endpointId] });

/** Reads the attempts by outcome. */
export const outcomesQuery = (api: ApiClient, subject: StatisticsSubject) =>
  queryOptions({
    queryKey: ["statistics", live(subject.span), "outcomes", subject],
    queryFn: () =>
      read(api, "attempts", rangeOf(subject.span, new Date()), { ...filterOf(subject), group_by: "outcome" }),
    refetchInterval: refetchMs,
  });

const figureMetrics =
  "attempts,deliveries,delivered,failures,success_rate,latency_p50,latency_p95,latency_p99,delay_p95";

export interface Figures {
  readonly present: Statistics;
  /** Over the span before, as long as the present one: counts may be fractions. */
  readonly before: StatisticsSeries["total"];
}

/**
 * Reads the figures of a span, and of the span before for comparison. Points are whole minutes, hours or days, so the present span also has
 * the part of the last one that has passed. Counts of the span before are raised to its length. Otherwise steady traffic would seem to
 * fall at the start of each hour or day.
 */
export const figuresQuery = (api: ApiClient, subject: StatisticsSubject) =>
  queryOptions({
    queryKey: ["statistics", live(subject.span), "figures", subject],
    queryFn: async (): Promise<Figures> => {
      const { since, until } = rangeOf(subject.span, new Date());
      const present = await read(api, figureMetrics, { since, until }, filterOf(subject));
      const begin = new Date(present.since);
      const earlier = rangeBefore({ since: begin, until: new Date(begin.getTime() + subject.span.seconds * 1000) });
      const before = await read(api, figureMetrics, earlier, filterOf(subject));
      const lengths = [until.getTime() - begin.getTime(), begin.getTime() - Date.parse(before.since)] as const;
      return { present, before: multiplyCounts(before.series[0]?.total ?? {}, lengths[0] / lengths[1]) };
    },
    refetchInterval: refetchMs,
  });

/** Returns figures with the counts of a time that is this much longer. Rates and percentiles stay. */
const multiplyCounts = (total: StatisticsSeries["total"], factor: number): StatisticsSeries["total"] => {
  const times = (count: number | null | undefined): number => (count ?? 0) * factor;
  return { ...total, delivered: times(total.delivered), failures: times(total.failures) };
};

/** Reads how many accounts and applications were created. */
export const growthQuery = (api: ApiClient, span: TimeSpan) =>
  queryOptions({
    queryKey: ["statistics", "slow", "growth", span.name],
    queryFn: () => read(api, "accounts_created,applications_created", rangeOf(span, new Date())),
    refetchInterval: refetchMs,
  });

/** Reads the health of all endpoints. */
export const healthQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["statistics", "live", "health"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/endpoints/health"))).data,
    refetchInterval: refetchMs,
  });

/** Reads the health of an endpoint. */
export const endpointHealthQuery = (api: ApiClient, id: number) =>
  queryOptions({
    queryKey: ["statistics", "live", "health", id],
    queryFn: () => responseBody(api.GET("/api/v1/endpoints/{id}/health", { params: { path: { id } } })),
    refetchInterval: refetchMs,
  });

const intervalsMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export const intervalMsOf = ({ interval }: Pick<Statistics, "interval">): number => intervalsMs[interval];
