/**
 * Measures the delay from a change to its receiver on an idle system. One account at a time is changed through the API of a
 * process with both roles. The delay starts when that process learns from PostgreSQL that the transaction has committed,
 * before the hint, and ends at the receiver's first byte. Both processes use the machine's monotonic clock. In turns, the
 * same run measures a raw POST of the same size to the same receiver, and a commit. A `warm` endpoint has just received a
 * delivery; a `quiet` one has had none for four seconds, so that its lane rests.
 * Run: npm run bench -- latency [samples] [quiet samples] [--json FILE]
 */
import { Pool } from "undici";
import { systemClock } from "../server/src/platform/clock.ts";
import { bodyBytes } from "./backlog.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { machineMs, percentile } from "./measuring.ts";
import { type BenchPortal, setUpPortal, signUpAccounts, startPortal } from "./portal.ts";
import { type BenchReceiver, startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

const report = openReport("latency");
const [samples = 300, quietSamples = 60] = report.numbers;
const quietPauseMs = 4000;
const arrivesWithinMs = 5000;

/** Waits for the delivery in flight. Starts polling after 20 ms, so that nothing else runs before. */
async function nextArrival(receiver: BenchReceiver): Promise<number> {
  const untilMs = machineMs() + arrivesWithinMs;
  while (machineMs() < untilMs) {
    await systemClock.sleep(20);
    const [firstMs] = (await receiver.arrivals()).timesMs;
    if (firstMs !== undefined) return firstMs;
  }
  throw new Error(`Nothing arrived within ${arrivesWithinMs} ms.`);
}

interface Bench {
  readonly database: BenchDatabase;
  readonly receiver: BenchReceiver;
  readonly portal: BenchPortal;
  readonly api: Pool;
  readonly raw: Pool;
  readonly token: string;
  readonly ids: readonly number[];
}

async function changeOne({ portal, receiver, api, token, ids }: Bench, number: number): Promise<number> {
  await portal.committedMs();
  const { statusCode, body } = await api.request({
    method: "PUT",
    path: `/admin/api/accounts/${ids[number % ids.length]}.json`,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ org_name: `Harbour ${number} ${machineMs()}` }),
  });
  const answeredMs = machineMs();
  await body.dump();
  if (statusCode !== 200) throw new Error(`The change was answered with ${statusCode}.`);
  const arrivedMs = await nextArrival(receiver);
  const committedMs = (await portal.committedMs()).findLast((at) => at <= answeredMs);
  if (committedMs === undefined) throw new Error("Nothing was committed before the response.");
  return arrivedMs - committedMs;
}

async function postOne({ raw, receiver }: Bench): Promise<number> {
  const startedMs = machineMs();
  const { body } = await raw.request({ method: "POST", path: "/hook", body: Buffer.alloc(bodyBytes, "a") });
  await body.dump();
  return (await nextArrival(receiver)) - startedMs;
}

async function commitOne({ owner }: BenchDatabase): Promise<number> {
  const startedMs = machineMs();
  await owner.query("insert into bench_commits default values");
  return machineMs() - startedMs;
}

interface Samples {
  readonly count: number;
  readonly pauseMs: () => number;
}

async function measure(bench: Bench, name: string, { count, pauseMs }: Samples) {
  const toReceiver: number[] = [];
  const raw: number[] = [];
  const commits: number[] = [];
  for (let number = 0; number < count; number += 1) {
    await systemClock.sleep(pauseMs());
    toReceiver.push(await changeOne(bench, number));
    raw.push(await postOne(bench));
    commits.push(await commitOne(bench.database));
  }
  const numbers = {
    "p50 ms": percentile(toReceiver, 0.5),
    "p99 ms": percentile(toReceiver, 0.99),
    "raw POST p50 ms": percentile(raw, 0.5),
    "raw POST p99 ms": percentile(raw, 0.99),
    "commit p50 ms": percentile(commits, 0.5),
    "commit p99 ms": percentile(commits, 0.99),
  };
  const columns = Object.entries(numbers).map(([column, ms]) => column.replace(" ms", ` ${ms.toFixed(2)} ms`));
  report.add({ title: name, numbers }, `latency ${name}: ${columns.join(", ")}, ${count} changes`);
}

using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
const [receiverOrigin = ""] = receiver.origins;
await using database = await openBenchDatabase();
await database.owner.query("create table bench_commits (id bigint generated always as identity)");
await using appPool = await database.openAppPool();
const token = await setUpPortal(appPool, database.encryption, `${receiverOrigin}/hook`);
await using portal = await startPortal(database);
await using pools = new AsyncDisposableStack();
const connect = (origin: string): Pool => pools.adopt(new Pool(origin, { connections: 1 }), (pool) => pool.destroy());
const [api, raw] = [connect(portal.origin), connect(receiverOrigin)] as const;
const ids = await signUpAccounts(portal.origin, token, 50);
await systemClock.sleep(1000);
await receiver.arrivals();
const bench = { database, receiver, portal, api, raw, token, ids };
// Between 10 and 110 ms, so that the samples cover all phases of periodic work.
await measure(bench, "warm", { count: samples, pauseMs: () => 10 + Math.random() * 100 });
await measure(bench, "quiet", { count: quietSamples, pauseMs: () => quietPauseMs });
