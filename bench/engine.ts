/**
 * How near one engine comes to the limit of the machine: a backlog of due deliveries, everything recorded, against
 * undici's dispatch alone sending the same signed bytes to the same receiver, in turns. Run: npm run bench -- engine
 */
import { mkdtemp, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../server/src/platform/clock/clock.ts";
import { migrate } from "../server/src/platform/database/migrate.ts";
import { openPool } from "../server/src/platform/database/open-pool.ts";
import { openEmbeddedPostgres } from "../server/src/platform/embedded-postgres/open-embedded-postgres.ts";
import { createEncryption } from "../server/src/platform/encryption/encryption.ts";
import { newUuidV7 } from "../server/src/platform/ids/uuid-v7.ts";
import { parseAllowedTargets } from "../server/src/platform/network/allowed-targets.ts";
import { createSender } from "../server/src/webhooks/attempts/index.ts";
import { postgresLaneStore, startEngine } from "../server/src/webhooks/engine/index.ts";
import { ownCpuSeconds, treeCpuSeconds } from "./cpu-seconds.ts";
import { fillBacklog } from "./fill-backlog.ts";
import { measureCeiling } from "./measure-ceiling.ts";
import { startBenchReceiver } from "./start-receiver.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const bodyBytes = 1500;
const inFlightMax = 200;
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

interface Rate {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** The part of it that is not PostgreSQL's. */
  readonly ownMicroseconds?: number;
}

// oxlint-disable-next-line max-lines-per-function -- one measurement from start to end, in the order of time
async function measureEngine(
  { origins, pathsPerOrigin }: Case,
  receiver: Awaited<ReturnType<typeof startBenchReceiver>>,
  deliveries: number,
): Promise<Rate> {
  const dataDir = await mkdtemp(join(tmpdir(), "bellwire-bench-"));
  const encryption = createEncryption([Buffer.alloc(32, 1)]);
  try {
    await using postgres = await openEmbeddedPostgres(dataDir, () => undefined);
    await migrate({ connectionString: postgres.ownerUrl, schema: "bellwire", now: systemClock.now() });
    await using owner = await openPool({ connectionString: postgres.ownerUrl, schema: "bellwire", max: 2 });
    await using pool = await openPool({ connectionString: postgres.appUrl, schema: "bellwire" });
    const urls = receiver.origins
      .slice(0, origins)
      .flatMap((origin) => Array.from({ length: pathsPerOrigin }, (_, path) => `${origin}/hook/${path}`));
    await fillBacklog(owner, { encryption, urls, deliveries, bodyBytes, secret });
    await owner.query("checkpoint");
    const postgresPid = await pidOfServer(owner);

    const allowed = parseAllowedTargets("127.0.0.0/8");
    if ("wrong" in allowed) throw new Error(allowed.wrong);
    const log = pino(
      { level: "info" },
      pino.destination({ dest: join(dataDir, "engine.log"), sync: false, minLength: 8192 }),
    );
    await using sender = createSender({
      clock: systemClock,
      userAgent: "Bellwire/bench",
      allowed,
      connectionsMax: inFlightMax,
    });
    const leaseMs = 10_000;
    const [ownBefore, postgresBefore] = [ownCpuSeconds(), treeCpuSeconds(postgresPid)];
    const startedMs = performance.now();
    const engine = await startEngine({
      store: postgresLaneStore(pool, encryption, leaseMs),
      sender,
      clock: systemClock,
      log: {
        attempt: (line) => log.info(line, "delivery attempted"),
        warn: (fields, sentence) => console.error(sentence, fields),
      },
      chance: Math.random,
      newId: () => newUuidV7(Date.now()),
      inFlightMax,
      leaseMs,
    });
    for (let left = deliveries; left > 0;) {
      await systemClock.sleep(left > deliveries / 10 ? 250 : 20);
      const [row] = await owner.query<{ written: number }>("select count(*) as written from attempts");
      left = deliveries - (row?.written ?? 0);
      if (performance.now() - startedMs > 300_000)
        throw new Error(`${left} deliveries were not made within five minutes`);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const [own, postgresCpu] = [ownCpuSeconds() - ownBefore, treeCpuSeconds(postgresPid) - postgresBefore];
    await engine.stop(5000);
    return {
      perSecond: deliveries / seconds,
      cpuMicroseconds: ((own + postgresCpu) / deliveries) * 1e6,
      ownMicroseconds: (own / deliveries) * 1e6,
    };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function pidOfServer(pool: { query<Row>(text: string): Promise<Row[]> }): Promise<number> {
  const [row] = await pool.query<{ folder: string }>("select current_setting('data_directory') as folder");
  return Number(readFileSync(join(row?.folder ?? "", "postmaster.pid"), "utf8").split("\n")[0]);
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function run(it: Case, seconds: number): Promise<void> {
  using receiver = await startBenchReceiver(it.origins);
  const request = { origins: receiver.origins, pathsPerOrigin: it.pathsPerOrigin, secret, bodyBytes, inFlightMax };
  await measureCeiling({ ...request, requests: 20_000 });
  const ceilings: Rate[] = [];
  const engines: Rate[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = await measureCeiling({ ...request, requests: 10_000 * Math.min(10, seconds) });
    ceilings.push(ceiling);
    engines.push(await measureEngine(it, receiver, Math.round((ceiling.perSecond / 2) * seconds)));
    console.error(
      it.name,
      Math.round(ceiling.perSecond),
      Math.round(engines.at(-1)?.perSecond ?? 0),
      engines.at(-1)?.cpuMicroseconds,
      engines.at(-1)?.ownMicroseconds,
      ceiling.cpuMicroseconds,
    );
  }
  const ratios = engines.map((engine, pair) => engine.perSecond / (ceilings[pair]?.perSecond ?? 1));
  const cpu = engines.map((engine, pair) => engine.cpuMicroseconds / (ceilings[pair]?.cpuMicroseconds ?? 1));
  console.log(
    `engine ${it.name}: ${Math.round(median(engines.map((rate) => rate.perSecond)))} deliveries/s, ` +
      `ceiling ${Math.round(median(ceilings.map((rate) => rate.perSecond)))}/s, ratio ${median(ratios).toFixed(2)}, cpu ${median(cpu).toFixed(2)}`,
  );
}

const wanted = process.argv[2];
for (const it of cases) if (wanted === undefined || wanted === it.name) await run(it, Number(process.argv[3] ?? 20));
