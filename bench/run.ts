/** Runs all benchmarks, or the named one: `npm run bench -- engine`. Each is a separate program. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const benchmarks = [
  "engine",
  "pages",
  "latency",
  "isolation",
  "scale",
  "ordered",
  "others",
  "sender",
  "api",
  "busy",
  "quiet",
  "flood",
  "statistics",
  "search",
  "capacity",
  "tracing",
  "cells",
];

/** Run only by name: one repeats all others, one takes an hour. */
const byName = ["record", "soak"];

const [name, ...options] = process.argv.slice(2);
if (name !== undefined && !byName.includes(name) && !benchmarks.includes(name)) {
  console.error(
    `There is no benchmark "${name}". There are: ${benchmarks.join(", ")}; record runs them three times, soak takes an hour.`,
  );
  process.exit(1);
}
for (const each of name === undefined ? benchmarks : [name]) {
  const program = fileURLToPath(new URL(`${each}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, [program, ...options], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
