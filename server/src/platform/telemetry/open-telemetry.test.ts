import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { DataPointType } from "@opentelemetry/sdk-metrics";
import { readConfig } from "../config/read-config.ts";
import { producerOf, resourceOf, startTelemetry } from "./open-telemetry.ts";

/** Starts telemetry to a collector that responds with a status, never, or with a byte now and then and no end. */
async function startWith(answer: number | "never" | "endlessly", timeoutMs?: number) {
  let status = answer;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    request.resume();
    if (status === "endlessly") {
      const timer = setInterval(() => response.write("x"), 50);
      response.once("close", () => clearInterval(timer));
    } else if (status !== "never") response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const counts = { sent: 0, dropped: 0 };
  const log: string[] = [];
  const errors: unknown[] = [];
  const telemetry = startTelemetry(
    {
      config: readConfig({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/otlp/`,
        OTEL_METRICS_EXPORTER: "none",
        BELLWIRE_TRACES_PER_SECOND: "100000",
      }).telemetry,
      version: "1.2.3",
      metrics: new Registry(),
      count: (_signal, result, items) => (counts[result] += items),
      log: {
        warn: (fields, message) => {
          errors.push(fields);
          log.push(message);
        },
        info: (_fields, message) => log.push(message),
      },
    },
    timeoutMs,
  );
  const { tracing } = telemetry;
  if (!tracing) throw new Error("Traces are on.");
  const serve = (count: number): void => {
    for (let served = 0; served < count; served += 1) {
      tracing
        .beginRequest({ method: "POST", route: "/signup", scheme: "http", host: "localhost", headers: {} })
        .end(201);
    }
  };
  return {
    telemetry,
    counts,
    log,
    errors,
    requests,
    serve,
    answer: (next: number) => (status = next),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test("at most 2048 spans wait for a collector, and closing waits at most one second", async () => {
  await using collector = await startWith("never");
  collector.serve(10_000);
  expect(collector.counts.dropped).toBe(10_000 - 2048);
  const second = sleep(1000).then(() => performance.now()); // a busy machine delays it as much as the close
  await collector.telemetry[Symbol.asyncDispose]();
  expect(performance.now() - (await second)).toBeLessThan(500);
});

test("a collector whose responses never end does not stop the export", async () => {
  await using collector = await startWith("endlessly", 300);
  collector.serve(1024); // two requests, as many as are sent at once
  await expect.poll(() => collector.requests.length).toBe(2);
  collector.answer(200);
  collector.serve(512);
  await expect.poll(() => collector.counts).toEqual({ sent: 512, dropped: 1024 });
  expect(collector.errors).toEqual([{ signal: "traces", error: "it takes too long to respond" }]);
  await collector.telemetry[Symbol.asyncDispose]();
});

test("closing sends the buffered spans", async () => {
  await using collector = await startWith(200);
  collector.serve(3);
  await collector.telemetry[Symbol.asyncDispose]();
  expect(collector.counts).toEqual({ sent: 3, dropped: 0 });
  expect(collector.requests).toEqual(["/otlp/v1/traces"]);
  expect(collector.log).toEqual([]);
});

test("refusals by the collector are logged once, and so is its recovery", async () => {
  await using collector = await startWith(400);
  for (const sent of [600, 1200]) {
    collector.serve(600);
    await expect.poll(() => collector.counts.dropped).toBe(sent);
  }
  collector.answer(200);
  collector.serve(600);
  await expect.poll(() => collector.counts.sent).toBe(600);
  expect(collector.log).toEqual([
    expect.stringContaining("does not accept telemetry"),
    "the OpenTelemetry collector accepts telemetry again",
  ]);
  await collector.telemetry[Symbol.asyncDispose]();
});

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

test("gauges without a value are omitted", async () => {
  const registry = new Registry();
  new Gauge({ name: "size", help: "Size.", registers: [registry] }).set(7);
  new Gauge({ name: "unknown", help: "Unknown.", registers: [registry] }).set(Number.NaN);
  const metrics = await collect(registry);
  expect(metrics.map(({ descriptor }) => descriptor.name)).toEqual(["size"]);
  expect(metrics[0]).toMatchObject({ dataPointType: DataPointType.GAUGE, dataPoints: [{ value: 7 }] });
});

test("histogram buckets are not cumulative, and a last bucket counts values beyond the last boundary", async () => {
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

test.for([
  [{}, "bellwire"],
  [{ OTEL_RESOURCE_ATTRIBUTES: "service.name=webhooks" }, "webhooks"],
  [{ OTEL_RESOURCE_ATTRIBUTES: "service.name=webhooks", OTEL_SERVICE_NAME: "portal" }, "portal"],
] as const)("the service's name has the precedence of OpenTelemetry's specification: %j is %s", ([settings, name]) => {
  const { telemetry } = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", ...settings });
  expect(resourceOf({ config: telemetry, version: "1" }).attributes["service.name"]).toBe(name);
});
