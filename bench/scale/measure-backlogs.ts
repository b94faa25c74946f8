import { systemClock } from "../../server/src/platform/clock/clock.ts";
import { feedBacklog } from "../feed-backlog.ts";
import { fillBacklog } from "../fill-backlog.ts";
import { openBenchDatabase } from "../open-database.ts";
import type { Report } from "../open-report.ts";
import { median } from "../order-statistics.ts";
import { bodyBytes, secret } from "../same-for-all.ts";
import { startBenchReceiver } from "../start-receiver.ts";
import { startServer } from "../start-server.ts";
import { holdOldSnapshot } from "./hold-old-snapshot.ts";
import { megabytes } from "./wait-for-arrivals.ts";

const small = 1000;
const large = Number(process.env.BENCH_ROWS ?? 1_000_000);
const seconds = Number(process.env.BENCH_SECONDS ?? 20);
/** Windows open, lanes are taken, PostgreSQL's cache is warm. */
const warmUpMs = 3000;

interface Found {
  readonly plain: number;
  readonly withSnapshot: number;
  readonly memoryBytes: number;
}

/** The rate of one engine while a backlog of this height waits for one endpoint, without and with an old snapshot. */
async function measureBacklog(level: number): Promise<Found> {
  using receiver = await startBenchReceiver({ origins: 1 });
  await using database = await openBenchDatabase();
  const urls = [`${receiver.origins[0]}/hook`];
  await fillBacklog(database.owner, { ...database, urls, deliveries: level, bodyBytes, secret });
  await database.owner.query("checkpoint");
  await using feeding = feedBacklog(database.owner, receiver, level);
  await using engine = await startServer(database, "engine");
  const measure = async (): Promise<number> => {
    await systemClock.sleep(warmUpMs);
    await feeding.rate();
    await systemClock.sleep(seconds * 1000);
    return feeding.rate();
  };
  const plain = await measure();
  await using _snapshot = await holdOldSnapshot(database.owner);
  const withSnapshot = await measure();
  return { plain, withSnapshot, memoryBytes: engine.memoryMax() };
}

/** In turns, smaller first. What is compared is what was measured one after the other. */
export async function measureBacklogs(report: Report): Promise<void> {
  const pairs: { readonly few: Found; readonly many: Found }[] = [];
  for (let pair = 0; pair < Number(process.env.BENCH_PAIRS ?? 1); pair += 1)
    pairs.push({ few: await measureBacklog(small), many: await measureBacklog(large) });
  const tell = (title: string, rates: readonly number[], than: readonly number[], memory: readonly number[]): void => {
    const numbers = {
      "deliveries/s": Math.round(median(rates)),
      "of a thousand rows without a snapshot": median(rates.map((rate, pair) => rate / (than[pair] ?? 1))),
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
    const found = pairs.map((pair) => pair[which]);
    const memory = found.map((it) => it.memoryBytes);
    const name = `backlog of ${level}`;
    tell(
      name,
      found.map((it) => it.plain),
      usual,
      memory,
    );
    tell(
      `${name} and an old snapshot`,
      found.map((it) => it.withSnapshot),
      usual,
      memory,
    );
  }
}
