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
  readCells,
  revealDatabaseUrl,
} from "#cells/index.ts";
import { CannotStart } from "#platform/errors.ts";
import { requireCell } from "./cells.ts";
import { type Command, type CommandNeeds, WrongUsage } from "./command.ts";
import { type Installation, auditCommand, openEncryption, requireTenant, withInstallation } from "./with-database.ts";

/** Longer than the longest time limit of an endpoint. */
const drainSeconds = 70;

export const moveProviderCommand: Command = {
  usage: "provider move SUBDOMAIN --to CELL [--drain-seconds SECONDS]",
  says: "move a provider to another cell while it works; repeat the command if it was interrupted",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const options = { to: text, "drain-seconds": text };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [subdomain, ...more] = positionals;
    if (!subdomain || !values.to || more.length > 0) throw new WrongUsage("Name one provider, and a cell with --to.");
    const drain = Number(values["drain-seconds"] ?? drainSeconds);
    if (!Number.isInteger(drain) || drain < 0 || drain > 3600) {
      throw new WrongUsage("--drain-seconds must be a whole number up to 3600.");
    }
    const to = values.to;
    await withInstallation(needs, (installation) =>
      move({ installation, needs, subdomain, to, drainMs: drain * 1000 }),
    );
    return 0;
  },
};

interface MoveRequest {
  readonly installation: Installation;
  readonly needs: CommandNeeds;
  readonly subdomain: string;
  readonly to: string;
  readonly drainMs: number;
}

async function move({ installation, needs, subdomain, to, drainMs }: MoveRequest): Promise<void> {
  const { directory, database } = installation;
  const { providerId } = await requireTenant(directory, subdomain);
  const newCell = await requireCell(directory, to);
  const place = await createFindPlace(installation);
  const cells: MoveCells = { directory, open: async (number) => installation.open((await place(number)).cell) };

  const locking = await connectToCell({ schema: "bellwire", ownerUrl: database.ownerUrl });
  await using _locked = { [Symbol.asyncDispose]: () => locking.end() };
  if (!(await lockMove(locking, providerId))) throw new CannotStart(`Another process is moving ${subdomain}.`);
  for (const begun of await findMoves(cells, providerId)) await finish(cells, begun, place, needs);

  const { cell: number } = await requireTenant(directory, subdomain);
  if (number === newCell.number) return needs.print(`${subdomain} is in cell ${to}`);
  if (newCell.state !== "active") throw new WrongUsage(`The cell ${to} gets no new providers.`);
  const [source, target] = [await place(number), await place(newCell.number)];
  const say = (line: string): void => needs.tell(line);
  const report = await moveProvider({ cells, source, target, providerId, drainMs, say });
  await (
    await installation.open(newCell)
  ).inTransaction((tx) =>
    auditCommand(tx, {
      providerId,
      action: "provider.moved",
      subject: `provider/${providerId}`,
      detail: { from: source.cell.name, to },
    }),
  );
  needs.print(`${subdomain} moved to ${to}: ${report.rows} rows; requests waited ${report.pausedMs} ms`);
  if (report.undrained > 0) {
    needs.tell(`${report.undrained} endpoints had attempts in flight after ${drainMs / 1000} s: these are repeated`);
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
  begun: Move,
  place: (number: number) => Promise<FoundPlace>,
  { tell }: CommandNeeds,
): Promise<void> {
  const places = { source: await place(begun.from), target: await place(begun.to) };
  const outcome = await finishMove(cells, begun, places);
  const { name } = outcome === "arrived" ? places.target.cell : places.source.cell;
  tell(`an interrupted move is finished: the provider is in cell ${name}`);
}
