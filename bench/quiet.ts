/**
 * Compares changes of endpoints that are quiet in between with those of busy ones: at 20 changes a second through the API of one
 * `bellwire serve`, providers with an endpoint each change one account in turn. With 100 providers, an endpoint has a delivery every five
 * seconds, with 5 it has four a second. Delays are from the creation of the event, shortly before its commit, to the receiver.
 * Run: npm run bench -- quiet [seconds] [--json FILE]
 */
import { Pool } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import { type BenchServer, startServer } from "./bellwire.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { percentile, treeCpuSeconds } from "./measuring.ts";
import { setUpPortal } from "./portal.ts";
import { type BenchReceiver, startBenchReceiver, waitForArrivals } from "./receiver.ts";
import { openReport } from "./report.ts";

const report = openReport("quiet");
const [seconds = 20] = report.numbers;
const changesPerSecond = 20;
const baseDomain = "quiet.test";
/** Makes the process compile its code. */
const warmUpChanges = 3000;
/** The lanes rest, and statistics are written. */
const pauseMs = 4000;
const arriveWithinSeconds = 30;

interface BenchProvider {
  readonly host: string;
  readonly token: string;
  readonly accountId: number;
}

async function request(
  api: Pool,
  { host, token }: Pick<BenchProvider, "host" | "token">,
  [method, path]: readonly ["POST" | "PUT", string],
  fields: object = {},
): Promise<string> {
  const { statusCode, body } = await api.request({
    method,
    path,
    headers: { host, authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ org_name: `Harbour ${performance.now()}`, ...fields }),
  });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`${method} ${path} was answered ${statusCode}: ${text}`);
  return text;
}

interface Bench {
  readonly database: BenchDatabase;
  readonly receiver: BenchReceiver;
  readonly server: BenchServer;
  readonly api: Pool;
  readonly providers: readonly BenchProvider[];
}

const change = (api: Pool, provider: BenchProvider): Promise<string> =>
  request(api, provider, ["PUT", `/admin/api/accounts/${provider.accountId}.json`]);

/** Makes changes of these providers, one after the other, at the fixed rate. */
async function measure({ database, receiver, server, api, providers }: Bench) {
  const of = (number: number): BenchProvider => {
    const provider = providers[number % providers.length];
    if (!provider) throw new Error("There are providers.");
    return provider;
  };
  const warmed = waitForArrivals(receiver, warmUpChanges, arriveWithinSeconds * 4);
  for (let number = 0; number < warmUpChanges; number += 8)
    await Promise.all(Array.from({ length: 8 }, (_, index) => change(api, of(number + index))));
  await warmed;
  await systemClock.sleep(pauseMs);
  await receiver.arrivals(); // those of the sign-ups, too

  const count = changesPerSecond * seconds;
  const cpuOf = (): readonly number[] => [server.pid, database.postgresPid].map(treeCpuSeconds);
  const before = cpuOf();
  const arriving = waitForArrivals(receiver, count, seconds + arriveWithinSeconds);
  const startedMs = performance.now();
  const changes: Promise<unknown>[] = [];
  for (let number = 0; number < count; number += 1) {
    await systemClock.sleep(Math.max(0, startedMs + (number * 1000) / changesPerSecond - performance.now()));
    changes.push(change(api, of(number)));
  }
  await Promise.all(changes);
  const { delaysMs } = await arriving;
  await systemClock.sleep(pauseMs);
  const [own = 0, postgres = 0] = cpuOf().map((cpu, at) => ((cpu - (before[at] ?? 0)) / count) * 1e6);
  return {
    "mean ms": delaysMs.reduce((sum, ms) => sum + ms, 0) / delaysMs.length,
    "p50 ms": percentile(delaysMs, 0.5),
    "p99 ms": percentile(delaysMs, 0.99),
    "Bellwire µs a change": own,
    "PostgreSQL µs a change": postgres,
  };
}

for (const count of [5, 100]) {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  await using database = await openBenchDatabase();
  const tokens: string[] = [];
  {
    await using pool = await database.openAppPool();
    for (let number = 0; number < count; number += 1)
      tokens.push(
        await setUpPortal(pool, database.encryption, `${receiver.origins[0]}/hook/${number}`, `quiet-${number}`),
      );
  }
  await using server = await startServer(database, "both", { BELLWIRE_BASE_DOMAIN: baseDomain });
  await using stack = new AsyncDisposableStack();
  const api = stack.adopt(new Pool(server.origin, { connections: 20 }), (pool) => pool.destroy());
  const providers: BenchProvider[] = [];
  for (const [number, token] of tokens.entries()) {
    const host = `quiet-${number}-admin.${baseDomain}`;
    const signedUp = await request(api, { host, token }, ["POST", "/admin/api/signup.json"], { username: "harbour" });
    providers.push({ host, token, accountId: Number(/"id":(\d+)/.exec(signedUp)?.[1]) });
  }
  const numbers = await measure({ database, receiver, server, api, providers });
  const columns = Object.entries(numbers).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  report.add({ title: `${count} endpoints`, numbers }, `quiet, ${count} endpoints: ${columns.join(", ")}`);
}
