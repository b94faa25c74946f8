/**
 * Measures the effect of hanging receivers on others: 1,000 endpoints on 20 origins with 100,000 due deliveries, of which 300
 * never respond, against the same run without these 300, in turns. Everything is due when the engine starts, so delays start
 * there. `own-origins`: the 300 have six origins of their own; `shared-origins`: each origin has some of them. In both, the
 * engine has no history. `shared-origins-known`: each endpoint has received one delivery, and the rest falls due at once.
 * `silent-names` and `hostile-answers`: 200 endpoints with unanswered names, or with hostile responses, beside others, while
 * accounts sign up through the API; against the same sign-ups without them, and with 200 endpoints that respond at once in their
 * place: every event goes to 200 more endpoints in either case, which costs a sign-up more than the hostility does.
 * `hostile-neighbour`: the 200 belong to another provider, who signs accounts up at the same rate. In these three, the engine has
 * its own process, as in `bellwire serve`. The 200 receivers have a lower priority, since they would be other machines. They are
 * added after ten sign-ups, to an engine that knows the good ones, so that no run measures a cold start.
 * Run: npm run bench -- isolation [case] [deliveries] [--json FILE]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import { everyAttempt } from "../server/src/webhooks/deliveries/index.ts";
import { hostileAnswers } from "../server/test/support/hostile-answers.ts";
import { startNameServer } from "../server/test/support/name-server.ts";
import { addDue, addEndpoints, bodyBytes, endpointSecret, fillBacklog, inFlightMax } from "./backlog.ts";
import { startEngineHere } from "./bellwire.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { machineMs, median, percentile, treeCpuSeconds } from "./measuring.ts";
import { type BenchPortal, setUpPortal, startPortal } from "./portal.ts";
import { type BenchReceiver, startBenchReceiver, yieldProcessor } from "./receiver.ts";
import { type Report, openReport } from "./report.ts";

const badEndpoints = 200;
const neighbourSeconds = Number(process.env.BENCH_SECONDS ?? 30);
/** A sign-up records at least two events, so this rate causes about 400 attempts a second at the bad endpoints. */
const signUpsPerSecond = 1;
/** Sign-ups before the 200 endpoints exist. */
const warmUps = 10;

interface Neighbour {
  readonly goodEndpoints: number;
  readonly startBad: () => Promise<BadEndpoints>;
  /** The 200 endpoints are another provider's, who signs accounts up at the same rate. Otherwise they get the same events. */
  readonly isOtherProvider?: true;
}

const baseDomain = "isolation.test";

/** A provider that signs accounts up. */
interface BenchProvider {
  readonly host: string;
  readonly token: string;
}

/** Endpoints that respond badly, until disposal. */
interface BadEndpoints extends AsyncDisposable {
  readonly urls: readonly string[];
  /** Processor time of their receivers. */
  cpuSeconds(): number;
}

