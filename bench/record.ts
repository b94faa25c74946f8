/**
 * Records results: runs benchmarks three times, in turns, writes each run's numbers to FOLDER/NAME-RUN.json and a table of
 * the medians to FOLDER/NAME.md. Run: npm run bench -- record FOLDER [name …]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./measuring.ts";
import type { ReportFile } from "./report.ts";

const runs = 3;
const engineSeconds = "60";
/** Arguments of each benchmark that differ from its defaults. */
const benchmarkArguments: Readonly<Record<string, readonly string[]>> = {
  engine: [engineSeconds],
  latency: [],
  isolation: [],
  scale: [],
  others: [],
  api: [],
  busy: [],
};

const [folder, ...chosen] = process.argv.slice(2);
if (folder === undefined) throw new Error("Usage: npm run bench -- record FOLDER [name …]");
const names = chosen.length > 0 ? chosen : Object.keys(benchmarkArguments);
const fileOf = (name: string, run: number): string => join(folder, `${name}-${run}.json`);
mkdirSync(folder, { recursive: true });

for (let run = 1; run <= runs; run += 1) {
  for (const name of names) {
    console.log(`run ${run} of ${runs}: ${name}`);
    const program = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const options = [program, ...(benchmarkArguments[name] ?? []), "--json", fileOf(name, run)];
    const { status } = spawnSync(process.execPath, options, { stdio: "inherit" });
    // Continue with the other benchmarks.
    if (status !== 0) console.error(`run ${run} of ${name} ended with ${status}`);
  }
}
for (const name of names) {
  const files = Array.from({ length: runs }, (_, index) => fileOf(name, index + 1)).filter((file) => existsSync(file));
  if (files.length > 0) writeFileSync(join(folder, `${name}.md`), renderTable(files));
}

/** Renders one Markdown table of several runs of a benchmark, with each run and the median. */
function renderTable(paths: readonly string[]): string {
  // `openReport` defines the files.
  const reports = paths.map((path): ReportFile => JSON.parse(readFileSync(path, "utf8")));
  const [first] = reports;
  const titles = [...new Set(reports.flatMap((report) => report.rows.map((row) => row.title)))];
  const lines = titles.flatMap((title) => {
    const rows = reports.map((report) => report.rows.find((row) => row.title === title)?.numbers ?? {});
    const columns = [...new Set(rows.flatMap((numbers) => Object.keys(numbers)))];
    return columns.map((column) => {
      const values = rows.map((numbers) => numbers[column]);
      const present = values.filter((value) => value !== undefined);
      return `| ${title} | ${column} | ${values.map(format).join(" | ")} | **${format(median(present))}** |`;
    });
  });
  return `${[
    `\`${first?.command}\`, commit ${[...new Set(reports.map((report) => report.commit))].join(", ")}, ${first?.date.slice(0, 10)}.`,
    `${first?.machine}; Node ${first?.node}, PostgreSQL ${first?.postgres}.`,
    "",
    `| | | ${reports.map((_, index) => `run ${index + 1}`).join(" | ")} | median |`,
    `|---|---|${reports.map(() => "--:|").join("")}--:|`,
    ...lines,
  ].join("\n")}\n`;
}

function format(value: number | undefined): string {
  return value === undefined ? "" : Number(value.toPrecision(value >= 1000 ? 6 : 3)).toLocaleString("en-US");
}
