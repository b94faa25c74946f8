/**
 * Measures the cost of ordering. `one-key` and `hundred-keys`: one endpoint's backlog in one ordering key, and in a hundred,
 * against undici's dispatch alone sending the same signed bytes to the same receiver, sequentially per key. `held`: the delay
 * from commit to receiver with 172,000 deliveries held for two paused endpoints, and without, in turns.
 * Run: npm run bench -- ordered [case] [seconds] [--json FILE]
 */
import { systemClock } from "../server/src/platform/clock.ts";
import { addDue, bodyBytes, endpointSecret, fillBacklog, inFlightMax } from "./backlog.ts";
import { startEngineHere } from "./bellwire.ts";
import { openBenchDatabase } from "./database.ts";
import { machineMs, median, percentile } from "./measuring.ts";
import { measureCeiling } from "./rates.ts";
import { type BenchReceiver, startBenchReceiver } from "./receiver.ts";
import { type Report, openReport } from "./report.ts";

const pairs = Number(process.env.BENCH_PAIRS ?? 3);
const backlogRows = Number(process.env.BENCH_ROWS ?? 25_000);
const heldRows = 172_000;
const samples = 200;

const keysOf = { "one-key": 1, "hundred-keys": 100 } as const;
const report = openReport("ordered");
const [seconds = 8] = report.numbers;

/** Returns deliveries per second until the backlog is empty or the time is over. */
async function measureBacklog(receiver: BenchReceiver, keys: number, deliveries: number): Promise<number> {
  await using database = await openBenchDatabase();
  const urls = [`${receiver.origins[0]}/hook/0`];
  await fillBacklog(database.owner, { ...database, urls, deliveries, bodyBytes, secret: endpointSecret, keys });
  await database.owner.query("checkpoint");
  const before = await receiver.received();
  const startedMs = performance.now();
  await using _engine = await startEngineHere(database, inFlightMax);
  const elapsedMs = (): number => performance.now() - startedMs;
  let received = 0;
  while (received < deliveries && elapsedMs() < seconds * 1000) {
    await systemClock.sleep(50);
    received = (await receiver.received()) - before;
  }
  return received / (elapsedMs() / 1000);
}

async function measureKeys(name: keyof typeof keysOf): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1 });
  const keys = keysOf[name];
  const alone = { bodyBytes, inFlightMax: keys, origins: receiver.origins, pathsPerOrigin: 1 };
  await measureCeiling({ ...alone, requests: 5000 });
  const results: { readonly ceiling: number; readonly perSecond: number }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = (await measureCeiling({ ...alone, requests: backlogRows })).perSecond;
    const deliveries = keys === 1 ? backlogRows : backlogRows * 4;
    results.push({ ceiling, perSecond: await measureBacklog(receiver, keys, deliveries) });
    console.error(name, ...Object.values(results.at(-1) ?? {}).map(Math.round));
  }
  const numbers = {
    "deliveries/s": Math.round(median(results.map(({ perSecond }) => perSecond))),
    "ceiling/s": Math.round(median(results.map(({ ceiling }) => ceiling))),
    ratio: median(results.map(({ perSecond, ceiling }) => perSecond / ceiling)),
  };
  report.add(
    { title: name, numbers },
    `ordered ${name}: ${numbers["deliveries/s"]} deliveries/s, ceiling ${numbers["ceiling/s"]}/s, ratio ${numbers.ratio.toFixed(2)}`,
  );
}

/** Returns the delays from before the commit to the first byte, of single deliveries to an ordered endpoint. */
async function measureDelays(held: number): Promise<readonly number[]> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  await using database = await openBenchDatabase();
  const { owner } = database;
  const urls = ["live", "paused", "paused too"].map((path) => `${receiver.origins[0]}/${path}`);
  await fillBacklog(owner, { ...database, urls, deliveries: 0, bodyBytes, secret: endpointSecret });
  const [live = 0, ...paused] = (await owner.query<{ id: number }>("select id from endpoints order by id")).map(
    ({ id }) => id,
  );
  await owner.query("update endpoints set state = 'paused' where id = any($1)", [paused]);
  for (let offset = 0; offset < held; offset += 20_000) {
    const deliveries = Math.min(20_000, held - offset);
    await addDue(owner, { deliveries, bodyBytes, keys: 100, offset, endpointIds: paused });
  }
  await owner.query("analyze due, events, payloads, endpoints, lanes");
  await owner.query("checkpoint");
  await using _engine = await startEngineHere(database, inFlightMax);
  const delays: number[] = [];
  for (let number = 0; number < samples; number += 1) {
    await systemClock.sleep(10 + Math.random() * 40);
    const startedMs = machineMs();
    await owner.inTransaction(async (tx) => {
      await addDue(tx, { deliveries: 1, bodyBytes, keys: 1_000_000, offset: number, endpointIds: [live] });
      tx.hintAfterCommit("due", String(live));
    });
    delays.push((await nextArrival(receiver)) - startedMs);
  }
  return delays.slice(samples / 10); // the first ones claim the lane and warm up
}

async function nextArrival(receiver: BenchReceiver): Promise<number> {
  for (let polls = 0; polls < 1000; polls += 1) {
    await systemClock.sleep(10);
    const [firstMs] = (await receiver.arrivals()).timesMs;
    if (firstMs !== undefined) return firstMs;
  }
  throw new Error("Nothing arrived within 10 s.");
}

async function measureHeld(output: Report): Promise<void> {
  const results: { readonly without: readonly number[]; readonly beside: readonly number[] }[] = [];
  for (let pair = 0; pair < pairs; pair += 1)
    results.push({ without: await measureDelays(0), beside: await measureDelays(heldRows) });
  const of = (which: "without" | "beside", share: number): number =>
    median(results.map((pair) => percentile(pair[which], share)));
  const ratio = (share: number): number =>
    median(results.map(({ without, beside }) => percentile(beside, share) / percentile(without, share)));
  const numbers = {
    "p50 ms": of("beside", 0.5),
    "p50 ms without": of("without", 0.5),
    "p99 ms": of("beside", 0.99),
    "p99 ms without": of("without", 0.99),
    "p50 ratio": ratio(0.5),
    "p99 ratio": ratio(0.99),
  };
  const columns = Object.entries(numbers).map(([column, number]) => `${column} ${number.toFixed(2)}`);
  output.add({ title: "held", numbers }, `ordered held: ${columns.join(", ")}`);
}

const chosen = report.choose([...Object.keys(keysOf), "held"]);
if (chosen.includes("one-key")) await measureKeys("one-key");
if (chosen.includes("hundred-keys")) await measureKeys("hundred-keys");
if (chosen.includes("held")) await measureHeld(report);