const neighbours: Readonly<Record<string, Neighbour>> = {
  "silent-names": {
    goodEndpoints: 50,
    startBad: async () => ({
      urls: Array.from({ length: badEndpoints }, (_, number) => `http://silent${number}.example/hook`),
      cpuSeconds: () => 0,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  },
  "hostile-answers": { goodEndpoints: 1, startBad: startHostile },
  "hostile-neighbour": { goodEndpoints: 1, startBad: startHostile, isOtherProvider: true },
  "nearly-slow": {
    goodEndpoints: 1,
    startBad: async () => {
      const receiver = await startBenchReceiver({
        origins: badEndpoints,
        answersAfterMs: 900,
        keepsArrivals: true,
        isLowPriority: true,
      });
      return {
        urls: receiver.origins.map((origin) => `${origin}/hook`),
        cpuSeconds: () => 0,
        [Symbol.asyncDispose]: async () => receiver[Symbol.dispose](),
      };
    },
  },
};

async function startHostile(): Promise<BadEndpoints> {
  const program = fileURLToPath(new URL("hostile-process.ts", import.meta.url));
  const child = fork(program, [String(badEndpoints)]);
  yieldProcessor(child);
  const [ports] = await once(child, "message");
  return {
    urls: Array.from(ports, (port) => `http://127.0.0.1:${String(port)}/hook`),
    cpuSeconds: () => treeCpuSeconds(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

interface Measured extends Cpu {
  readonly goodP50Ms: number;
  readonly goodP99Ms: number;
  /** The longest delay of the first sign-up's events, when the 200 endpoints are unknown to the engine. */
  readonly firstMs: number;
  /** p99 of the events of the other sign-ups. */
  readonly laterP99Ms: number;
  readonly signUpMs: number;
  readonly memoryMb: number;
  readonly missing: number;
}

/** Processor time per second. */
interface Cpu {
  readonly bellwireCpuMs: number;
  readonly postgresCpuMs: number;
  /** That of the bad receivers. */
  readonly badCpuMs: number;
}

interface MeasuredPrograms {
  readonly portal: BenchPortal;
  readonly database: BenchDatabase;
  readonly bad: BadEndpoints;
}

/** Returns a function that returns the processor time since the call. */
function measureCpu({ portal, database, bad }: MeasuredPrograms): () => Cpu {
  const seconds = (): readonly [number, number, number] => [
    portal.pids.reduce((sum, pid) => sum + treeCpuSeconds(pid), 0),
    treeCpuSeconds(database.postgresPid),
    bad.cpuSeconds(),
  ];
  const [startedMs, before] = [machineMs(), seconds()];
  return () => {
    const now = seconds();
    const ms = (index: 0 | 1 | 2): number => ((now[index] - before[index]) * 1e6) / (machineMs() - startedMs);
    return { bellwireCpuMs: ms(0), postgresCpuMs: ms(1), badCpuMs: ms(2) };
  };
}

/** Signs accounts up at a fixed rate and measures the delays at the good endpoints. */
async function measure(
  { goodEndpoints, startBad, isOtherProvider }: Neighbour,
  beside: "none" | "responsive" | "bad",
): Promise<Measured> {
  await using names = await startNameServer((name) =>
    name.startsWith("good") ? { addresses: ["127.0.0.1"], ttlSeconds: 5 } : "silence",
  );
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  const { port } = new URL(receiver.origins[0] ?? "");
  const goodUrls = Array.from({ length: goodEndpoints }, (_, number) => `http://good${number}.example:${port}/hook`);
  await using database = await openBenchDatabase();
  const { owner, encryption } = database;
  await using appPool = await database.openAppPool();
  const setUp = async (subdomain: string, hookUrl: string): Promise<BenchProvider> => ({
    host: `${subdomain}-admin.${baseDomain}`,
    token: await setUpPortal(appPool, encryption, hookUrl, subdomain),
  });
  const provider = await setUp("bench", `http://127.0.0.1:${port}/hook`);
  await addEndpoints(owner, { urls: goodUrls.slice(1), encryption, secret: endpointSecret });
  using responsive = await startBenchReceiver({ origins: badEndpoints, isLowPriority: true });
  const other = isOtherProvider ? await setUp("other", `${responsive.origins[0]}/hook`) : undefined;
  await using bad = await startBad();
  const besideUrls = { none: [], responsive: responsive.origins.map((origin) => `${origin}/hook`), bad: bad.urls }[
    beside
  ];
  await using portal = await startPortal(database, { nameServers: [names.address], engine: "own", baseDomain });
  const providers = { origin: portal.origin, provider, other };
  const eventCount = await warmUp({ ...providers, receiver, owner, goodEndpoints });
  const subdomain = other ? "other" : "bench";
  await addEndpoints(owner, { urls: besideUrls, encryption, secret: endpointSecret, subdomain });
  const readCpu = measureCpu({ portal, database, bad });
  const signUpsMs = await signUpAtBoth(providers);
  await systemClock.sleep(2000);
  const { delaysMs } = await receiver.arrivals();
  const cpu = readCpu();
  const expected = ((await countEvents(owner)) - eventCount) * goodEndpoints;
  const firstCount = expected / signUpsMs.length;
  return {
    goodP50Ms: percentile(delaysMs, 0.5),
    goodP99Ms: percentile(delaysMs, 0.99),
    firstMs: Math.max(...delaysMs.slice(0, firstCount)),
    laterP99Ms: percentile(delaysMs.slice(firstCount), 0.99),
    signUpMs: median(signUpsMs),
    memoryMb: portal.pids.reduce((sum, pid) => sum + peakMemoryMb(pid), 0),
    ...cpu,
    missing: expected - delaysMs.length,
  };
}

interface Providers {
  readonly origin: string;
  /** The provider of the good endpoints. */
  readonly provider: BenchProvider;
  /** The provider of the bad ones, if they are not the same provider's. */
  readonly other: BenchProvider | undefined;
}

interface WarmUp extends Providers {
  readonly receiver: BenchReceiver;
  readonly owner: BenchDatabase["owner"];
  readonly goodEndpoints: number;
}

/** Signs accounts up until connections, compiled code and the good endpoints are known. Returns the number of events. */
async function warmUp({ origin, provider, other, receiver, owner, goodEndpoints }: WarmUp): Promise<number> {
  for (let number = 0; number < warmUps; number += 1) {
    await signUp(origin, provider, number);
    if (other) await signUp(origin, other, number);
  }
  const eventCount = await countEvents(owner);
  while ((await receiver.received()) < eventCount * goodEndpoints) await systemClock.sleep(50);
  await receiver.arrivals();
  return eventCount;
}

async function countEvents(owner: BenchDatabase["owner"]): Promise<number> {
  const [events] = await owner.query<{ count: number }>(
    "select count(*)::int as count from events where provider_id = (select id from providers where subdomain = 'bench')",
  );
  return events?.count ?? 0;
}

/** Signs accounts up at a changing time of each of the other provider's seconds. Returns the durations without the other's. */
async function signUpAtBoth({ origin, provider, other }: Providers): Promise<readonly number[]> {
  if (!other) return signUpRegularly(origin, provider, () => 0);
  const [signUpsMs] = await Promise.all([
    signUpRegularly(origin, provider, (number) => (number * 618) % 1000),
    signUpRegularly(origin, other, () => 0),
  ]);
  return signUpsMs;
}

/** Signs accounts up at the fixed rate, each `afterMs` later than its turn. Returns the duration of each sign-up. */
async function signUpRegularly(
  origin: string,
  provider: BenchProvider,
  afterMs: (number: number) => number,
): Promise<readonly number[]> {
  const signUpsMs: number[] = [];
  const startedMs = machineMs();
  for (let number = 0; number < neighbourSeconds * signUpsPerSecond; number += 1) {
    const atMs = startedMs + (number * 1000) / signUpsPerSecond + afterMs(number);
    await systemClock.sleep(Math.max(1, atMs - machineMs()));
    signUpsMs.push(await signUp(origin, provider, warmUps + number));
  }
  return signUpsMs;
}

async function signUp(origin: string, { host, token }: BenchProvider, number: number): Promise<number> {
  const startedMs = machineMs();
  const { statusCode, body } = await request(`${origin}/admin/api/signup.json?access_token=${token}`, {
    method: "POST",
    headers: { host, "content-type": "application/json" },
    body: JSON.stringify({ org_name: `Harbour ${number}`, username: `user${number}` }),
  });
  await body.dump();
  if (statusCode !== 201) throw new Error(`The sign-up was answered with ${statusCode}.`);
  return machineMs() - startedMs;
}

/** Returns the peak memory of a process. Linux only. */
const peakMemoryMb = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

interface Comparison {
  readonly name: string;
  readonly neighbour: Neighbour;
  readonly pairs: number;
}

async function compareNeighbours(report: Report, { name, neighbour, pairs }: Comparison): Promise<void> {
  const without: Measured[] = [];
  const besideResponsive: Measured[] = [];
  const beside: Measured[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    without.push(await measure(neighbour, "none"));
    besideResponsive.push(await measure(neighbour, "responsive"));
    beside.push(await measure(neighbour, "bad"));
  }
  const of = (column: keyof Measured, runs: readonly Measured[]): number => median(runs.map((run) => run[column]));
  const each = (title: string, column: keyof Measured): Readonly<Record<string, number>> => ({
    [title]: of(column, beside),
    [`${title} beside responsive`]: of(column, besideResponsive),
    [`${title} without`]: of(column, without),
  });
  const numbers = {
    ...each("p50 ms", "goodP50Ms"),
    ...each("p99 ms", "goodP99Ms"),
    ...each("first ms", "firstMs"),
    ...each("later p99 ms", "laterP99Ms"),
    ...each("sign-up ms", "signUpMs"),
    ...each("memory MB", "memoryMb"),
    ...each("Bellwire's ms", "bellwireCpuMs"),
    ...each("PostgreSQL's ms", "postgresCpuMs"),
    "receivers' ms": of("badCpuMs", beside),
    "not delivered": Math.max(...beside.map(({ missing }) => missing)),
  };
  const columns = Object.entries(numbers).map(([column, number]) => `${column} ${number.toFixed(1)}`);
  const kinds = name.startsWith("hostile") ? ` of ${hostileAnswers.length} kinds` : "";
  report.add({ title: name, numbers }, `isolation ${name} (${badEndpoints}${kinds}): ${columns.join(", ")}`);
}

const pairs = Number(process.env.BENCH_PAIRS ?? 3);
const origins = 20;
const endpointsPerOrigin = 50;
const endpoints = origins * endpointsPerOrigin;
const hangingEndpoints = 300;
/** Time limit of a run in which hanging endpoints block the others. */
const secondsMax = Number(process.env.BENCH_SECONDS_MAX ?? 150);

const report = openReport("isolation");
const [deliveriesRequested = 100_000] = report.numbers;

/** Returns true if the endpoint with this number on its origin hangs. */
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

/** Time until the first attempts of all 300 have timed out. No measurement waits for it. */
const timeoutSeconds = { warmUp: 3, measured: 60 };
/** Time limit for filling the database. */
const dueInMs = 15_000;

interface Drained {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** Deliveries to good endpoints that did not arrive within the time limit. */
  readonly missing: number;
}

async function measureDrain(
  receiver: BenchReceiver,
  { hangs, isKnown }: Layout,
  withHanging: boolean,
): Promise<Drained> {
  const all = receiver.origins.flatMap((url, origin) =>
    Array.from({ length: endpointsPerOrigin }, (_, endpoint) => ({
      url: `${url}/${hangs(origin, endpoint) ? "hang" : "hook"}/${endpoint}`,
      hangs: hangs(origin, endpoint),
    })),
  );
  const chosen = all.filter((endpoint) => withHanging || !endpoint.hangs);
  const perEndpoint = Math.floor(deliveriesRequested / endpoints);
  const good = perEndpoint * (endpoints - hangingEndpoints);
  await using database = await openBenchDatabase();
  const { owner, encryption } = database;
  const urls = chosen.map(({ url }) => url);
  const deliveries = perEndpoint * chosen.length;
  await fillBacklog(owner, {
    encryption,
    urls,
    deliveries: isKnown ? urls.length : deliveries,
    bodyBytes,
    secret: endpointSecret,
  });
  if (isKnown) await setTimeouts(owner, timeoutSeconds.warmUp);
  await owner.query("checkpoint");
  await receiver.arrivals();
  let startedMs = machineMs();
  await using _engine = await startEngineHere(database, inFlightMax);
  if (isKnown) startedMs = await fillOnceKnown(database, receiver, { endpointCount: urls.length, deliveries });
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

/** Waits until each endpoint has responded or timed out, and adds the measured deliveries. Returns their due time. */
async function fillOnceKnown(
  { owner }: BenchDatabase,
  receiver: BenchReceiver,
  { endpointCount, deliveries }: { readonly endpointCount: number; readonly deliveries: number },
): Promise<number> {
  const attempts = `select count(distinct endpoint_id) as count from ${everyAttempt} attempt`;
  for (let known = 0; known < endpointCount; known = (await owner.query<{ count: number }>(attempts))[0]?.count ?? 0)
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
    without.push(await measureDrain(receiver, layout, false));
    beside.push(await measureDrain(receiver, layout, true));
  }
  const of = (column: keyof Drained, runs: readonly Drained[]): number => median(runs.map((run) => run[column]));
  const ratio = (column: keyof Drained): number =>
    median(beside.map((run, pair) => run[column] / (without[pair]?.[column] ?? 1)));
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
