/**
 * Makes the results: runs benchmarks three times, in turns, keeps each run's numbers as FOLDER/NAME-RUN.json and the table of
 * the medians as FOLDER/NAME.md. Run: npm run bench -- record FOLDER [name …]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const runs = 3;
const secondsOfEngine = "60";
/** What each is asked, where that is not what it does unasked. */
const asked: Readonly<Record<string, readonly string[]>> = {
  engine: [secondsOfEngine],
  latency: [],
  isolation: [],
  scale: [],
  others: [],
  api: [],
  busy: [],
};

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) throw new Error("Say where to keep the results: npm run bench -- record FOLDER");
const names = wanted.length > 0 ? wanted : Object.keys(asked);
const program = (name: string): string => fileURLToPath(new URL(`${name}.ts`, import.meta.url));
const fileOf = (name: string, run: number): string => join(folder, `${name}-${run}.json`);
mkdirSync(folder, { recursive: true });

for (let run = 1; run <= runs; run += 1) {
  for (const name of names) {
    console.log(`run ${run} of ${runs}: ${name}`);
    const options = [program(name), ...(asked[name] ?? []), "--json", fileOf(name, run)];
    const { status } = spawnSync(process.execPath, options, { stdio: "inherit" });
    // The others are worth having all the same.
    if (status !== 0) console.error(`run ${run} of ${name} ended with ${status}`);
  }
}
for (const name of names) {
  const files = Array.from({ length: runs }, (_, index) => fileOf(name, index + 1)).filter((file) => existsSync(file));
  const { stdout, status } = spawnSync(process.execPath, [program("summarize"), ...files], { encoding: "utf8" });
  if (status === 0) writeFileSync(join(folder, `${name}.md`), stdout);
}
