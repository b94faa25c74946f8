/**
 * The failover drill: `npm run drill:failover -- ROUNDS [synchronous|asynchronous] [16|18] [pooled]`. A primary with a standby under
 * load; each round kills the primary, promotes the standby, moves the address, and makes the killed server the next standby. Prints a table
 * of the rounds. Exits with 1 if anything is lost, repeated without a cause, or wrong.
 */
import { failoverArguments, requireArguments } from "../support/drill-arguments.ts";
import { findWholePostgres } from "../support/postgres-programs.ts";
import { type Round, runFailoverDrill } from "./failover-drill.ts";

const { version, ...options } = requireArguments(failoverArguments);
const programs = await findWholePostgres(version);
if ("missing" in programs) throw new Error(programs.missing);

const report = await runFailoverDrill({
  ...options,
  binaries: programs.binaries,
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
