import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type Cell,
  deleteCell,
  insertCell,
  readCellLoads,
  readCells,
  readListedCells,
  revealDatabaseUrl,
  updateCellState,
  type CellPlace,
  type Move,
  type MoveCells,
  adoptCopy,
  findMove,
  finishMove,
  hasProvider,
  lockCells,
  lockMove,
  moveProvider,
  readSubdomains,
  readSubdomainsBetween,
  refuseSecondCopy,
} from "#cells/index.ts";
import { databaseLocation, parseDatabaseUrl } from "#platform/database/connection.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { directorySchema } from "#platform/database/migrate.ts";
import { verifyKeys } from "#platform/encryption.ts";
import { errorMessage, CannotStart } from "#platform/errors.ts";
import { type Command, WrongUsage, type CommandNeeds, parseWhole, parseArguments, requireOne } from "./command.ts";
import {
  type HeldLock,
  type Installation,
  commandRecord,
  holdLock,
  openEncryption,
  requireTenant,
  withInstallation,
} from "./with-database.ts";

const namePattern = /^[a-z][a-z0-9-]{0,49}$/;
/** Allows the schema of a cell with the longest name. */
const schemaPattern = /^[a-z][a-z0-9_]{0,58}$/;
/** The directory's schema and PostgreSQL's own, which no dump contains. */
const reservedSchema = new RegExp(`^(?:${directorySchema}|information_schema|pg_.*)$`);

export const addCell: Command = {
  usage: "cell add NAME [--schema SCHEMA] [--database-url-file FILE]",
  summary:
    "create a cell: a schema of the same database, or of the one whose connection string is in the file; running processes find it by themselves",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const options = { schema: text, "database-url-file": text };
    const { values, positionals } = parseArguments(args, options, "positionals");
    const [name = "", ...more] = positionals;
    if (!namePattern.test(name) || name === "all" || more.length > 0) {
      throw new WrongUsage(
        "Name one cell: at most 50 lowercase letters, digits and hyphens, beginning with a letter; `all` is reserved.",
      );
    }
    const databaseUrl = await readDatabaseUrl(values["database-url-file"]);
    const schema = requireSchema(
      values.schema ?? (databaseUrl === undefined ? `bellwire_${name.replaceAll("-", "_")}` : "bellwire"),
    );
    await withInstallation(
      needs,
      async ({ directory, config, open }) => {
        const encryption = await openEncryption(directory, config);
        const cell = await directory.inTransaction((tx) => insertCell(tx, encryption, { name, schema, databaseUrl }));
        if (!cell)
          throw new WrongUsage(`There is a cell ${name} already, or one in the schema ${schema} of that database.`);
        try {
          const pool = await open(cell);
          await verifyKeys(pool, encryption);
          if (cell.idShare !== null) await shareIds({ directory, pool }, cell.idShare);
          const [foreign] = await pool.query("select from providers limit 1");
          if (foreign) throw new WrongUsage(`The schema ${schema} of that database has providers already.`);
          const active = await directory.inTransaction((tx) => updateCellState(tx, name, "active"));
          if (!active) throw new CannotStart(`Another command that added cell ${name} has failed. Add it again.`);
        } catch (error) {
          await directory.inTransaction((tx) => deleteCell(tx, cell.number));
          throw error;
        }
      },
      { mayChange: true },
    );
    needs.print(
      `cell ${name} is ready: bellwire provider create --cell ${name}, or bellwire provider move --to ${name}`,
    );
    return 0;
  },
};

function requireSchema(schema: string): string {
  if (schemaPattern.test(schema) && !reservedSchema.test(schema)) return schema;
  throw new WrongUsage(
    `--schema must be at most 59 lowercase letters, digits and underscores, beginning with a letter; ${directorySchema}, information_schema and pg_… are reserved.`,
  );
}

