import { setTimeout as wait } from "node:timers/promises";
import { claimPort } from "../../src/app/listening.ts";
import { type CellProvider, Installation, queryOnce } from "../cells/installation.ts";
import { MoveLoad, compareWithReceiver, countRows, createOrderedEndpoint, findRepeats } from "../cells/move-load.ts";
import { SupervisedProcess } from "../chaos/supervised-process.ts";
import { Random } from "../simulation/random.ts";
import { startReceiver } from "../support/receiver.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";

export interface MoveDrillOptions {
  readonly rounds: number;
  /** The same seed kills the same processes after the same times. */
  readonly seed: number;
  readonly printStatus: (line: string) => void;
}

const victims = ["mover", "web", "engine of default", "engine of west"] as const;
type Victim = (typeof victims)[number];

export interface MoveRound {
  readonly to: string;
  readonly killed: string;
  /** The last line of the killed or interrupted command. */
  readonly lastStatus: string;
  /** Runs of the command until the provider had moved. */
  readonly runs: number;
  /** The wait of requests in the run that moved the provider; undefined if the first run was killed afterwards. */
  readonly pausedMs: number | undefined;
  readonly seconds: number;
  /** Requests that the receiver had already accepted. */
  repeated: number;
}

export interface MoveDrillReport {
  readonly rounds: readonly MoveRound[];
  readonly events: number;
  readonly accounts: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly slowestMs: number;
  /** Violations of the guarantees. */
  readonly problems: readonly string[];
}

const changesBetween = 20;
/** A move of the loaded provider takes about this long, with the start of its process. */
const moveMs = 4000;
const runsMax = 6;
/** An engine records outcomes in batches, so a response this long before a kill may not be recorded. */
const settleMs = 2000;

/** Moves a provider under load between two servers, back and forth, and kills one or two processes in each move. */
export async function runMoveDrill({ rounds, seed, printStatus }: MoveDrillOptions): Promise<MoveDrillReport> {
  await using running = new AsyncDisposableStack();
  const random = new Random(seed);
  const receiver = running.use(await startReceiver());
  const directory = running.use(await startThrowAwayPostgres());
  const other = running.use(await startThrowAwayPostgres());
  const installation = running.use(await Installation.open(directory.urlOf("postgres"), other.urlOf("postgres")));
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  const quay = await installation.createProvider("quay", "default");
  const port = await claimPort("127.0.0.1", 0);
  const url = `http://localhost:${port}`;
  const start = async (name: string, role: string, cells: string): Promise<SupervisedProcess> => {
    const environment = { ...installation.environment, BELLWIRE_CELLS: cells, PORT: String(port) };
    const started = running.use(
      new SupervisedProcess(name, () => new BellwireProcess(["serve", "--role", role], environment)),
    );
    await started.ready();
    return started;
  };
  const processes = new Map<Victim, SupervisedProcess>([
    ["web", await start("web", "web", "all")],
    ["engine of default", await start("engine of default", "engine", "default")],
    ["engine of west", await start("engine of west", "engine", "west")],
  ]);
  await createOrderedEndpoint(url, quay, receiver.url);
  const load = running.use(MoveLoad.start(url, quay, { mayBeKilled: true }));

  const completed: MoveRound[] = [];
  const faultWindows: { readonly fromMs: number; readonly untilMs: number }[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    await load.waitForChanges(changesBetween);
    const chosen = new Set([random.pick(victims), random.pick(victims)]);
    const kills = [...chosen].map((victim) => ({ victim, afterMs: random.between(0, moveMs) }));
    const startedMs = performance.now();
    const round = await moveAndKill({ installation, processes, to: number % 2 === 1 ? "west" : "default", kills });
    await load.waitForChanges(changesBetween);
    completed.push(round);
    faultWindows.push({ fromMs: startedMs - settleMs, untilMs: performance.now() });
    printStatus(
      `round ${number}: ${round.killed}; in ${round.to} after ${round.runs} runs and ${round.seconds.toFixed(1)} s`,
    );
  }
  await load.waitForChanges(changesBetween);
  await load.stop();

  const problems = [...load.failures, ...[...processes.values()].flatMap(({ unexpectedEnds }) => unexpectedEnds)];
  await compareWithReceiver(load, receiver, "", { mayRepeat: true }).catch((error: unknown) =>
    problems.push(String(error)),
  );
  for (const { firstMs, atMs } of findRepeats(receiver.received)) {
    const index = faultWindows.findIndex(({ fromMs, untilMs }) => firstMs >= fromMs && firstMs <= untilMs);
    const round = completed[index];
    if (round) round.repeated += 1;
    else problems.push(`a request was repeated after ${Math.round(atMs - firstMs)} ms without a cause`);
  }
  problems.push(...(await findLeftovers(installation, quay, { to: completed.at(-1)?.to ?? "default", load })));
  const { accounts, refused, unanswered, slowestMs } = load;
  return { rounds: completed, events: load.followed.length, accounts, refused, unanswered, slowestMs, problems };
}

