import { parseArgs } from "node:util";
import {
  type Cell,
  type CellPlace,
  type Move,
  type MoveCells,
  connectToCell,
  findMoves,
  finishMove,
  lockMove,
  moveProvider,
  readCellLoads,
  readCells,
  readSubdomains,
  readSubdomainsBetween,
  revealDatabaseUrl,
  updateCellState,
} from "#cells/index.ts";
import { CannotStart, errorMessage } from "#platform/errors.ts";
import { requireCell } from "./cells.ts";
import { type Command, type CommandNeeds, WrongUsage, parseWhole } from "./command.ts";
import { type Installation, auditCommand, openEncryption, requireTenant, withInstallation } from "./with-database.ts";

/** Longer than the longest time limit of an endpoint. */
const drainSeconds = 70;

export const moveProviderCommand: Command = {
  usage: "provider move SUBDOMAIN --to CELL [--drain-seconds SECONDS]",
  summary: "move a provider to another cell while it works; repeat the command if it was interrupted",
  async run(args, needs) {
    const { values, positionals } = parseArgs({ args: [...args], options: moveOptions, allowPositionals: true });
    const [subdomain, ...more] = positionals;
    if (!subdomain || !values.to || more.length > 0) throw new WrongUsage("Name one provider, and a cell with --to.");
    const [to, drainMs] = [values.to, parseDrain(values["drain-seconds"])];
    await withInstallation(needs, (installation) => move({ installation, needs, subdomain, to, drainMs }));
    return 0;
  },
};

const moveOptions = { to: { type: "string" }, "drain-seconds": { type: "string" } } as const;

function parseDrain(text: string | undefined): number {
  const seconds = text === undefined ? drainSeconds : parseWhole(text);
  if (seconds <= 3600) return seconds * 1000;
  throw new WrongUsage("--drain-seconds must be a whole number up to 3600.");
}

export const drainCell: Command = {
  usage: "cell drain NAME [--undo] [--plan] [--to CELL,CELL…] [--drain-seconds SECONDS]",
  summary:
    "create no more providers in a cell, and move its providers to other cells, one after another: each to the cell of --to with " +
    "the fewest; without --to, name them; --plan shows the moves only; repeat the command if it was interrupted",
  async run(args, needs) {
    const flag = { type: "boolean" } as const;
    const options = { ...moveOptions, undo: flag, plan: flag };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name = "", ...more] = positionals;
    if (name === "" || more.length > 0) throw new WrongUsage("Name one cell.");
    const targets = values.to?.split(",").map((cell) => cell.trim());
    if (values.undo && (values.plan || targets))
      throw new WrongUsage("--undo makes the cell active, and moves nothing.");
    const drainMs = parseDrain(values["drain-seconds"]);
    return withInstallation(needs, async (installation) => {
      const { directory } = installation;
      await requireCell(directory, name);
      for (const to of targets ?? []) await requireTarget(directory, name, to);
      if (values.plan) {
        for (const line of await planDrain(installation, name, targets)) needs.print(line);
        return 0;
      }
      const state = values.undo ? "active" : "draining";
      await directory.inTransaction((tx) => updateCellState(tx, name, state));
      needs.print(`cell ${name} is ${state}`);
      if (state === "active") return 0;
      if (targets) return drain({ installation, needs, name, targets, drainMs });
      for (const subdomain of await readSubdomains(directory, name)) {
        needs.print(`  bellwire provider move ${subdomain} --to CELL`);
      }
      return 0;
    });
  },
};

async function requireTarget(directory: Installation["directory"], from: string, to: string): Promise<void> {
  if (to === from) throw new WrongUsage(`The providers of ${from} cannot move to ${from}.`);
  const { state } = await requireCell(directory, to);
  if (state !== "active") throw new WrongUsage(`The cell ${to} gets no new providers.`);
}

/** Returns the cell with the fewest providers. */
function chooseTarget(providers: ReadonlyMap<string, number>): string {
  const [fewest] = [...providers].toSorted(([, one], [, other]) => one - other);
  return fewest?.[0] ?? "";
}

async function countProviders({ directory }: Installation, targets: readonly string[]): Promise<Map<string, number>> {
  const loads = await readCellLoads(directory);
  return new Map(targets.map((name) => [name, loads.find((load) => load.name === name)?.providers ?? 0]));
}

const sizeStatement = `
  select (select count(*) from accounts where provider_id = $1) as accounts,
    (select count(*) from events where provider_id = $1) as events`;

/** Returns the moves of a drain, with the size of each provider. */
async function planDrain(
  installation: Installation,
  name: string,
  targets: readonly string[] = ["CELL"],
): Promise<readonly string[]> {
  const { directory, open } = installation;
  const pool = await open(await requireCell(directory, name));
  const providers = await countProviders(installation, targets);
  const lines: string[] = [];
  for (const subdomain of await readSubdomains(directory, name)) {
    const { providerId } = await requireTenant(directory, subdomain);
    const [size] = await pool.query<{ accounts: number; events: number }>(sizeStatement, [providerId]);
    const to = chooseTarget(providers);
    providers.set(to, (providers.get(to) ?? 0) + 1);
    lines.push(`${subdomain} moves to ${to}: ${size?.accounts} accounts, ${size?.events} events`);
  }
  return lines.length > 0 ? lines : [`cell ${name} has no providers`];
}

