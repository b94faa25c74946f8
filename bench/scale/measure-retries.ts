import { systemClock } from "../../server/src/platform/clock/clock.ts";
import { fillBacklog } from "../fill-backlog.ts";
import { machineMs } from "../machine-clock.ts";
import { openBenchDatabase } from "../open-database.ts";
import type { Report } from "../open-report.ts";
import { bodyBytes, inFlightMax, secret } from "../same-for-all.ts";
import { startBenchReceiver } from "../start-receiver.ts";
import { startServer } from "../start-server.ts";
import { megabytes, rateOf, waitForArrivals } from "./wait-for-arrivals.ts";

const retries = Number(process.env.BENCH_DELIVERIES ?? 100_000);
const endpoints = 100;
/** A receiver that works for its answer, so that requests can pile up there. */
const answersAfterMs = 5;
const fillWithinMs = Number(process.env.BENCH_FILL_MS ?? 20_000);
const secondsMax = 300;
const sliceMs = 100;

/** Second attempts that fall due at one moment, for a hundred endpoints of one receiver. */
export async function measureRetries(report: Report): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1, keepsArrivals: true, answersAfterMs });
  await using database = await openBenchDatabase();
  const urls = Array.from({ length: endpoints }, (_, path) => `${receiver.origins[0]}/hook/${path}`);
  const dueMs = machineMs() + fillWithinMs;
  const due = { deliveries: retries, dueAt: new Date(Date.now() + fillWithinMs), attemptsMade: 1, bodyBytes };
  await fillBacklog(database.owner, { ...database, ...due, urls, secret });
  await using engine = await startServer(database, "engine");
  if (machineMs() > dueMs) throw new Error(`Filling took longer than ${fillWithinMs} ms: set BENCH_FILL_MS.`);
  await systemClock.sleep(dueMs - machineMs() - 100);
  if ((await receiver.received()) > 0) throw new Error("Some came before they were due.");
  const arrivals = await waitForArrivals(receiver, retries, secondsMax);
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