async function readDatabaseUrl(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const url = await readFile(file, "utf8").then(
    (text) => text.trim(),
    (error: unknown) => {
      throw new WrongUsage(`The connection string cannot be read: ${errorMessage(error)}`);
    },
  );
  const parsed = parseDatabaseUrl(url);
  if ("wrong" in parsed) throw new WrongUsage(`The connection string ${parsed.wrong}.`);
  return url;
}

// The system identifier is unique to a server and its standbys.
const identityStatement = `select system_identifier::text || ' ' || current_database() as identity from pg_control_system()`;

/** Divides the ids between the directory's database, whose share is the first, and another one. */
async function shareIds(
  { directory, pool }: { readonly directory: Pool; readonly pool: Pool },
  share: number,
): Promise<void> {
  const [here] = await directory.query<{ identity: string }>(identityStatement);
  const [there] = await pool.query<{ identity: string }>(identityStatement);
  if (here?.identity === there?.identity) {
    throw new WrongUsage("That is the database of DATABASE_URL: omit --database-url-file, and choose a --schema.");
  }
  await directory.query(`select bellwire_directory.share_ids(0::smallint)`);
  await pool.query(`select bellwire_directory.share_ids($1::smallint)`, [share]);
}

export const listCells: Command = {
  usage: "cell list",
  summary: "list the cells with their state, providers, database and schema",
  async run(args, needs) {
    parseArguments(args, {});
    await withInstallation(needs, async ({ directory, config }) => {
      const cells = await readCellLoads(directory);
      const isOther = cells.some(({ databaseUrl }) => databaseUrl !== null);
      const encryption = isOther ? await openEncryption(directory, config) : undefined;
      needs.print(row("CELL", "STATE", "PROVIDERS", "DATABASE"));
      for (const cell of cells) {
        const url = encryption && revealDatabaseUrl(encryption, cell);
        const place = url === undefined ? "the directory's" : databaseLocation(url);
        needs.print(row(cell.name, cell.state, String(cell.providers), `${place}, schema ${cell.schema}`));
      }
    });
    return 0;
  },
};

const row = (name: string, state: string, providers: string, place: string): string =>
  `${name.padEnd(20)} ${state.padEnd(9)} ${providers.padStart(9)}  ${place}`;

export async function requireCell(directory: Database, name: string): Promise<Cell> {
  const cells = await readListedCells(directory);
  const cell = cells.find((each) => each.name === name);
  if (cell?.state === "adding")
    throw new WrongUsage(`The cell ${name} is not complete. If its \`bellwire cell add\` was interrupted, repeat it.`);
  if (cell) return cell;
  throw new WrongUsage(`There is no cell ${name}: there are ${cells.map((each) => each.name).join(", ")}.`);
}

/** Longer than the longest time limit of an endpoint. */
export const drainSeconds = 70;

