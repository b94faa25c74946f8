/**
 * The failover drill: `npm run drill:failover -- ROUNDS [synchronous|asynchronous] [16|18] [pooled]`. A primary with a standby under
 * load; each round kills the primary, promotes the standby, moves the address, and makes the killed server the next standby. Prints a table
 * of the rounds. Exits with 1 if anything is lost, repeated without a cause, or wrong.
 */
import { findWholePostgres } from "../support/postgres-programs.ts";
import { type Round, runFailoverDrill } from "./failover-drill.ts";

const [rounds = "2", standby = "synchronous", version = "18", pooled = ""] = process.argv.slice(2);
const isKnown = /^(?:a?synchronous) (?:16|18) (?:pooled)?$/.test(`${standby} ${version} ${pooled}`);
if (!/^[1-9]\d*$/.test(rounds) || !isKnown) {
  console.error("usage: npm run drill:failover -- ROUNDS [synchronous|asynchronous] [16|18] [pooled]");
  process.exit(2);
}
const programs = await findWholePostgres(version === "16" ? 16 : 18);
if ("missing" in programs) throw new Error(programs.missing);

const report = await runFailoverDrill({
  rounds: Number(rounds),
  standby: standby === "asynchronous" ? "asynchronous" : "synchronous",
  binaries: programs.binaries,
  isPooled: pooled === "pooled",
  printStatus: (line) => console.log(line),
});

const columns: readonly (readonly [title: string, show: (round: Round) => number | string])[] = [
  ["connections", (round) => round.connections],
  ["acknowledged", (round) => round.acknowledged],
  ["lost", (round) => round.lost],
  ["repeated", (round) => round.repeated],
  ["promoted after s", (round) => round.promotedAfter],
  ["stuck requests until", (round) => round.stuckUntil],
  ["first change", (round) => round.firstChange],
  ["first delivery", (round) => round.firstDelivery],
  ["backlog until", (round) => round.backlogUntil],
  ["rejoined after s", (round) => round.rejoinedAfter],
];
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const format = (value: number | string): string =>
  typeof value === "number" && !Number.isInteger(value) ? value.toFixed(2) : String(value);
console.log(row(["round", ...columns.map(([title]) => title)]));
console.log(row(["---", ...columns.map(() => "---")]));
for (const [index, round] of report.rounds.entries()) {
  console.log(row([String(index + 1), ...columns.map(([, show]) => format(show(round)))]));
}
const worst = columns.map(([, show]) => {
  const values = report.rounds.map(show).filter((value) => typeof value === "number");
  return values.length === 0 ? "" : format(Math.max(...values));
});
console.log(row(["worst", ...worst]));
const { deliveries, sentOfLost, logged, switches, readiness, problems } = report;
console.log(
  `${deliveries} deliveries, ${sentOfLost} webhooks of lost changes, ${logged} log lines, ${switches} switches`,
);
console.log(readiness);
for (const problem of problems.slice(0, 50)) console.log(`WRONG: ${problem}`);
if (problems.length > 50) console.log(`WRONG: and ${problems.length - 50} more`);
if (problems.length > 0) process.exitCode = 1;
