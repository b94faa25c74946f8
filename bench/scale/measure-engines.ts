import { readFileSync } from "node:fs";
import { fillBacklog } from "../fill-backlog.ts";
import { openBenchDatabase, type BenchDatabase } from "../open-database.ts";
import type { Report } from "../open-report.ts";
import { bodyBytes, secret } from "../same-for-all.ts";
import { startBenchReceiver } from "../start-receiver.ts";
import { startServer } from "../start-server.ts";
import { megabytes, rateOf, waitForArrivals } from "./wait-for-arrivals.ts";

const deliveries = Number(process.env.BENCH_DELIVERIES ?? 100_000);
const origins = 10;
const endpointsPerOrigin = 10;
const secondsMax = 300;

const size = `
  select sum(pg_total_relation_size(relation.oid)) as bytes
  from pg_class relation
  where relation.relnamespace = 'bellwire'::regnamespace and relation.relkind = 'r'`;

/** One process and then two, each on a backlog of its own; what was sent twice is told by the ids at the receiver. */
export async function measureEngines(report: Report): Promise<void> {
  for (const engines of [1, 2]) {
    using receiver = await startBenchReceiver({ origins, keepsArrivals: true });
    await using database = await openBenchDatabase();
    const emptyBytes = await sizeOf(database);
    const urls = receiver.origins.flatMap((origin) =>
      Array.from({ length: endpointsPerOrigin }, (_, path) => `${origin}/hook/${path}`),
    );
    await fillBacklog(database.owner, { ...database, urls, deliveries, bodyBytes, secret });
    await database.owner.query("checkpoint");
    await using running = new AsyncDisposableStack();
    const arrived = waitForArrivals(receiver, deliveries, secondsMax);
    const started = await Promise.all(
      Array.from({ length: engines }, async () => running.use(await startServer(database, "engine"))),
    );
    const arrivals = await arrived;
    const shares = started.map(({ logFile }) => attemptsIn(logFile) / deliveries);
    const numbers = {
      "deliveries/s": Math.round(rateOf(arrivals)),
      "sent twice": arrivals.timesMs.length - arrivals.distinct,
      "smallest share": Math.min(...shares),
      "memory MB": megabytes(Math.max(...started.map((engine) => engine.memoryMax()))),
      "stored MB for 100,000": megabytes((((await sizeOf(database)) - emptyBytes) / deliveries) * 100_000),
    };
    if (arrivals.distinct !== deliveries) throw new Error(`${arrivals.distinct} of ${deliveries} deliveries came.`);
    const title = engines === 1 ? "1 engine" : `${engines} engines`;
    report.add(
      { title, numbers },
      `scale ${title}: ${numbers["deliveries/s"]} deliveries/s, ${numbers["sent twice"]} of ${deliveries} sent twice, ` +
        `shares ${shares.map((share) => share.toFixed(2)).join(" and ")}, ` +
        `memory ${numbers["memory MB"]} MB, ${numbers["stored MB for 100,000"]} MB stored for 100,000 deliveries`,
    );
  }
}

/** By its log lines, one for each. */
const attemptsIn = (logFile: string): number => readFileSync(logFile, "latin1").split("delivery attempted").length - 1;

async function sizeOf({ owner }: BenchDatabase): Promise<number> {
  const [row] = await owner.query<{ bytes: string }>(size);
  return Number(row?.bytes);
}
