/**
 * Measures behaviour under load and size: `engines`, one and two processes on one database; `backlog`, a thousand rows and a
 * million, also while another session holds an old snapshot; `retries`, a hundred thousand due in the same second;
 * `retention`, expired days dropped meanwhile. All engines are `bellwire serve --role engine` processes, and memory is their
 * peak. Run: npm run bench -- scale [case] [--json FILE]
 */
import { readFileSync } from "node:fs";
import { systemClock } from "../server/src/platform/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import { errorCode } from "../server/src/platform/errors.ts";
import { retireExpiredDays } from "../server/src/webhooks/deliveries/index.ts";
import { bodyBytes, endpointSecret, feedBacklog, fillBacklog, inFlightMax } from "./backlog.ts";
import { startServer } from "./bellwire.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { machineMs, median } from "./measuring.ts";
import { megabytes, rateOf, startBenchReceiver, waitForArrivals } from "./receiver.ts";
import { type Report, openReport } from "./report.ts";

const engineDeliveries = Number(process.env.BENCH_DELIVERIES ?? 100_000);
const origins = 10;
const endpointsPerOrigin = 10;
const secondsMax = 300;

const tablesSize = `
  select sum(pg_total_relation_size(relation.oid)) as bytes
  from pg_class relation
  where relation.relnamespace = 'bellwire'::regnamespace and relation.relkind = 'r'`;

/** Measures one process and then two, each with a new backlog. The receiver's ids show duplicates. */
async function measureEngines(report: Report): Promise<void> {
  for (const engines of [1, 2]) {
    using receiver = await startBenchReceiver({ origins, keepsArrivals: true });
    await using database = await openBenchDatabase();
    const emptyBytes = await sizeOf(database);
    const urls = receiver.origins.flatMap((origin) =>
      Array.from({ length: endpointsPerOrigin }, (_, path) => `${origin}/hook/${path}`),
    );
    await fillBacklog(database.owner, {
      ...database,
      urls,
      deliveries: engineDeliveries,
      bodyBytes,
      secret: endpointSecret,
    });
    await database.owner.query("checkpoint");
    await using running = new AsyncDisposableStack();
    const arrived = waitForArrivals(receiver, engineDeliveries, secondsMax);
    const started = await Promise.all(
      Array.from({ length: engines }, async () => running.use(await startServer(database, "engine"))),
    );
    const arrivals = await arrived;
    const shares = started.map(({ logFile }) => attemptsIn(logFile) / engineDeliveries);
    const numbers = {
      "deliveries/s": Math.round(rateOf(arrivals)),
      "sent twice": arrivals.timesMs.length - arrivals.distinct,
      "smallest share": Math.min(...shares),
      "memory MB": megabytes(Math.max(...started.map((engine) => engine.memoryMax()))),
      "stored MB for 100,000": megabytes((((await sizeOf(database)) - emptyBytes) / engineDeliveries) * 100_000),
    };
    if (arrivals.distinct !== engineDeliveries)
      throw new Error(`${arrivals.distinct} of ${engineDeliveries} deliveries arrived.`);
    const title = engines === 1 ? "1 engine" : `${engines} engines`;
    report.add(
      { title, numbers },
      `scale ${title}: ${numbers["deliveries/s"]} deliveries/s, ${numbers["sent twice"]} of ${engineDeliveries} sent twice, ` +
        `shares ${shares.map((share) => share.toFixed(2)).join(" and ")}, ` +
        `memory ${numbers["memory MB"]} MB, ${numbers["stored MB for 100,000"]} MB stored for 100,000 deliveries`,
    );
  }
}

/** Counts an engine's attempts by its log lines. */
const attemptsIn = (logFile: string): number => readFileSync(logFile, "latin1").split("delivery attempted").length - 1;

async function sizeOf({ owner }: BenchDatabase): Promise<number> {
  const [row] = await owner.query<{ bytes: string }>(tablesSize);
  return Number(row?.bytes);
}

const small = 1000;
const large = Number(process.env.BENCH_ROWS ?? 1_000_000);
const backlogSeconds = Number(process.env.BENCH_SECONDS ?? 20);
/** Warm-up: windows grow, lanes are claimed, PostgreSQL's cache fills. */
const warmUpMs = 3000;

