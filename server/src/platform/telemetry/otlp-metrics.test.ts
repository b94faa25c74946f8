import { resourceFromAttributes } from "@opentelemetry/resources";
import { DataPointType } from "@opentelemetry/sdk-metrics";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { producerOf } from "./otlp-metrics.ts";

const collect = async (registry: Registry) => {
  let nowMs = 1000;
  const producer = producerOf(registry, {
    scope: { name: "test" },
    resource: resourceFromAttributes({}),
    clock: { now: () => new Date((nowMs += 1000)) },
  });
  const { resourceMetrics } = await producer.collect();
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
};

const times = { startTime: [2, 0], endTime: [3, 0] };

test("counters are cumulative sums with the names, help texts and labels of /metrics", async () => {
  const registry = new Registry();
  const counter = new Counter({ name: "made_total", help: "Made.", labelNames: ["by"], registers: [registry] });
  counter.inc({ by: "hand" }, 3);
  counter.inc({ by: "foot" });
  const [metric] = await collect(registry);
  expect(metric).toMatchObject({
    descriptor: { name: "made_total", description: "Made." },
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: [
      { ...times, attributes: { by: "hand" }, value: 3 },
      { ...times, attributes: { by: "foot" }, value: 1 },
    ],
  });
});

test("gauges that cannot be read are left out", async () => {
  const registry = new Registry();
  new Gauge({ name: "size", help: "Size.", registers: [registry] }).set(7);
  new Gauge({ name: "unknown", help: "Unknown.", registers: [registry] }).set(Number.NaN);
  const metrics = await collect(registry);
  expect(metrics.map(({ descriptor }) => descriptor.name)).toEqual(["size"]);
  expect(metrics[0]).toMatchObject({ dataPointType: DataPointType.GAUGE, dataPoints: [{ value: 7 }] });
});

test("buckets of histograms count their own values only, and one beyond the last boundary", async () => {
  const registry = new Registry();
  const histogram = new Histogram({
    name: "took_seconds",
    help: "Took.",
    labelNames: ["step"],
    buckets: [0.1, 1],
    registers: [registry],
  });
  for (const seconds of [0.05, 0.5, 0.5, 3]) histogram.observe({ step: "read" }, seconds);
  histogram.observe({ step: "write" }, 0.01);
  const [metric] = await collect(registry);
  expect(metric).toMatchObject({
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [
      {
        attributes: { step: "read" },
        value: { buckets: { boundaries: [0.1, 1], counts: [1, 2, 1] }, sum: 4.05, count: 4 },
      },
      { attributes: { step: "write" }, value: { buckets: { counts: [1, 0, 0] }, count: 1 } },
    ],
  });
});
