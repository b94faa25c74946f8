// Loaded only if a collector is configured.
import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { hostname } from "node:os";
import { addAbortSignal } from "node:stream";
import { type ExportResult, ExportResultCode, type InstrumentationScope, millisToHrTime } from "@opentelemetry/core";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type HistogramMetricData,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { type HrTime, ValueType } from "@opentelemetry/api";
import type { MetricObjectWithValues, MetricValue, Registry } from "prom-client";
import { type Clock, systemClock } from "../clock.ts";
import { InvalidSetting, pairs as parsePairs } from "../config/parsers.ts";
import { errorMessage } from "../errors.ts";
import { createSampler, createTracing, SpanIds } from "./spans.ts";
import type { Signal, Telemetry, TelemetryConfig, TelemetryNeeds } from "./tracing.ts";

const spansWaitingMax = 2048;
const spansPerRequest = 512;
const sendEveryMs = 1000;
/** A stop does not wait longer for the collector. */
const closeMs = 1000;

/** Gives up a request after `timeoutMillis`. A collector is near: spans that wait for a slow one are dropped. */
export function startTelemetry(needs: TelemetryNeeds, timeoutMillis = 5000): Telemetry {
  const { config } = needs;
  const resource = resourceOf(needs);
  const httpAgentOptions = (protocol: string): Agent => agentFor(protocol, timeoutMillis);
  const exporters = { headers: headersOf(config), timeoutMillis, httpAgentOptions, concurrencyLimit: 2 };
  const urlOf = (signal: Signal): string => `${config.endpoint}/v1/${signal}`;
  const closing: (() => Promise<void>)[] = [];

  const ids = new SpanIds();
  const traces =
    config.tracesExporter === "none"
      ? undefined
      : new TracerProvider({
          resource,
          idGenerator: ids,
          sampler: createSampler(config, systemClock),
          spanProcessors: [
            boundedProcessor(
              new OTLPTraceExporter({ ...exporters, url: urlOf("traces") }),
              new Collector("traces", needs),
            ),
          ],
        });
  if (traces) closing.push(() => traces.shutdown());

  if (config.metricsExporter !== "none") {
    const pushes = new OTLPMetricExporter({ ...exporters, url: urlOf("metrics") });
    const exporter = watched(pushes, new Collector("metrics", needs));
    closing.push(startMetrics(needs, { resource, exporter, timeoutMillis }));
  }
  return {
    tracing: traces && createTracing(traces.getTracer("bellwire", needs.version), ids, systemClock),
    async [Symbol.asyncDispose]() {
      const closed = new AbortController();
      const all = Promise.allSettled(closing.map((close) => close())).then(() => closed.abort());
      await Promise.race([all, systemClock.sleep(closeMs, closed.signal)]);
    },
  };
}

/**
 * Returns an agent with a connection per request, which lives for the time limit. The exporters' own limit counts from the last byte: two
 * requests to a collector that sends a byte now and then would stop the export until a restart.
 */
function agentFor(protocol: string, timeoutMillis: number): Agent {
  const agent = protocol === "https:" ? new SecureAgent() : new Agent();
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = connect(options, done);
    return socket && addAbortSignal(AbortSignal.timeout(timeoutMillis), socket);
  };
  return agent;
}

function headersOf({ headers }: TelemetryConfig): Record<string, string> {
  const parsed = parsePairs(headers.reveal());
  return parsed instanceof InvalidSetting ? {} : { ...parsed };
}

/** Describes this process. Attributes of the configuration win, and among them the setting of the name, as OpenTelemetry specifies. */
export const resourceOf = ({ config, version }: Pick<TelemetryNeeds, "config" | "version">): Resource =>
  resourceFromAttributes({
    "service.name": "bellwire",
    "service.version": version,
    "service.instance.id": `${hostname()}:${process.pid}`,
    ...config.resourceAttributes,
    ...(config.serviceName !== undefined && { "service.name": config.serviceName }),
  });

/** Notes whether the collector accepts a signal, counts items, and logs only when that changes. */
class Collector {
  readonly #signal: Signal;
  readonly #needs: Pick<TelemetryNeeds, "count" | "log">;
  #isAway = false;

  constructor(signal: Signal, needs: Pick<TelemetryNeeds, "count" | "log">) {
    this.#signal = signal;
    this.#needs = needs;
  }

  ended({ code, error }: ExportResult, items: number): void {
    const isSent = code === ExportResultCode.SUCCESS;
    this.#needs.count(this.#signal, isSent ? "sent" : "dropped", items);
    if (isSent === !this.#isAway) return;
    this.#isAway = !isSent;
    const signal = this.#signal;
    if (isSent) this.#needs.log.info({ signal }, "the OpenTelemetry collector accepts telemetry again");
    else
      this.#needs.log.warn(
        { signal, error: error?.name === "AbortError" ? "it takes too long to respond" : errorMessage(error) },
        "the OpenTelemetry collector does not accept telemetry; it is dropped until it does",
      );
  }

  dropped(items: number): void {
    this.#needs.count(this.#signal, "dropped", items);
  }
}

/** Sends ended spans in batches. Counts those that wait or are being sent, and drops new ones beyond the limit. */
function boundedProcessor(exporter: SpanExporter, collector: Collector) {
  let waiting = 0;
  const batches = new BatchSpanProcessor({
    exporter: {
      export(spans, done) {
        exporter.export(spans, (result) => {
          waiting -= spans.length;
          collector.ended(result, spans.length);
          // A refused batch is counted and logged here; the processor has nothing to add.
          done({ code: ExportResultCode.SUCCESS });
        });
      },
      shutdown: () => exporter.shutdown(),
    },
    maxQueueSize: spansWaitingMax,
    maxExportBatchSize: spansPerRequest,
    scheduledDelayMillis: sendEveryMs,
  });
  return {
    onStart: () => undefined,
    onEnd(span: ReadableSpan) {
      if (waiting >= spansWaitingMax) return collector.dropped(1);
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}

function watched(exporter: PushMetricExporter, collector: Collector): PushMetricExporter {
  return {
    export(metrics, done) {
      exporter.export(metrics, (result) => {
        collector.ended(result, 1);
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

interface MetricsTarget {
  readonly resource: Resource;
  readonly exporter: PushMetricExporter;
  readonly timeoutMillis: number;
}

/** Pushes the metrics of the registry. Returns a function that pushes them a last time and stops. */
function startMetrics(
  { config, metrics, version }: Pick<TelemetryNeeds, "metrics" | "version"> & { readonly config: TelemetryConfig },
  { resource, exporter, timeoutMillis }: MetricsTarget,
): () => Promise<void> {
  const exportIntervalMillis = config.metricsEveryMs;
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(timeoutMillis, exportIntervalMillis),
    metricProducers: [producerOf(metrics, { scope: { name: "bellwire", version }, resource, clock: systemClock })],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return () => provider.shutdown();
}

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
    const attributes = Object.fromEntries(Object.entries(others).map(([name, label = ""]) => [name, label]));
    const key = JSON.stringify(Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1)));
    const series: Collected = byLabels.get(key) ?? { attributes, boundaries: [], counts: [], sum: 0, count: 0 };
    byLabels.set(key, series);
    if (metricName.endsWith("_sum")) series.sum = value;
    else if (metricName.endsWith("_count")) series.count = value;
    else {
      series.counts.push(value);
      if (le !== "+Inf") series.boundaries.push(Number(le));
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
