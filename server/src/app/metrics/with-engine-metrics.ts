import { AggregatorRegistry, type Registry } from "prom-client";
import type { Metrics } from "../engine-process.ts";

/** The part of a registry that `/metrics` uses. */
export type Scraped = Pick<Registry, "contentType" | "metrics">;

/**
 * Adds the metrics of the engine's own process to those of this one. Where both have a metric, as of their memory, the
 * engine's carries the label `process="engine"`: sums and averages of two processes would hide the one that is in trouble.
 */
export function withEngineMetrics(own: Registry, readEngine: () => Promise<Metrics>): Scraped {
  return {
    contentType: own.contentType,
    async metrics() {
      const [ours, engines] = await Promise.all([own.getMetricsAsJSON(), readEngine()]);
      const names = new Set(ours.map(({ name }) => name));
      const labelled = engines.map((metric) =>
        names.has(metric.name) ? { ...metric, values: metric.values.map(withProcessLabel) } : metric,
      );
      // No two values have the same name and labels, so nothing is added up.
      const apart = [...ours, ...labelled].map((metric) => ({ ...metric, aggregator: "sum" as const }));
      return AggregatorRegistry.aggregate([apart]).metrics();
    },
  };
}

const withProcessLabel = <Value extends { readonly labels: object }>(value: Value): Value => ({
  ...value,
  labels: { ...value.labels, process: "engine" },
});
