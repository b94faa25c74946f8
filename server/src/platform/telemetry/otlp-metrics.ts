import { type HrTime, ValueType } from "@opentelemetry/api";
import { type InstrumentationScope, millisToHrTime } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type HistogramMetricData,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { MetricObjectWithValues, MetricValue, Registry } from "prom-client";
import type { Clock } from "../clock.ts";

interface ProducerNeeds {
  readonly scope: InstrumentationScope;
  readonly resource: Resource;
  readonly clock: Pick<Clock, "now">;
}

/** Returns the source of the pushed metrics: those that `/metrics` serves, with the same names, help texts and labels. */
export function producerOf(
  registry: Pick<Registry, "getMetricsAsJSON">,
  { scope, resource, clock }: ProducerNeeds,
): MetricProducer {
  const startTime = millisToHrTime(clock.now().getTime());
  return {
    async collect() {
      const times = { startTime, endTime: millisToHrTime(clock.now().getTime()) };
      const metrics = (await registry.getMetricsAsJSON()).map((metric) => convertMetric(metric, times));
      const filled = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: filled }] }, errors: [] };
    },
  };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

type Value = MetricValue<string> & { readonly metricName?: string };

/** Converts a metric of prom-client. A gauge that could not be read is NaN, and is left out. */
function convertMetric({ name, help, type, values }: MetricObjectWithValues<Value>, times: Times): MetricData {
  const common = {
    descriptor: { name, description: help, unit: "", valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  // prom-client's types say that this is a number; at run time it is a name.
  const kind = String(type);
  if (kind === "histogram") {
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histogramsOf(values, times) };
  }
  const dataPoints: DataPoint<number>[] = values
    .filter(({ value }) => !Number.isNaN(value))
    .map(({ labels, value }) => ({ ...times, attributes: { ...labels }, value }));
  return kind === "counter"
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

interface Collected {
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly boundaries: number[];
  /** Cumulative, as Prometheus counts. The last one has no boundary. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Collects the series of a histogram: `_bucket` with the label `le` in ascending order, `_sum` and `_count`. */
function histogramsOf(values: readonly Value[], times: Times): HistogramMetricData["dataPoints"] {
  const byLabels = new Map<string, Collected>();
  for (const { metricName = "", labels, value } of values) {
    const { le, ...others } = labels;
    const attributes = Object.fromEntries(Object.entries(others).map(([name, it = ""]) => [name, it]));
    const key = JSON.stringify(Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1)));
    const it: Collected = byLabels.get(key) ?? { attributes, boundaries: [], counts: [], sum: 0, count: 0 };
    byLabels.set(key, it);
    if (metricName.endsWith("_sum")) it.sum = value;
    else if (metricName.endsWith("_count")) it.count = value;
    else {
      it.counts.push(value);
      if (le !== "+Inf") it.boundaries.push(Number(le));
    }
  }
  return Array.from(byLabels.values(), ({ attributes, boundaries, counts, sum, count }) => ({
    ...times,
    attributes: { ...attributes },
    value: {
      buckets: { boundaries, counts: counts.map((upTo, index) => upTo - (counts[index - 1] ?? 0)) },
      sum,
      count,
    },
  }));
}
