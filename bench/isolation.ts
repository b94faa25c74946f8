/**
 * What good receivers notice of those that hang: 1,000 endpoints on 20 origins with 100,000 due deliveries, 300 of them
 * take a request and never answer, against the same run without these 300 and their deliveries, in turns. Everything is
 * due when the engine starts, so the time to a delivery's receipt runs from there. `own-origins`: the 300 have six origins
 * for themselves; `shared-origins`: each origin has its part of them. In both, the engine knows nothing of anybody.
 * `shared-origins-known`: each endpoint has been sent one delivery before, and the rest falls due at one moment.
 * `silent-names` and `hostile-answers`: 200 endpoints whose names are never answered, or that answer as nobody should, beside
 * good ones, while accounts sign up through the API; against the same sign-ups without them.
 * Run: npm run bench -- isolation [case] [deliveries] [--json FILE]
 */
import { systemClock } from "../server/src/platform/clock/clock.ts";
import { everyAttempt } from "../server/src/webhooks/deliveries/index.ts";
import { addDue, fillBacklog } from "./fill-backlog.ts";
import { machineMs } from "./machine-clock.ts";
import { compareNeighbours, neighbours } from "./measure-neighbours.ts";
import { openBenchDatabase, type BenchDatabase } from "./open-database.ts";
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

interface Layout {
  readonly hangs: Hangs;
  readonly isKnown: boolean;
}

const onEachOrigin: Hangs = (_origin, endpoint) => endpoint < hangingEndpoints / origins;
const layouts: Readonly<Record<string, Layout>> = {
  "own-origins": { hangs: (origin) => origin < hangingEndpoints / endpointsPerOrigin, isKnown: false },
  "shared-origins": { hangs: onEachOrigin, isKnown: false },
  "shared-origins-known": { hangs: onEachOrigin, isKnown: true },
};

/** Until the first deliveries have timed out: all 300 at once, as they step aside. Nothing that is measured waits for it. */
const timeoutSeconds = { toGetToKnow: 3, measured: 60 };
/** For filling the database beforehand. */
const dueInMs = 15_000;

interface Drained {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** Good ones that had not come when the time was up. */
  readonly missing: number;
}

async function drain(receiver: BenchReceiver, { hangs, isKnown }: Layout, withHanging: boolean): Promise<Drained> {
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
  const deliveries = perEndpoint * chosen.length;
  await fillBacklog(owner, { encryption, urls, deliveries: isKnown ? urls.length : deliveries, bodyBytes, secret });
  if (isKnown) await setTimeouts(owner, timeoutSeconds.toGetToKnow);
  await owner.query("checkpoint");
  await receiver.arrivals();
  let startedMs = machineMs();
  await using _engine = await startEngineHere(database, inFlightMax);
  if (isKnown) startedMs = await fillOnceKnown(database, receiver, { endpoints: urls.length, deliveries });
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

/** Waits until each endpoint has answered or not, and adds what is measured. Gives when that falls due. */
async function fillOnceKnown(
  { owner }: BenchDatabase,
  receiver: BenchReceiver,
  { endpoints: asked, deliveries }: { readonly endpoints: number; readonly deliveries: number },
): Promise<number> {
  const attempts = `select count(distinct endpoint_id) as made from ${everyAttempt} attempt`;
  for (let made = 0; made < asked; made = (await owner.query<{ made: number }>(attempts))[0]?.made ?? 0)
    await systemClock.sleep(200);
  await setTimeouts(owner, timeoutSeconds.measured);
  await receiver.arrivals();
  const dueAtMs = machineMs() + dueInMs;
  await addDue(owner, { deliveries, bodyBytes, dueAt: new Date(Date.now() + dueInMs) });
  if (machineMs() > dueAtMs) throw new Error(`${deliveries} deliveries were not added within ${dueInMs} ms.`);
  return dueAtMs;
}

const setTimeouts = (owner: BenchDatabase["owner"], seconds: number): Promise<unknown> =>
  owner.query("update endpoints set timeout_seconds = $1, version = version + 1", [seconds]);

async function compare(name: string, layout: Layout): Promise<void> {
  using receiver = await startBenchReceiver({ origins, keepsArrivals: true });
  const without: Drained[] = [];
  const beside: Drained[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(await drain(receiver, layout, false));
    beside.push(await drain(receiver, layout, true));
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

const chosen = report.choose([...Object.keys(layouts), ...Object.keys(neighbours)]);
for (const [name, layout] of Object.entries(layouts)) if (chosen.includes(name)) await compare(name, layout);
for (const [name, neighbour] of Object.entries(neighbours))
  if (chosen.includes(name)) await compareNeighbours(report, { name, neighbour, pairs });