interface BacklogResult {
  readonly plain: number;
  readonly withSnapshot: number;
  readonly memoryBytes: number;
}

/** Measures the rate of one engine with a backlog of this size for one endpoint, without and with an old snapshot. */
async function measureBacklog(level: number): Promise<BacklogResult> {
  using receiver = await startBenchReceiver({ origins: 1 });
  await using database = await openBenchDatabase();
  const urls = [`${receiver.origins[0]}/hook`];
  await fillBacklog(database.owner, { ...database, urls, deliveries: level, bodyBytes, secret: endpointSecret });
  await database.owner.query("checkpoint");
  await using feeding = feedBacklog(database.owner, receiver, level);
  await using engine = await startServer(database, "engine");
  const measure = async (): Promise<number> => {
    await systemClock.sleep(warmUpMs);
    await feeding.rate();
    await systemClock.sleep(backlogSeconds * 1000);
    return feeding.rate();
  };
  const plain = await measure();
  await using _snapshot = await holdOldSnapshot(database.owner);
  const withSnapshot = await measure();
  return { plain, withSnapshot, memoryBytes: engine.memoryMax() };
}

/** Measures in turns, smaller backlogs first, so that compared numbers are from consecutive measurements. */
async function measureBacklogs(report: Report): Promise<void> {
  const pairs: { readonly few: BacklogResult; readonly many: BacklogResult }[] = [];
  for (let pair = 0; pair < Number(process.env.BENCH_PAIRS ?? 1); pair += 1)
    pairs.push({ few: await measureBacklog(small), many: await measureBacklog(large) });
  const addRow = (
    title: string,
    rates: readonly number[],
    baseline: readonly number[],
    memory: readonly number[],
  ): void => {
    const numbers = {
      "deliveries/s": Math.round(median(rates)),
      "of a thousand rows without a snapshot": median(rates.map((rate, pair) => rate / (baseline[pair] ?? 1))),
      "memory MB": megabytes(Math.max(...memory)),
    };
    report.add(
      { title, numbers },
      `scale ${title}: ${numbers["deliveries/s"]} deliveries/s, ` +
        `${numbers["of a thousand rows without a snapshot"].toFixed(2)} of a thousand rows without a snapshot, ` +
        `memory ${numbers["memory MB"]} MB`,
    );
  };
  const usual = pairs.map(({ few }) => few.plain);
  for (const [level, which] of [
    [small, "few"],
    [large, "many"],
  ] as const) {
    const results = pairs.map((pair) => pair[which]);
    const memory = results.map((result) => result.memoryBytes);
    const name = `backlog of ${level}`;
    addRow(
      name,
      results.map((result) => result.plain),
      usual,
      memory,
    );
    addRow(
      `${name} and an old snapshot`,
      results.map((result) => result.withSnapshot),
      usual,
      memory,
    );
  }
}

/** Opens a transaction that has read once and stays idle, like a backup: dead rows cannot be removed. */
async function holdOldSnapshot(pool: Pool): Promise<AsyncDisposable> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: held, resolve: holds, reject: fails } = Promise.withResolvers<void>();
  const holding = pool.inTransaction(async (tx) => {
    await tx.query("set transaction isolation level repeatable read");
    await tx.query("set local idle_in_transaction_session_timeout = 0");
    await tx.query("select count(*) from providers");
    holds();
    await released;
  });
  holding.catch((error: unknown) => fails(error));
  await held;
  return {
    async [Symbol.asyncDispose]() {
      release();
      await holding;
    },
  };
}

const retries = Number(process.env.BENCH_DELIVERIES ?? 100_000);
const retriedEndpoints = 100;
/** A receiver that needs time for each response, so that requests can pile up. */
const answersAfterMs = 5;
const fillWithinMs = Number(process.env.BENCH_FILL_MS ?? 20_000);
const retriesSecondsMax = 300;
const sliceMs = 100;

