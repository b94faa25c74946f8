import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import {
  type Cell,
  deleteCell,
  insertCell,
  openCell,
  readCellLoads,
  readCells,
  revealDatabaseUrl,
  updateCellState,
} from "#cells/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { databaseLocation, parseDatabaseUrl } from "#platform/database/connection.ts";
import { directorySchema } from "#platform/database/migrate.ts";
import { verifyKeys } from "#platform/encryption.ts";
import { errorMessage } from "#platform/errors.ts";
import { createLogger } from "#platform/logger.ts";
import { type Command, WrongUsage } from "./command.ts";
import { openEncryption, withInstallation } from "./with-database.ts";

const namePattern = /^[a-z][a-z0-9-]{0,49}$/;
const schemaPattern = /^[a-z][a-z0-9_]{0,49}$/;
/** Its pools are closed at the end of the command. */
const connections = 2;

export const addCell: Command = {
  usage: "cell add NAME [--schema SCHEMA] [--database-url-file FILE]",
  summary:
    "create a cell: a schema of the same database, or of the one whose connection string is in the file; running processes find it by themselves",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const options = { schema: text, "database-url-file": text };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name = "", ...more] = positionals;
    if (!namePattern.test(name) || name === "all" || more.length > 0) {
      throw new WrongUsage(
        "Name one cell: at most 50 lowercase letters, digits and hyphens, beginning with a letter; `all` is reserved.",
      );
    }
    const databaseUrl = await readDatabaseUrl(values["database-url-file"]);
    const schema = values.schema ?? (databaseUrl === undefined ? `bellwire_${name.replaceAll("-", "_")}` : "bellwire");
    if (!schemaPattern.test(schema) || schema === directorySchema) {
      throw new WrongUsage("--schema must be lowercase letters, digits and underscores, beginning with a letter.");
    }
    await withInstallation(
      needs,
      async ({ directory, database, config }) => {
        const encryption = await openEncryption(directory, config);
        const cell = await directory.inTransaction((tx) => insertCell(tx, encryption, { name, schema, databaseUrl }));
        if (!cell)
          throw new WrongUsage(`There is a cell ${name} already, or one in the schema ${schema} of that database.`);
        try {
          const opening = {
            ...database,
            access: () => database.access,
            encryption,
            max: connections,
            mayChange: true,
            printStatus: needs.printStatus,
          };
          await using pool = await openCell(cell, { ...opening, log: createLogger("warn") });
          await verifyKeys(pool, encryption);
          if (cell.idShare !== null) await shareIds({ directory, pool }, cell.idShare);
          const [foreign] = await pool.query("select from providers limit 1");
          if (foreign) throw new WrongUsage(`The schema ${schema} of that database has providers already.`);
          await directory.inTransaction((tx) => updateCellState(tx, name, "active"));
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
    parseArgs({ args: [...args], options: {} });
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
  const cells = await readCells(directory);
  const cell = cells.find((each) => each.name === name);
  if (cell) return cell;
  throw new WrongUsage(`There is no cell ${name}: there are ${cells.map((each) => each.name).join(", ")}.`);
}
