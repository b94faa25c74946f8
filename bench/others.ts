/**
 * Compares Bellwire with other job queues on PostgreSQL and Node.js: the same bytes, signed per request, to the same receiver
 * with undici's dispatch, from a backlog in the same PostgreSQL, in turns. The upper bound is dispatch alone. BullMQ is
 * missing, because it needs Redis. Run: npm run bench -- others [deliveries] [--json FILE]
 */
import { randomUUID } from "node:crypto";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { PgBoss } from "pg-boss";
import { systemClock } from "../server/src/platform/clock.ts";
import { bodyBytes, endpointSecret, inFlightMax } from "./backlog.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { median, ownCpuSeconds, treeCpuSeconds } from "./measuring.ts";
import { SignedPosts, measureCeiling, measureEngine } from "./rates.ts";
import { type BenchReceiver, startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

interface Result {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** A contender: sends a backlog of its own database to the first origin of the receiver. */
interface Contender {
  readonly name: string;
  /** The record that it keeps of a finished delivery. */
  readonly keeps: string;
  measure(receiver: BenchReceiver, deliveries: number): Promise<Result>;
}

/** The body that every contender sends. */
const standardBody = Buffer.alloc(bodyBytes, "<account>Harbour &amp; Sons</account>").toString();

const batchMax = 5000;

/** Splits a number into steps for one statement each. */
async function addInBatches(total: number, add: (count: number) => Promise<unknown>): Promise<void> {
  for (let remaining = total; remaining > 0; remaining -= batchMax) await add(Math.min(remaining, batchMax));
}

const secondsMax = 300;

export interface Drain {
  readonly database: BenchDatabase;
  readonly receiver: BenchReceiver;
  readonly deliveries: number;
  /** Starts working in this process. */
  readonly start: () => Promise<AsyncDisposable>;
  /** Returns true if the database has no work left. */
  readonly isDrained: () => Promise<boolean>;
}

/** Measures from before the start until all have arrived and the queue has recorded them as done. */
async function measureDrain({ database, receiver, deliveries, start, isDrained }: Drain): Promise<Result> {
  await database.owner.query("checkpoint");
  const before = await receiver.received();
  const cpuOf = (): number => ownCpuSeconds() + treeCpuSeconds(database.postgresPid);
  const [cpuBefore, startedMs] = [cpuOf(), performance.now()];
  await using _worker = await start();
  const waitUntil = async (condition: () => Promise<boolean>, everyMs: number): Promise<void> => {
    while (!(await condition())) {
      if (performance.now() - startedMs > secondsMax * 1000) throw new Error(`Not done within ${secondsMax} s.`);
      await systemClock.sleep(everyMs);
    }
  };
  await waitUntil(async () => (await receiver.received()) - before >= deliveries, 50);
  await waitUntil(isDrained, 10);
  const seconds = (performance.now() - startedMs) / 1000;
  return { perSecond: deliveries / seconds, cpuMicroseconds: ((cpuOf() - cpuBefore) / deliveries) * 1e6 };
}

const silent = new Logger(() => () => undefined);

/** Uses the fastest settings of its documentation: a local queue, and batched completion. */
const preset = (connectionString: string) => ({
  worker: {
    connectionString,
    logger: silent,
    concurrentJobs: inFlightMax,
    maxPoolSize: 10,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
});

// Inserts all jobs at once: add_jobs with one row each would take minutes.
const addJobs = `
  select count(*) from graphile_worker.add_jobs(array(
    select ('send', json_build_object('id', gen_random_uuid(), 'body', $2::text), null, null, null, null, null, null)::graphile_worker.job_spec
    from generate_series(1, $1::integer)))`;

async function fillGraphileQueue({ owner, ownerUrl }: BenchDatabase, deliveries: number): Promise<void> {
  const utils = await makeWorkerUtils({ connectionString: ownerUrl, logger: silent });
  await utils.migrate();
  await utils.release();
  await addInBatches(deliveries, (count) => owner.query(addJobs, [count, standardBody]));
  await owner.query("analyze graphile_worker._private_jobs");
}

async function sendPayload(posts: SignedPosts, payload: unknown): Promise<void> {
  if (typeof payload !== "object" || payload === null || !("id" in payload) || !("body" in payload)) return;
  await posts.send({ path: "/hook/0", id: String(payload.id), body: Buffer.from(String(payload.body)) });
}

const graphileWorker: Contender = {
  name: "graphile-worker 0.18.0, local queue of 500",
  keeps: "the job until it is done; no attempt",
  async measure(receiver, deliveries) {
    await using database = await openBenchDatabase();
    await using posts = new SignedPosts(receiver.origins);
    await fillGraphileQueue(database, deliveries);
    return await measureDrain({
      database,
      receiver,
      deliveries,
      async start() {
        const runner = await run({
          preset: preset(database.ownerUrl),
          noHandleSignals: true,
          taskList: { send: (payload) => sendPayload(posts, payload) },
        });
        return { [Symbol.asyncDispose]: () => runner.stop() };
      },
      isDrained: async () =>
        (await database.owner.query("select from graphile_worker._private_jobs limit 1")).length === 0,
    });
  },
};

const queue = "send";
const workers = 4;
const batchSize = 100;

interface Job {
  readonly id: string;
  readonly body: string;
}

const pgBoss: Contender = {
  name: "pg-boss 12.38.0, 4 workers, batches of 100",
  keeps: "the job, with its state; no attempt",
  async measure(receiver, deliveries) {
    await using database = await openBenchDatabase();
    await using posts = new SignedPosts(receiver.origins);
    const boss = new PgBoss({ connectionString: database.ownerUrl, useListenNotify: true });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    await boss.createQueue(queue, { notify: true });
    await addInBatches(deliveries, (count) =>
      boss.insert(
        queue,
        Array.from({ length: count }, () => ({ data: { id: randomUUID(), body: standardBody } })),
      ),
    );
    await database.owner.query("analyze pgboss.job");
    const { owner } = database;
    return await measureDrain({
      database,
      receiver,
      deliveries,
      async start() {
        for (let worker = 0; worker < workers; worker += 1) {
          // pg-boss fetches again while batches are full, its fastest setting.
          await boss.work<Job>(queue, { batchSize, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }, (jobs) =>
            Promise.all(
              jobs.map(({ data }) => posts.send({ path: "/hook/0", id: data.id, body: Buffer.from(data.body) })),
            ),
          );
        }
        return { [Symbol.asyncDispose]: () => boss.stop({ graceful: true, timeout: 5000 }) };
      },
      isDrained: async () =>
        (await owner.query("select from pgboss.job where state < 'completed' limit 1")).length === 0,
    });
  },
};

const rounds = Number(process.env.BENCH_PAIRS ?? 3);
const report = openReport("others");
const [deliveries = 100_000] = report.numbers;

const contenders: readonly Contender[] = [
  {
    name: "undici alone",
    keeps: "nothing",
    measure: ({ origins }, requests) =>
      measureCeiling({ origins, pathsPerOrigin: 1, bodyBytes, inFlightMax, requests }),
  },
  {
    name: "Bellwire",
    keeps: "event, delivery, every attempt with status, time and answer",
    measure: (receiver, count) =>
      measureEngine({
        receiver,
        urls: receiver.origins.map((origin) => `${origin}/hook/0`),
        deliveries: count,
        bodyBytes,
        secret: endpointSecret,
        inFlightMax,
        secondsMax: 300,
      }),
  },
  graphileWorker,
  pgBoss,
];

using receiver = await startBenchReceiver({ origins: 1 });
const results = new Map<Contender, Result[]>(contenders.map((contender) => [contender, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const [contender, each] of results) {
    each.push(await contender.measure(receiver, deliveries));
    console.error(contender.name, Math.round(each.at(-1)?.perSecond ?? 0));
  }
}

const [ceilings = []] = results.values();
console.log("| sender | deliveries/s | of the ceiling | cpu | keeps |\n|---|--:|--:|--:|---|");
for (const [{ name, keeps }, each] of results) {
  const numbers = {
    "deliveries/s": Math.round(median(each.map(({ perSecond }) => perSecond))),
    ratio: median(each.map(({ perSecond }, round) => perSecond / (ceilings[round]?.perSecond ?? 1))),
    cpu: median(each.map(({ cpuMicroseconds }, round) => cpuMicroseconds / (ceilings[round]?.cpuMicroseconds ?? 1))),
  };
  report.add(
    { title: name, numbers },
    `| ${name} | ${numbers["deliveries/s"]} | ${numbers.ratio.toFixed(2)} | ${numbers.cpu.toFixed(2)} | ${keeps} |`,
  );
}