/** Adds second attempts that are due at the same time, for a hundred endpoints of one receiver. */
async function measureRetries(report: Report): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true, answersAfterMs });
  await using database = await openBenchDatabase();
  const urls = Array.from({ length: retriedEndpoints }, (_, path) => `${receiver.origins[0]}/hook/${path}`);
  const dueMs = machineMs() + fillWithinMs;
  const due = { deliveries: retries, dueAt: new Date(Date.now() + fillWithinMs), attemptsMade: 1, bodyBytes };
  await fillBacklog(database.owner, { ...database, ...due, urls, secret: endpointSecret });
  await using engine = await startServer(database, "engine");
  if (machineMs() > dueMs) throw new Error(`Filling took longer than ${fillWithinMs} ms: set BENCH_FILL_MS.`);
  await systemClock.sleep(dueMs - machineMs() - 100);
  if ((await receiver.received()) > 0) throw new Error("Some deliveries arrived before they were due.");
  const arrivals = await waitForArrivals(receiver, retries, retriesSecondsMax);
  const slices = Map.groupBy(arrivals.timesMs, (at) => Math.floor((at - dueMs) / sliceMs));
  const busiest = Math.max(...[...slices.values()].map((slice) => slice.length)) * (1000 / sliceMs);
  const numbers = {
    "deliveries/s": Math.round(rateOf(arrivals)),
    "first after ms": Math.round((arrivals.timesMs[0] ?? 0) - dueMs),
    "busiest 0.1 s /s": busiest,
    "longest gap ms": Math.round(arrivals.longestGapMs),
    "open requests max": arrivals.openMax,
    "sent twice": arrivals.timesMs.length - arrivals.distinct,
    "memory MB": megabytes(engine.memoryMax()),
  };
  report.add(
    { title: "retries due at once", numbers },
    `scale retries: ${retries} due at once, ${numbers["deliveries/s"]} deliveries/s, busiest 0.1 s ${busiest}/s, ` +
      `first after ${numbers["first after ms"]} ms, longest gap ${numbers["longest gap ms"]} ms, ` +
      `at most ${numbers["open requests max"]} requests of ${inFlightMax} open at the receiver, ` +
      `${numbers["sent twice"]} sent twice, memory ${numbers["memory MB"]} MB`,
  );
}

const retentionBacklog = 20_000;
const expiredDays = 3;
const retentionDays = 30;
const deliveriesPerDay = Number(process.env.BENCH_DELIVERIES ?? 100_000);
const retentionSeconds = Number(process.env.BENCH_SECONDS ?? 10);
/** One of this number of deliveries is on the failure list and must be expected. */
const failedOneIn = 100;
/** The housekeeping job's wait after a lock timeout. */
const retryWaitMs = 60_000;
const triesMax = 5;

// A past day of history, with nearly all deliveries successful at the first attempt.
const history = `
  with event as (
    select uuidv7(make_interval(days => -$1::integer)) as id, number from generate_series(1, $2::integer) as number
  ), recorded as (
    insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind,
      channel, occurred_at, document, renderer_version)
    select 1, id, 'account.created', 'created', number, number, 'Harbour & Sons', 1, 'system', 'system',
      now() - make_interval(days => $1), '{}', 1
    from event
  ), bytes as (
    insert into payloads (provider_id, event_id, format, body, context) select 1, id, '3scale', $3, '{}' from event
  ), ended as (
    insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
    select 1, id, 1, case when number % ${failedOneIn} = 0 then 'failed' else 'delivered' end, 1, '3scale' from event
  ), failed as (
    insert into failures (provider_id, endpoint_id, event_id, error, url)
    select 1, 1, id, '500', '' from event where number % ${failedOneIn} = 0
  )
  insert into attempts (provider_id, event_id, endpoint_id, number, at, status, latency_ms)
  select 1, id, 1, 1, now(), 200, 1 from event`;

const partitions = `
  select inhrelid::regclass::text as name from pg_inherits
  where inhparent = any('{events,payloads,deliveries,attempts}'::regclass[])
    and right(inhrelid::regclass::text, 8) < to_char(current_date - $1::integer, 'YYYYMMDD')`;

