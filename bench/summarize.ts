/**
 * Makes one table of several runs of one benchmark, with each run and the median:
 * npx node bench/summarize.ts run1.json run2.json run3.json
 */
import { readFileSync } from "node:fs";
import type { ReportFile } from "./open-report.ts";
import { median } from "./order-statistics.ts";

const paths = process.argv.slice(2);
if (paths.length === 0) throw new Error("Say which files to summarize, as --json wrote them.");
// Each file has the shape that open-report.ts gives it.
const runs = paths.map((path): ReportFile => JSON.parse(readFileSync(path, "utf8")));
const [first] = runs;

const plain = (number: number | undefined): string =>
  number === undefined ? "" : Number(number.toPrecision(number >= 1000 ? 6 : 3)).toLocaleString("en-US");

const titles = [...new Set(runs.flatMap((run) => run.rows.map((row) => row.title)))];
const lines = titles.flatMap((title) => {
  const rows = runs.map((run) => run.rows.find((row) => row.title === title)?.numbers ?? {});
  const names = [...new Set(rows.flatMap((numbers) => Object.keys(numbers)))];
  return names.map((name) => {
    const each = rows.map((numbers) => numbers[name]);
    const found = each.filter((number) => number !== undefined);
    return `| ${title} | ${name} | ${each.map(plain).join(" | ")} | **${plain(median(found))}** |`;
  });
});

console.log(
  [
    `\`${first?.command}\`, commit ${[...new Set(runs.map((run) => run.commit))].join(", ")}, ${first?.date.slice(0, 10)}.`,
    `${first?.machine}; Node ${first?.node}, PostgreSQL ${first?.postgres}.`,
    "",
    `| | | ${runs.map((_, index) => `run ${index + 1}`).join(" | ")} | median |`,
    `|---|---|${runs.map(() => "--:|").join("")}--:|`,
    ...lines,
  ].join("\n"),
);
