/**
 * The merciless test: `npm run chaos -- MINUTES [SEED]`. Web and two engines on one database, under load, and at random
 * times something is killed, frozen, cut off, filled up or set to a wrong time. The first half of the time the database is one
 * server, which comes back; in the second half it has a standby, synchronous or asynchronous, and its host is lost. Each half
 * ends with one line, and the run with 1 if anything does not add up. Ctrl-C ends it early, and it accounts for what there is.
 */
import { kinds } from "./disturbances.ts";
import { groundKinds } from "./ground.ts";
import { runChaos, summary } from "./run-chaos.ts";

const [minutes = "10", seed = String(Math.floor(Math.random() * 1e9))] = process.argv.slice(2);
const startedMs = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}`);

const stop = new AbortController();
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
say(`seed ${seed}`);
for (const on of groundKinds) {
  if (stop.signal.aborted) break;
  say(`on ${on}`);
  const { line, disturbances, violations } = await runChaos({
    on,
    minutes: Number(minutes) / groundKinds.length,
    seed: Number(seed),
    kinds,
    pauseMs: { least: 500, most: 10_000 },
    say,
    stop: stop.signal,
  });
  console.log(summary(disturbances));
  for (const violation of violations.slice(0, 50)) console.log(`WRONG: ${violation}`);
  if (violations.length > 50) console.log(`WRONG: and ${violations.length - 50} more`);
  console.log(`${line}, on ${on}`);
  if (violations.length > 0) process.exitCode = 1;
}
