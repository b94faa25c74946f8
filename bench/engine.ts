/**
 * Compares one engine on a backlog of due deliveries, including the records of all attempts, with undici's dispatch alone
 * sending the same signed bytes to the same receiver, in turns.
 * Run: npm run bench -- engine [case] [seconds] [--json FILE]
 */
import { systemClock } from "../server/src/platform/clock.ts";
import { bodyBytes, endpointSecret, inFlightMax } from "./backlog.ts";
import { startServer } from "./bellwire.ts";
import { openBenchDatabase } from "./database.ts";
import { measureLoad } from "./load.ts";
import { median, treeCpuSeconds } from "./measuring.ts";
import { setUpPortal, signUpAccounts } from "./portal.ts";
import { type Rate, measureCeiling, measureEngine } from "./rates.ts";
import { startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

interface Sustained {
  readonly perSecond: number;
  readonly changesPerSecond: number;
  /** Processor time of engine and PostgreSQL, including the recording of changes, but without the web process. */
  readonly cpuMicroseconds: number;
  readonly longestDelayMs: number;
}

const accounts = 200;
/** Time allowed for the last deliveries, generous for a busy machine. */
const lastWithinMs = 30_000;

/**
 * Changes accounts through the API of one `bellwire serve` process as fast as it responds, while another one delivers. Delays
 * start at the time in the event's id, which is created before the commit.
 */
async function measureSustained(seconds: number): Promise<Sustained> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  await using database = await openBenchDatabase();
  await using pool = await database.openAppPool();
  const token = await setUpPortal(pool, database.encryption, `${receiver.origins[0]}/hook`);
  await using web = await startServer(database, "web");
  await using engine = await startServer(database, "engine");
  const ids = await signUpAccounts(web.origin, token, accounts);
  const load = {
    origin: web.origin,
    method: "PUT",
    path: "/admin/api/accounts",
    extension: ".xml",
    token,
    ids,
  } as const;
  const countEvents = async (): Promise<number> =>
    (await database.owner.query<{ count: number }>("select count(*) as count from events"))[0]?.count ?? 0;
  const allArrived = async (): Promise<void> => {
    const [events, untilMs] = [await countEvents(), performance.now() + lastWithinMs];
    while ((await receiver.received()) < events) {
      if (performance.now() > untilMs) throw new Error(`Not all of ${events} events have arrived.`);
      await systemClock.sleep(20);
    }
  };
  await measureLoad({ ...load, seconds: 1 });
  await allArrived();
  await receiver.arrivals();
  const cpuOf = (): number => treeCpuSeconds(engine.pid) + treeCpuSeconds(database.postgresPid);
  const [cpuBefore, eventsBefore, startedMs] = [cpuOf(), await countEvents(), performance.now()];
  const changesPerSecond = await measureLoad({ ...load, seconds });
  await allArrived();
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const events = (await countEvents()) - eventsBefore;
  const { distinct, timesMs, longestDelayMs } = await receiver.arrivals();
  if (distinct !== events || timesMs.length !== events)
    throw new Error(`${events} events arrived as ${distinct} ids in ${timesMs.length} requests.`);
  return {
    perSecond: events / tookSeconds,
    changesPerSecond,
    cpuMicroseconds: ((cpuOf() - cpuBefore) / events) * 1e6,
    longestDelayMs,
  };
}

const pairs = Number(process.env.BENCH_PAIRS ?? 3);

interface Case {
  readonly name: string;
  readonly origins: number;
  readonly pathsPerOrigin: number;
}

const cases: readonly Case[] = [
  { name: "one-endpoint", origins: 1, pathsPerOrigin: 1 },
  { name: "hundred-endpoints", origins: 100, pathsPerOrigin: 1 },
  { name: "ten-thousand-endpoints", origins: 100, pathsPerOrigin: 100 },
];

const report = openReport("engine");
const [seconds = 20] = report.numbers;

const same = { secret: endpointSecret, bodyBytes, inFlightMax };
const ceilingRequests = (secondsRequested: number): number => 10_000 * Math.min(10, secondsRequested);

async function run(benchCase: Case, secondsRequested: number): Promise<void> {
  using receiver = await startBenchReceiver({ origins: benchCase.origins });
  const { pathsPerOrigin } = benchCase;
  const urls = receiver.origins.flatMap((origin) =>
    Array.from({ length: pathsPerOrigin }, (_, path) => `${origin}/hook/${path}`),
  );
  const alone = { bodyBytes, inFlightMax, origins: receiver.origins, pathsPerOrigin };
  await measureCeiling({ ...alone, requests: 20_000 });
  const results: Pair[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = await measureCeiling({ ...alone, requests: ceilingRequests(secondsRequested) });
    const deliveries = Math.round((ceiling.perSecond / 2) * secondsRequested);
    const secondsMax = 120 + 6 * secondsRequested;
    const engine = await measureEngine({ ...same, receiver, urls, deliveries, secondsMax });
    results.push({ ceiling, engine });
    const numbers = [ceiling.perSecond, engine.perSecond, engine.cpuMicroseconds, engine.ownMicroseconds ?? 0];
    console.error(benchCase.name, ...numbers.map(Math.round), Math.round(ceiling.cpuMicroseconds));
  }
  reportPairs(benchCase.name, results);
}

/** Records and delivers at the same time. Recording is the bottleneck, so its rate is reported too. */
async function runSustained(secondsRequested: number): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1 });
  const alone = { bodyBytes, inFlightMax, origins: receiver.origins, pathsPerOrigin: 1 };
  await measureCeiling({ ...alone, requests: 20_000 });
  const results: (Pair & { readonly engine: Sustained })[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = await measureCeiling({ ...alone, requests: ceilingRequests(secondsRequested) });
    results.push({ ceiling, engine: await measureSustained(secondsRequested) });
  }
  reportPairs("sustained", results, {
    "changes/s": Math.round(median(results.map(({ engine }) => engine.changesPerSecond))),
    "largest delay ms": Math.round(Math.max(...results.map(({ engine }) => engine.longestDelayMs))),
  });
}

interface Pair {
  readonly ceiling: Rate;
  readonly engine: Rate;
}

function reportPairs(name: string, results: readonly Pair[], more: Readonly<Record<string, number>> = {}): void {
  const numbers = {
    "deliveries/s": Math.round(median(results.map(({ engine }) => engine.perSecond))),
    "ceiling/s": Math.round(median(results.map(({ ceiling }) => ceiling.perSecond))),
    ratio: median(results.map(({ engine, ceiling }) => engine.perSecond / ceiling.perSecond)),
    cpu: median(results.map(({ engine, ceiling }) => engine.cpuMicroseconds / ceiling.cpuMicroseconds)),
  };
  report.add(
    { title: name, numbers: { ...numbers, ...more } },
    `engine ${name}: ${numbers["deliveries/s"]} deliveries/s, ceiling ${numbers["ceiling/s"]}/s, ` +
      `ratio ${numbers.ratio.toFixed(2)}, cpu ${numbers.cpu.toFixed(2)}` +
      Object.entries(more)
        .map(([column, number]) => `, ${column} ${number}`)
        .join(""),
  );
}

const chosen = report.choose([...cases.map(({ name }) => name), "sustained"]);
for (const benchCase of cases) if (chosen.includes(benchCase.name)) await run(benchCase, seconds);
if (chosen.includes("sustained")) await runSustained(seconds);
