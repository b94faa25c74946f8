import { Button, Card, CardBody, CardHeader, CardTitle, Skeleton } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import {
  type Figures,
  type Outcome,
  type Statistics,
  type StatisticsSubject,
  intervalMsOf,
  outcomes,
  outcomesQuery,
} from "../../api/statistics.ts";
import { type PartQuery, hasFailed } from "../loaded.tsx";
import { formatDuration, formatRate, formatShortCount } from "./axes.ts";
import { FigureLink, deliverySearch } from "./list-links.tsx";
import { type ChartPoint, type ChartSeries, TimeChart } from "./time-chart.tsx";

const outcomeNames = {
  "2xx": "2xx",
  "3xx": "3xx",
  "4xx": "4xx",
  "5xx": "5xx",
  timeout: "Timeout",
  connection: "No connection",
  tls: "TLS",
  forbidden: "Forbidden address",
} as const satisfies Record<Outcome, string>;

const outcomeName = (outcome: Outcome): string => outcomeNames[outcome];

/** Attempts over time, stacked by outcome. A click opens the deliveries of that time. */
export function OutcomeChart({ subject }: { subject: StatisticsSubject }) {
  const query = useQuery(outcomesQuery(useApi(), subject));
  const { data } = query;
  const navigate = useNavigate();
  const chart = useMemo(() => data && outcomeChart(data), [data]);
  return (
    <ChartCard title={`Attempts per ${data?.interval ?? "minute"}`} queries={[query]}>
      {chart && (
        <TimeChart
          title={`Attempts per ${data?.interval ?? "minute"} by outcome`}
          kind="stack"
          points={chart.points}
          intervalMs={chart.intervalMs}
          series={chart.totals.map(({ outcome, attempts }) => ({
            key: outcome,
            label: outcomeName(outcome),
            look: `bellwire-${outcome}`,
            total: (
              <FigureLink
                filter={{ outcome, endpointId: subject.endpointId, span: subject.span }}
                of={`attempts: ${outcomeName(outcome)}`}
              >
                {formatShortCount(attempts)}
              </FigureLink>
            ),
          }))}
          format={formatShortCount}
          onOpen={({ at }) => {
            const range = { since: at, until: new Date(at.getTime() + chart.intervalMs) };
            void navigate({ to: "/deliveries", search: deliverySearch({ endpointId: subject.endpointId, range }) });
          }}
        />
      )}
    </ChartCard>
  );
}

interface OutcomeTotal {
  readonly outcome: Outcome;
  readonly attempts: number;
}

/** Converts the statistics to points, with the outcomes that occurred. Successes are always among them. */
export function outcomeChart(statistics: Statistics) {
  const found = new Map(statistics.series.map((series) => [series.group.outcome, series]));
  const occurred = outcomes.flatMap((outcome) => {
    const series = found.get(outcome);
    return series && (outcome === "2xx" || (series.total.attempts ?? 0) > 0) ? [{ outcome, series }] : [];
  });
  const times = statistics.series[0]?.points.map(({ at }) => new Date(at)) ?? [];
  return {
    intervalMs: intervalMsOf(statistics),
    totals: occurred.map(({ outcome, series }): OutcomeTotal => ({ outcome, attempts: series.total.attempts ?? 0 })),
    points: times.map((at, index): ChartPoint => ({
      at,
      values: Object.fromEntries(occurred.map(({ outcome, series }) => [outcome, series.points[index]?.attempts ?? 0])),
    })),
  };
}

const latencySeries = [
  { key: "latency_p50", label: "p50", look: "bellwire-first" },
  { key: "latency_p95", label: "p95", look: "bellwire-second" },
  { key: "latency_p99", label: "p99", look: "bellwire-third" },
] as const;

/** Percentiles of the response time over time. */
export function LatencyChart({ figures }: { figures: PartQuery<Figures> }) {
  const total = figures.data?.present.series[0]?.total;
  const series = latencySeries.map(({ key, ...rest }): ChartSeries => {
    const value = total?.[key];
    return { key, ...rest, total: <b>{typeof value === "number" ? formatDuration(value) : "–"}</b> };
  });
  return <FiguresChart title="Response time" figures={figures} series={series} format={formatDuration} leastMax={10} />;
}

const rateSeries: readonly ChartSeries[] = [
  { key: "success_rate", label: "Delivered by attempts", look: "bellwire-first" },
];

/** The success rate over time. */
export const SuccessRateChart = ({ figures }: { figures: PartQuery<Figures> }) => (
  <FiguresChart title="Success rate" figures={figures} series={rateSeries} format={formatRate} leastMax={1} />
);

interface FiguresChartProps {
  readonly title: string;
  readonly figures: PartQuery<Figures>;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly leastMax: number;
}

function FiguresChart({ title, figures: query, series, ...rest }: FiguresChartProps) {
  const figures = query.data;
  const points = useMemo(() => figures && pointsOf(figures.present, series), [figures, series]);
  return (
    <ChartCard title={title} queries={[query]}>
      {figures && points && (
        <TimeChart
          title={title}
          kind="lines"
          points={points}
          intervalMs={intervalMsOf(figures.present)}
          series={series}
          {...rest}
        />
      )}
    </ChartCard>
  );
}

/** Returns the points of the first series of statistics. */
export function pointsOf({ series: [first] }: Statistics, series: readonly Pick<ChartSeries, "key">[]): ChartPoint[] {
  return (first?.points ?? []).map((point) => {
    const values = new Map<string, unknown>(Object.entries(point));
    return {
      at: new Date(point.at),
      values: Object.fromEntries(
        series.map(({ key }) => {
          const value = values.get(key);
          return [key, typeof value === "number" ? value : null];
        }),
      ),
    };
  });
}

export interface ChartCardProps {
  readonly title: string;
  /** The queries without which the card has no content. */
  readonly queries: readonly PartQuery<unknown>[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A card that keeps its height while its chart loads. */
export function ChartCard({ title, queries, actions, children }: ChartCardProps) {
  const isLoaded = queries.every(({ data }) => data !== undefined);
  const failed = queries.filter(hasFailed);
  return (
    <Card isCompact isFullHeight>
      <CardHeader {...(actions !== undefined && { actions: { actions, hasNoOffset: true } })}>
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody>
        {isLoaded && children}
        {!isLoaded && failed.length === 0 && <Skeleton height="240px" screenreaderText={`Loading ${title}`} />}
        {failed.length > 0 && (
          <>
            <p className="bellwire-subtle">This could not be loaded.</p>
            <Button variant="link" isInline onClick={() => failed.forEach(({ refetch }) => void refetch())}>
              Try again<span className="pf-v6-screen-reader">: {title}</span>
            </Button>
          </>
        )}
      </CardBody>
    </Card>
  );
}