async function addExpiredDays(owner: Pool): Promise<void> {
  const body = Buffer.alloc(bodyBytes, "<account>Harbour &amp; Sons</account>");
  for (let day = 1; day <= expiredDays; day += 1) {
    const daysAgo = retentionDays + 5 + day;
    await owner.query("select add_history_days(current_date - $1::integer, current_date - $1::integer)", [daysAgo]);
    for (let remaining = deliveriesPerDay; remaining > 0; remaining -= 20_000)
      await owner.query(history, [daysAgo, Math.min(remaining, 20_000), body]);
  }
  // Old rows have been vacuumed long ago. Otherwise autovacuum would start now.
  for (const { name } of await owner.query<{ name: string }>(partitions, [retentionDays]))
    await owner.query(`vacuum (analyze, freeze) ${name}`);
  await owner.query("analyze failures");
}

const lockNotAvailable = "55P03";

/** Drops expired days like the housekeeping job, again after a minute until none is left. Returns the number of runs. */
async function dropExpiredDays(appPool: Pool): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      await retireExpiredDays(appPool, { now: new Date(), retentionDays });
      return tries;
    } catch (error) {
      if (errorCode(error) !== lockNotAvailable || tries === triesMax) throw error;
      await systemClock.sleep(retryWaitMs);
    }
  }
}

const countKept = `
  select (select count(*) from events where id < uuid_v7_floor(current_date - $1::integer))::integer as events,
    (select count(*) from attempts where event_id < uuid_v7_floor(current_date - $1::integer))::integer as attempts`;

async function checkKeptRows(owner: Pool): Promise<void> {
  const expected = (expiredDays * deliveriesPerDay) / failedOneIn;
  const [actual] = await owner.query<{ events: number; attempts: number }>(countKept, [retentionDays]);
  if (actual?.events !== expected || actual.attempts !== expected)
    throw new Error(
      `${expected} deliveries are expected; ${actual?.events} events and ${actual?.attempts} attempts are left.`,
    );
}

/** Measures the longest time without a send while expired days are dropped, and over the same time without. */
async function measureRetention(report: Report): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true });
  await using database = await openBenchDatabase();
  await using appPool = await database.openAppPool();
  const urls = [`${receiver.origins[0]}/hook`];
  await fillBacklog(database.owner, {
    ...database,
    urls,
    deliveries: retentionBacklog,
    bodyBytes,
    secret: endpointSecret,
  });
  await addExpiredDays(database.owner);
  await database.owner.query("checkpoint");
  await using _feeding = feedBacklog(database.owner, receiver, retentionBacklog);
  await using engine = await startServer(database, "engine");
  const gapDuring = async (work: Promise<unknown>): Promise<number> => {
    await receiver.arrivals();
    await Promise.all([work, systemClock.sleep(retentionSeconds * 1000)]);
    return (await receiver.arrivals()).longestGapMs;
  };
  await systemClock.sleep(3000);
  const usualGapMs = await gapDuring(Promise.resolve());
  const startedMs = performance.now();
  let tries = 0;
  let tookMs = 0;
  const dropping = dropExpiredDays(appPool).then((runs) => {
    tries = runs;
    tookMs = performance.now() - startedMs;
  });
  const gapMs = await gapDuring(dropping);
  await checkKeptRows(database.owner);
  const numbers = {
    "longest gap ms": Math.round(gapMs),
    "usual longest gap ms": Math.round(usualGapMs),
    "dropping took ms": Math.round(tookMs),
    tries,
    "memory MB": megabytes(engine.memoryMax()),
  };
  report.add(
    { title: "retention", numbers },
    `scale retention: ${expiredDays} days of ${deliveriesPerDay} dropped in ${numbers["dropping took ms"]} ms, at try ${tries}, longest gap ` +
      `between sends ${numbers["longest gap ms"]} ms, without ${numbers["usual longest gap ms"]} ms, memory ${numbers["memory MB"]} MB`,
  );
}

const cases = {
  engines: measureEngines,
  backlog: measureBacklogs,
  retries: measureRetries,
  retention: measureRetention,
};

const report = openReport("scale");
const chosen = report.choose(Object.keys(cases));
for (const [name, measure] of Object.entries(cases)) if (chosen.includes(name)) await measure(report);