interface KilledMove {
  readonly installation: Installation;
  readonly processes: ReadonlyMap<Victim, SupervisedProcess>;
  readonly to: string;
  readonly kills: readonly { readonly victim: Victim; readonly afterMs: number }[];
}

/** Starts a move, kills processes in the middle of it, and repeats the command until the provider has moved. */
async function moveAndKill({ installation, processes, to, kills }: KilledMove): Promise<MoveRound> {
  const args = ["provider", "move", "quay", "--to", to, "--drain-seconds", "5"];
  const startedMs = performance.now();
  const run = (): BellwireProcess => new BellwireProcess(args, installation.environment);
  await using first = run();
  const killing = kills.map(async ({ victim, afterMs }) => {
    await wait(afterMs);
    if (victim === "mover") first.signal("SIGKILL");
    else processes.get(victim)?.signal("SIGKILL");
  });
  await Promise.all([first.ended, ...killing]);
  const lastStatus = first.stderr.trim().split("\n").at(-1) ?? "";
  let [runs, last] = [1, first];
  while ((await last.ended) !== 0) {
    if (runs === runsMax) throw new Error(`The provider did not move in ${runs} runs: ${last.stderr}`);
    await last[Symbol.asyncDispose]();
    last = run();
    runs += 1;
  }
  await last[Symbol.asyncDispose]();
  const paused = /requests waited (\d+) ms/.exec(last.stdout)?.[1];
  return {
    to,
    killed: kills.map(({ victim, afterMs }) => `${victim} after ${(afterMs / 1000).toFixed(1)} s`).join(", "),
    lastStatus,
    runs,
    pausedMs: paused === undefined ? undefined : Number(paused),
    seconds: (performance.now() - startedMs) / 1000,
    repeated: 0,
  };
}

/** Returns missing acknowledged accounts, and rows that moves have left behind. */
async function findLeftovers(
  { directoryUrl, otherUrl }: Installation,
  { id }: CellProvider,
  { to, load }: { readonly to: string; readonly load: MoveLoad },
): Promise<readonly string[]> {
  const [currentUrl, formerUrl] = to === "default" ? [directoryUrl, otherUrl] : [otherUrl, directoryUrl];
  const count = "select count(*)::integer as count from bellwire.accounts where id = any($1::bigint[])";
  const [stored] = await queryOnce<{ count: number }>(currentUrl, count, [load.accountIds]);
  const lost = load.accounts - (stored?.count ?? 0);
  const leftovers = Object.entries(await countRows(formerUrl, id)).map(
    ([table, rows]) => `${rows} rows of ${table} are left`,
  );
  const traces = `select (select count(*) from pg_trigger where tgname like 'move\\_%')
    + (select count(*) from bellwire.provider_moves) + (select count(*) from bellwire.moved_changes) as count`;
  for (const url of [currentUrl, formerUrl]) {
    const [row] = await queryOnce<{ count: string }>(url, traces);
    if (row?.count !== "0") leftovers.push(`${row?.count} triggers and records of moves are left`);
  }
  return lost === 0 ? leftovers : [...leftovers, `${lost} acknowledged accounts are lost`];
}
