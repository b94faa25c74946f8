/**
 * The chaos test: `npm run chaos -- MINUTES [SEED]`. Web and two engines run under load on one database. At random times a
 * process is killed or frozen, a connection cut, the disk filled, or a clock shifted. In the first half of the time the database is one
 * server, which is restarted; in the second half it has a standby, synchronous or asynchronous, and loses its host. Each half prints
 * one line. The run exits with 1 if anything is lost, repeated without a reason, or wrong. Ctrl-C ends it early, with its account.
 */
import { kinds } from "./faults.ts";
import { setupKinds } from "./setup.ts";
import { runChaos, summary } from "./run-chaos.ts";

const [minutes = "10", seed = String(Math.floor(Math.random() * 1e9))] = process.argv.slice(2);
const startedMs = performance.now();
const printStatus = (line: string): void =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}`);

const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
printStatus(`seed ${seed}`);
for (const on of setupKinds) {
  if (stop.signal.aborted) break;
  printStatus(`on ${on}`);
  const { line, faults, violations } = await runChaos({
    on,
    minutes: Number(minutes) / setupKinds.length,
    seed: Number(seed),
    kinds,
    pauseMs: { least: 500, most: 10_000 },
    printStatus,
    stop: stop.signal,
  });
  console.log(summary(faults));
  for (const violation of violations.slice(0, 50)) console.log(`WRONG: ${violation}`);
  if (violations.length > 50) console.log(`WRONG: and ${violations.length - 50} more`);
  console.log(`${line}, on ${on}`);
  if (violations.length > 0) process.exitCode = 1;
}
