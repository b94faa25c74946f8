/**
 * The chaos test: `npm run chaos -- MINUTES [SEED] [SCENARIO]`. Web and two engines run under load on one database. At random times a
 * process is killed or frozen, a connection cut, the disk filled, or a clock shifted. In the first third of the time the database is one
 * server, which is restarted; in the second it has a standby, synchronous or asynchronous, and loses its host. In the last third there
 * are two web processes and two providers, whose people do anything that the APIs offer ("any actions"). Each scenario prints one line,
 * and can run alone. The run exits with 1 if anything is lost, repeated without a reason, or wrong. Ctrl-C ends it early, with its account.
 */
import { kinds } from "./faults.ts";
import { runActions } from "./run-actions.ts";
import { runChaos, summary } from "./run-chaos.ts";
import { chaosArguments, chaosScenarios, requireArguments } from "../support/drill-arguments.ts";

const { minutes, seed, only } = requireArguments(chaosArguments);
const startedMs = performance.now();
const printStatus = (line: string): void =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}`);

const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
printStatus(`seed ${seed}`);
for (const scenario of only === undefined ? chaosScenarios : [only]) {
  if (stop.signal.aborted) break;
  printStatus(scenario);
  const options = {
    minutes: only === undefined ? minutes / chaosScenarios.length : minutes,
    seed,
    kinds,
    pauseMs: { least: 500, most: 10_000 },
    printStatus,
    stop: stop.signal,
  };
  const { line, faults, violations } = await (scenario === "any actions"
    ? runActions(options)
    : runChaos({ ...options, on: scenario }));
  console.log(summary(faults));
  for (const violation of violations.slice(0, 50)) console.log(`WRONG: ${violation}`);
  if (violations.length > 50) console.log(`WRONG: and ${violations.length - 50} more`);
  console.log(`${line}, ${scenario}`);
  if (violations.length > 0) process.exitCode = 1;
}