interface Drain extends Pick<MoveRequest, "installation" | "needs" | "drainMs"> {
  readonly name: string;
  readonly targets: readonly string[];
}

/** Moves all providers of a cell, after ending the moves that were interrupted. Returns the exit code: 1 if any is left. */
async function drain({ installation, needs, name, targets, drainMs }: Drain): Promise<number> {
  const { directory } = installation;
  const moveOne = async (subdomain: string, to?: string): Promise<void> => {
    try {
      await move({ installation, needs, subdomain, to, drainMs });
    } catch (error) {
      needs.printStatus(`${subdomain}: ${errorMessage(error)}`); // the others can still move
    }
  };
  for (const subdomain of await readSubdomainsBetween(directory, name)) await moveOne(subdomain);
  for (const subdomain of await readSubdomains(directory, name)) {
    await moveOne(subdomain, chooseTarget(await countProviders(installation, targets)));
  }
  const left = await readSubdomains(directory, name);
  needs.print(left.length === 0 ? `cell ${name} has no providers` : `still in cell ${name}: ${left.join(", ")}`);
  return left.length === 0 ? 0 : 1;
}

interface MoveRequest {
  readonly installation: Installation;
  readonly needs: CommandNeeds;
  readonly subdomain: string;
  /** The name of a cell. Undefined: only an interrupted move is ended. */
  readonly to?: string | undefined;
  readonly drainMs: number;
}

async function move({ installation, needs, subdomain, to, drainMs }: MoveRequest): Promise<void> {
  const { directory, database } = installation;
  const { providerId } = await requireTenant(directory, subdomain);
  const newCell = to === undefined ? undefined : await requireCell(directory, to);
  const place = await createFindPlace(installation);
  const cells: MoveCells = { directory, open: async (number) => installation.open((await place(number)).cell) };

  const locking = await connectToCell({ schema: "bellwire", ownerUrl: database.ownerUrl });
  await using _locked = { [Symbol.asyncDispose]: () => locking.end() };
  if (!(await lockMove(locking, providerId))) throw new CannotStart(`Another process is moving ${subdomain}.`);
  for (const interrupted of await findMoves(cells, providerId)) await finish(cells, interrupted, place, needs);

  if (!newCell) return;
  const { cell: number } = await requireTenant(directory, subdomain);
  if (number === newCell.number) return needs.print(`${subdomain} is in cell ${newCell.name}`);
  if (newCell.state !== "active") throw new WrongUsage(`The cell ${newCell.name} gets no new providers.`);
  const [source, target] = [await place(number), await place(newCell.number)];
  const report = await moveProvider({ cells, source, target, providerId, drainMs, printStatus: needs.printStatus });
  await (
    await installation.open(newCell)
  ).inTransaction((tx) =>
    auditCommand(tx, {
      providerId,
      action: "provider.moved",
      subject: `provider/${providerId}`,
      detail: { from: source.cell.name, to: newCell.name },
    }),
  );
  needs.print(`${subdomain} moved to ${newCell.name}: ${report.rows} rows; requests waited ${report.pausedMs} ms`);
  if (report.undrained > 0) {
    needs.printStatus(
      `${report.undrained} endpoints had attempts in flight after ${drainMs / 1000} s: these are repeated`,
    );
  }
}

interface FoundPlace extends CellPlace {
  readonly cell: Cell;
}

/** Returns a function that finds a cell and how its owner connects. */
async function createFindPlace({ directory, database, config }: Installation) {
  const cells = await readCells(directory);
  const isOther = cells.some(({ databaseUrl }) => databaseUrl !== null);
  const encryption = isOther ? await openEncryption(directory, config) : undefined;
  return async (number: number): Promise<FoundPlace> => {
    const cell = cells.find((each) => each.number === number);
    if (!cell) throw new CannotStart(`There is no cell ${number}.`);
    const ownerUrl = (encryption && revealDatabaseUrl(encryption, cell)) ?? database.ownerUrl;
    return { number, schema: cell.schema, ownerUrl, cell };
  };
}

/** Ends a move that was interrupted. */
async function finish(
  cells: MoveCells,
  interrupted: Move,
  place: (number: number) => Promise<FoundPlace>,
  { printStatus }: CommandNeeds,
): Promise<void> {
  const places = { source: await place(interrupted.from), target: await place(interrupted.to) };
  const outcome = await finishMove(cells, interrupted, places);
  const { name } = outcome === "arrived" ? places.target.cell : places.source.cell;
  printStatus(`an interrupted move is finished: the provider is in cell ${name}`);
}
