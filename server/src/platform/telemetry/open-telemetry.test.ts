import { once } from "node:events";
import { createServer } from "node:http";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { readConfig } from "../config/read-config.ts";
import { startTelemetry } from "./open-telemetry.ts";

/** Starts telemetry to a collector that answers with a status, or never. */
async function startWith(answer: number | "never") {
  let status = answer;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    request.resume();
    if (status !== "never") response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const counts = { sent: 0, dropped: 0 };
  const log: string[] = [];
  const telemetry = startTelemetry({
    config: readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/otlp/`,
      OTEL_METRICS_EXPORTER: "none",
      BELLWIRE_TRACES_PER_SECOND: "100000",
    }).telemetry,
    version: "1.2.3",
    metrics: new Registry(),
    count: (_signal, result, items) => (counts[result] += items),
    log: { warn: (_fields, message) => log.push(message), info: (_fields, message) => log.push(message) },
  });
  const { tracing } = telemetry;
  if (!tracing) throw new Error("Traces are on.");
  const serve = (count: number): void => {
    for (let made = 0; made < count; made += 1) {
      tracing
        .beginRequest({ method: "POST", route: "/signup", scheme: "http", host: "localhost", headers: {} })
        .end(201);
    }
  };
  return {
    telemetry,
    counts,
    log,
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

test("spans that wait for a collector are bounded, and a close waits for at most a second", async () => {
  await using collector = await startWith("never");
  collector.serve(10_000);
  expect(collector.counts.dropped).toBe(10_000 - 2048);
  const startedMs = performance.now();
  await collector.telemetry[Symbol.asyncDispose]();
  expect(performance.now() - startedMs).toBeLessThan(1500);
});

test("a close sends what waits", async () => {
  await using collector = await startWith(200);
  collector.serve(3);
  await collector.telemetry[Symbol.asyncDispose]();
  expect(collector.counts).toEqual({ sent: 3, dropped: 0 });
  expect(collector.requests).toEqual(["/otlp/v1/traces"]);
  expect(collector.log).toEqual([]);
});

test("refusals are logged once, and so is their end", async () => {
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
