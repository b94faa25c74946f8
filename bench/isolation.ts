/**
 * What good receivers notice of those that hang: 1,000 endpoints on 20 origins with 100,000 due deliveries, 300 of them
 * take a request and never answer, against the same run without these 300 and their deliveries, in turns. Everything is
 * due when the engine starts, so the time to a delivery's receipt runs from there. `own-origins`: the 300 have six origins
 * for themselves; `shared-origins`: each origin has its part of them.
 * Run: npm run bench -- isolation [case] [deliveries] [--json FILE]
 */
import { systemClock } from "../server/src/platform/clock/clock.ts";
import { fillBacklog } from "./fill-backlog.ts";
import { machineMs } from "./machine-clock.ts";
import { openBenchDatabase } from "./open-database.ts";
import { openReport } from "./open-report.ts";
import { median, percentile } from "./order-statistics.ts";
import { bodyBytes, inFlightMax, secret } from "./same-for-all.ts";
import { startEngineHere } from "./start-engine.ts";
import { startBenchReceiver, type BenchReceiver } from "./start-receiver.ts";

const pairs = Number(process.env.BENCH_PAIRS ?? 3);
const origins = 20;
const endpointsPerOrigin = 50;
const endpoints = origins * endpointsPerOrigin;
const hangingEndpoints = 300;
/** A run in which the hanging ones keep the good ones from going on ends here, and says so. */
const secondsMax = Number(process.env.BENCH_SECONDS_MAX ?? 150);

const report = openReport("isolation");
const [deliveriesAsked = 100_000] = report.numbers;

/** Whether the endpoint with this number on its origin hangs. */
type Hangs = (origin: number, endpoint: number) => boolean;

const layouts: Readonly<Record<string, Hangs>> = {
  "own-origins": (origin) => origin < hangingEndpoints / endpointsPerOrigin,
  "shared-origins": (_origin, endpoint) => endpoint < hangingEndpoints / origins,
};

interface Drained {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** Good ones that had not come when the time was up. */
  readonly missing: number;
}

async function drain(receiver: BenchReceiver, hangs: Hangs, withHanging: boolean): Promise<Drained> {
  const all = receiver.origins.flatMap((url, origin) =>
    Array.from({ length: endpointsPerOrigin }, (_, endpoint) => ({
      url: `${url}/${hangs(origin, endpoint) ? "hang" : "hook"}/${endpoint}`,
      hangs: hangs(origin, endpoint),
    })),
  );
  const chosen = all.filter((endpoint) => withHanging || !endpoint.hangs);
  const perEndpoint = Math.floor(deliveriesAsked / endpoints);
  const good = perEndpoint * (endpoints - hangingEndpoints);
  await using database = await openBenchDatabase();
  const { owner, encryption } = database;
  const urls = chosen.map(({ url }) => url);
  await fillBacklog(owner, { encryption, urls, deliveries: perEndpoint * chosen.length, bodyBytes, secret });
  await owner.query("checkpoint");
  await receiver.arrivals();
  const startedMs = machineMs();
  await using _engine = await startEngineHere(database, inFlightMax);
  const timesMs: number[] = [];
  while (timesMs.length < good && machineMs() < startedMs + secondsMax * 1000) {
    await systemClock.sleep(100);
    for (const at of (await receiver.arrivals()).timesMs) timesMs.push(at - startedMs);
  }
  const missing = Math.max(0, good - timesMs.length);
  const lastMs = missing > 0 ? secondsMax * 1000 : Math.max(...timesMs.slice(-1));
  const each = [...timesMs, ...Array.from({ length: missing }, () => secondsMax * 1000)];
  const perSecond = timesMs.length / (lastMs / 1000);
  return { p50Ms: percentile(each, 0.5), p99Ms: percentile(each, 0.99), perSecond, missing };
}

async function compare(name: string, hangs: Hangs): Promise<void> {
  using receiver = await startBenchReceiver({ origins, keepsArrivals: true });
  const without: Drained[] = [];
  const beside: Drained[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(await drain(receiver, hangs, false));
    beside.push(await drain(receiver, hangs, true));
  }
  const of = (what: keyof Drained, runs: readonly Drained[]): number => median(runs.map((run) => run[what]));
  const ratio = (what: keyof Drained): number =>
    median(beside.map((run, pair) => run[what] / (without[pair]?.[what] ?? 1)));
  const numbers = {
    "p50 ms": Math.round(of("p50Ms", beside)),
    "p50 ms without": Math.round(of("p50Ms", without)),
    "p99 ms": Math.round(of("p99Ms", beside)),
    "p99 ms without": Math.round(of("p99Ms", without)),
    "good/s": Math.round(of("perSecond", beside)),
    "good/s without": Math.round(of("perSecond", without)),
    "p50 ratio": ratio("p50Ms"),
    "p99 ratio": ratio("p99Ms"),
    "not delivered": Math.max(...beside.map((run) => run.missing)),
  };
  report.add(
    { title: name, numbers },
    `isolation ${name}: p50 ${numbers["p50 ms"]} ms (without ${numbers["p50 ms without"]} ms, ratio ${numbers["p50 ratio"].toFixed(2)}), ` +
      `p99 ${numbers["p99 ms"]} ms (without ${numbers["p99 ms without"]} ms, ratio ${numbers["p99 ratio"].toFixed(2)}), ` +
      `${numbers["good/s"]} good deliveries/s (without ${numbers["good/s without"]}/s), ` +
      `${numbers["not delivered"]} good ones not delivered within ${secondsMax} s`,
  );
}

const chosen = report.choose(Object.keys(layouts));
for (const [name, hangs] of Object.entries(layouts)) if (chosen.includes(name)) await compare(name, hangs);
