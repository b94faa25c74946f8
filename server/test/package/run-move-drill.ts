/**
 * The drill of moves: `npm run drill:move -- ROUNDS [SEED]`. A provider moves under load between two servers; each round kills one or
 * two of the command, the web process and the engines of both cells at random moments, and repeats the command. Prints a table of the
 * rounds. Exits with 1 if anything is lost, repeated without a cause, out of order or left behind.
 */
import { moveArguments, requireArguments } from "../support/drill-arguments.ts";
import { type MoveRound, runMoveDrill } from "./move-drill.ts";

const options = requireArguments(moveArguments);
console.log(`seed ${options.seed}`);
const report = await runMoveDrill({ ...options, printStatus: (line) => console.log(line) });

const columns: readonly (readonly [title: string, show: (round: MoveRound) => string])[] = [
  ["to", (round) => round.to],
  ["killed", (round) => round.killed],
  ["last status", (round) => round.lastStatus],
  ["runs", (round) => String(round.runs)],
  ["paused ms", (round) => String(round.pausedMs ?? "")],
  ["seconds", (round) => round.seconds.toFixed(1)],
  ["repeated", (round) => String(round.repeated)],
];
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
console.log(row(["round", ...columns.map(([title]) => title)]));
console.log(row(["---", ...columns.map(() => "---")]));
for (const [index, round] of report.rounds.entries()) {
  console.log(row([String(index + 1), ...columns.map(([, show]) => show(round))]));
}
const { events, accounts, refused, unanswered, slowestMs, problems } = report;
console.log(
  `${events} events, ${accounts} accounts, ${refused} answers 503, ${unanswered} requests without an answer, slowest ${Math.round(slowestMs)} ms`,
);
for (const problem of problems.slice(0, 50)) console.log(`WRONG: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