export const moveProviderCommand: Command = {
  usage: "provider move SUBDOMAIN --to CELL [--drain-seconds SECONDS] | --to CELL --adopt",
  summary:
    "move a provider to another cell while it works; repeat the command if it was interrupted; --adopt: if a restore has left copies of it " +
    "in several cells, use that of CELL and delete the others",
  async run(args, needs) {
    const options = { ...moveOptions, adopt: { type: "boolean" } } as const;
    const { values, positionals } = parseArguments(args, options, "positionals");
    const [subdomain, ...more] = positionals;
    if (!subdomain || !values.to || more.length > 0) throw new WrongUsage("Name one provider, and a cell with --to.");
    const [to, drainMs] = [values.to, parseDrain(values["drain-seconds"])];
    const isAdoption = values.adopt ?? false;
    await withInstallation(needs, (installation) => move({ installation, needs, subdomain, to, drainMs, isAdoption }));
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
    const { values, positionals } = parseArguments(args, options, "positionals");
    const name = requireOne(positionals, "Name one cell.");
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
      const updated = await directory.inTransaction((tx) => updateCellState(tx, name, state));
      if (!updated) {
        throw new WrongUsage(
          `No other cell is active, so new providers would have no cell. Add one before you drain ${name}: bellwire cell add.`,
        );
      }
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
  // First, because a provider that has arrived in another cell must not move again.
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
  readonly isAdoption?: boolean;
}

async function move({ installation, needs, subdomain, to, drainMs, isAdoption = false }: MoveRequest): Promise<void> {
  const { directory, database } = installation;
  const { providerId } = await requireTenant(directory, subdomain);
  const newCell = to === undefined ? undefined : await requireCell(directory, to);
  const place = await createFindPlace(installation);
  const cells: MoveCells = { directory, open: async (number) => installation.open((await place(number)).cell) };

  await using locks = await lockProvider(database.ownerUrl, subdomain, providerId);
  const interrupted = await findMove(cells, providerId);
  const { cell: oldCell } = await requireTenant(directory, subdomain);
  const listed = isAdoption ? (await readCells(directory)).map((cell) => cell.number) : [];
  const used = [oldCell, newCell?.number, interrupted?.from, interrupted?.to, ...listed].filter(
    (cell) => cell !== undefined,
  );
  await lockCells(locks.client, used, () =>
    needs.printStatus(`${subdomain} waits: another command uses one of its cells`),
  );
  if (interrupted) await finish(cells, interrupted, place, needs);

  if (!newCell) return;
  if (isAdoption) return await adopt(cells, { providerId, to: newCell.number, listed }, place, needs);
  const { cell: number } = await requireTenant(directory, subdomain);
  if (number === newCell.number) return needs.print(`${subdomain} is in cell ${newCell.name}`);
  // It may have changed meanwhile.
  const { state } = await requireCell(directory, newCell.name);
  if (state !== "active") throw new WrongUsage(`The cell ${newCell.name} gets no new providers.`);
  await refuseSecondCopy(cells, { providerId, to: newCell.number });
  const [source, target] = [await place(number), await place(newCell.number)];
  const record = commandRecord({
    providerId,
    action: "provider.moved",
    subject: `provider/${providerId}`,
    detail: { from: source.cell.name, to: newCell.name },
  });
  const { printStatus } = needs;
  const report = await moveProvider({ cells, source, target, providerId, record, drainMs, printStatus });
  needs.print(`${subdomain} moved to ${newCell.name}: ${report.rows} rows; requests waited ${report.pausedMs} ms`);
  if (report.undrained > 0) {
    needs.printStatus(
      `${report.undrained} endpoints had attempts in flight after ${drainMs / 1000} s: these are repeated`,
    );
  }
}

/** Keeps other commands from moving or deleting a provider. The client holds the lock until it is closed. */
export const lockProvider = (ownerUrl: string, subdomain: string, providerId: number): Promise<HeldLock> =>
  holdLock(ownerUrl, {
    take: (client) => lockMove(client, providerId),
    refusal: `Another process is moving or deleting ${subdomain}.`,
  });

interface FoundPlace extends CellPlace {
  readonly cell: Cell;
}

/** Returns a function that finds a cell and how its owner connects. */
export async function createFindPlace({ directory, database, config }: Installation) {
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

interface Adoption {
  readonly providerId: number;
  readonly to: number;
  readonly listed: readonly number[];
}

/** Deletes all copies of a provider but that of one cell. */
async function adopt(
  cells: MoveCells,
  { providerId, to, listed }: Adoption,
  place: (number: number) => Promise<FoundPlace>,
  needs: CommandNeeds,
): Promise<void> {
  if (!(await hasProvider(cells, to, providerId))) throw new WrongUsage("That cell does not have the provider.");
  for (const from of listed) {
    if (from === to || !(await hasProvider(cells, from, providerId))) continue;
    const adoption = { id: randomUUID(), providerId, from, to };
    await adoptCopy(cells, adoption);
    const places = { source: await place(from), target: await place(to) };
    await finishMove(cells, adoption, places);
    needs.print(
      `the provider is in cell ${places.target.cell.name}; its copy in ${places.source.cell.name} is deleted`,
    );
  }
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
