/**
 * Compares engines with traces off and on, in turns: off, on with the default budget, and on with every delivery recorded. Spans go to a
 * collector in another process.
 * Run: npm run bench -- tracing [seconds] [--json FILE]
 */
import { Registry } from "prom-client";
import { readConfig } from "../server/src/platform/config/read-config.ts";
import { openTelemetry } from "../server/src/platform/telemetry/tracing.ts";
import { bodyBytes, endpointSecret, inFlightMax } from "./backlog.ts";
import { median } from "./measuring.ts";
import { type Rate, measureEngine } from "./rates.ts";
import { startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

/** At 3,000 deliveries/s, 10 changes/s are recorded. */
const defaultOneIn = 300;
const perSecond = 2500;
const rounds = 6;

const report = openReport("tracing");
const [seconds = 6] = report.numbers;
const deliveries = perSecond * seconds;

using receiver = await startBenchReceiver({ origins: 1 });
using collector = await startBenchReceiver({ origins: 1 });
let spans = 0;
await using telemetry = await openTelemetry({
  config: readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origins[0], OTEL_METRICS_EXPORTER: "none" }).telemetry,
  version: "bench",
  metrics: new Registry(),
  count: (_signal, result, items) => (spans += result === "sent" ? items : 0),
  log: console,
});
const { tracing } = telemetry;
if (!tracing) throw new Error("Traces are on.");

const measure = (oneIn?: number): Promise<Rate> =>
  measureEngine({
    receiver,
    urls: receiver.origins.map((origin) => `${origin}/hook/0`),
    deliveries,
    bodyBytes,
    secret: endpointSecret,
    inFlightMax,
    secondsMax: 120,
    ...(oneIn === undefined ? {} : { traces: { tracing, oneIn } }),
  });

/** Alternates the order: the second of two runs in one process often takes less or more than the first, with the same work. */
async function measureRound(round: number): Promise<Round> {
  const isOffFirst = round % 2 === 0;
  const first = await measure(isOffFirst ? undefined : defaultOneIn);
  const second = await measure(isOffFirst ? defaultOneIn : undefined);
  const all = await measure(1);
  return { off: isOffFirst ? first : second, on: isOffFirst ? second : first, all };
}

interface Round {
  readonly off: Rate;
  readonly on: Rate;
  readonly all: Rate;
}

const results: Round[] = [];
await measure();
for (let round = 0; round < rounds; round += 1) {
  const { off, on, all } = await measureRound(round);
  results.push({ off, on, all });
  console.error("tracing", ...[off, on, all].map(({ cpuMicroseconds }) => Math.round(cpuMicroseconds)));
}
const cpuOf = (which: "on" | "all"): number =>
  median(results.map((round) => round[which].cpuMicroseconds / round.off.cpuMicroseconds));
const numbers = { "cpu on": cpuOf("on"), "cpu all": cpuOf("all"), spans };
report.add(
  { title: "tracing", numbers },
  `tracing: processor time with the default budget ${numbers["cpu on"].toFixed(3)}, with every delivery recorded ` +
    `${numbers["cpu all"].toFixed(2)} of that without traces; ${spans} spans`,
);
