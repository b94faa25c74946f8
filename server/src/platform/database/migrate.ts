import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import pg from "pg";
import { systemClock } from "../clock.ts";
import { CannotStart, errorCode, errorMessage } from "../errors.ts";
import { appRole, ensureAppRole, grantToAppRole } from "./app-role.ts";
import { ownerSettingsStatement } from "./connection.ts";
import type { Database } from "./database.ts";
import { followDatabase, restoredSentence } from "./failover.ts";

export interface MigrateOptions {
  /** Connects as the owner of the schemas, or as a user who may create them. */
  readonly connectionString: string;
  readonly schema: string;
  /** The number under which the directory of this database lists `schema`. Null: another database has the directory. */
  readonly cell?: number | null;
  /** Applies pending migrations; if false, an outdated schema is refused. */
  readonly mayChange?: boolean;
  /** Receives progress messages. */
  readonly printStatus?: (line: string) => void;
  /** Aborts the waits for another process that migrates, and for locks. */
  readonly stop?: AbortSignal | undefined;
}

export interface Migrated {
  readonly applied: readonly string[];
  /** The role to act as; undefined if the connected user may not. */
  readonly role: string | undefined;
}

const migrations = new URL("../../../migrations/", import.meta.url);
const migrationFolders = {
  directory: new URL("directory/", migrations),
  cell: new URL("cell/", migrations),
} as const;
/** A process that is silent for this long during its migration is gone, even if its connection does not show it. */
const silentMs = 20_000;
/** Statements other than migrations take milliseconds: after this time the connection is silent. */
const answerTimeoutMs = 20_000;
const lookEveryMs = 200;
const serverVersionMin = 160_000;
/** Days of history created ahead: two weeks without new ones cause no harm. */
const historyDaysAhead = 14;

/** Migrates the directory and one cell. Of many concurrent starts, one works and the others wait. */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const { connectionString, schema, cell = 0, mayChange = true, printStatus = () => undefined, stop } = options;
  const client = await connectAsOwner(connectionString);
  try {
    await client.query(ownerSettingsStatement, [String(silentMs), String(silentMs)]);
    await refuseUnfit(client);
    await takeLock(client, { printStatus, stop });
    await refuseOtherPrograms(client, [directorySchema, schema]); // before anything is written
    await readAllPending(client, schema); // so is a cell that does not fit, or the directory alone would be migrated
    const how = { mayChange, printStatus, stop };
    const bringUpToDate = async (): Promise<readonly string[]> => [
      ...(await applyMigrations(client, directorySchema, { kind: "directory", ...how })),
      ...(await applyMigrations(client, schema, { kind: "cell", ...how })),
    ];
    if (!mayChange) await bringUpToDate(); // refused before a role is made
    const mayActAsApp = await ensureAppRole(client);
    const applied = await bringUpToDate();
    if (applied.length > 0 && cell !== null) await registerCell(client, schema, cell);
    if (mayActAsApp) for (const granted of [directorySchema, schema]) await grantToAppRole(client, granted);
    await follow(client, schema, printStatus);
    // Under the lock, too: tables that are made beside the grants of another start end it ("tuple concurrently updated").
    await client.query(
      `select ${pg.escapeIdentifier(schema)}.add_history_days(today - 1, today + $1::integer)
       from (select (clock_timestamp() at time zone 'UTC')::date as today) as clock`,
      [historyDaysAhead],
    );
    return { applied, role: mayActAsApp ? appRole : undefined };
  } finally {
    await client.end();
  }
}

async function connectAsOwner(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    application_name: "bellwire migrate",
    connectionTimeoutMillis: 10_000,
    query_timeout: answerTimeoutMs,
  });
  client.on("error", () => undefined); // a lost connection rejects the statement that runs
  await client.connect();
  return client;
}

/** Raises all numbers after a failover or a restore, and holds deliveries after a restore. A start knows nothing of before. */
async function follow(client: pg.Client, schema: string, printStatus: (line: string) => void): Promise<void> {
  const seen = { lsn: null, switches: 0, answeredMs: undefined };
  await client.query("begin");
  await client.query("select set_config('search_path', $1, true)", [`${pg.escapeIdentifier(schema)}, pg_temp`]);
  const { isHeld } = await followDatabase(client, { seen, nowMs: 0 });
  await client.query("commit");
  if (isHeld) printStatus(restoredSentence);
}

const serverStatement = `
  select current_setting('server_version_num')::integer as number, current_setting('server_version') as version,
    current_setting('server_encoding') as encoding`;

/** Refuses a server or a database that Bellwire cannot work with: texts may have any character. */
async function refuseUnfit(client: pg.Client): Promise<void> {
  const {
    rows: [server],
  } = await client.query<{ number: number; version: string; encoding: string }>(serverStatement);
  if (server && server.number < serverVersionMin) {
    throw new CannotStart(`PostgreSQL ${server.version} is too old: Bellwire needs 16 or newer.`);
  }
  if (server && server.encoding !== "UTF8") {
    throw new CannotStart(
      `The database has the encoding ${server.encoding}, and Bellwire needs UTF8. An encoding cannot be changed, so create another ` +
        "database: create database bellwire encoding 'UTF8' template template0;",
    );
  }
}

const schemasWithoutLedger = `
  select name from unnest($1::text[]) as name where not exists (
    select from pg_attribute where attrelid = to_regclass(format('%I.migrations', name)) and attname = 'checksum')`;

// Views of extensions may be in any schema.
const foreignTables = `
  select nspname as schema, relname as table from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where nspname = any($1) and relkind in ('r', 'p', 'v', 'm', 'f') and not exists (
    select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
  order by 1, 2 limit 3`;

/** Refuses schemas that have tables but no ledger of ours: migrations could write some of their tables before one fails. */
async function refuseOtherPrograms(client: pg.Client, schemas: readonly string[]): Promise<void> {
  const { rows: unknown } = await client.query<{ name: string }>(schemasWithoutLedger, [schemas]);
  if (unknown.length === 0) return;
  const { rows } = await client.query<{ schema: string; table: string }>(foreignTables, [
    unknown.map(({ name }) => name),
  ]);
  if (rows.length === 0) return;
  throw new CannotStart(
    `The database has tables of another program: ${rows.map(({ schema, table }) => `${schema}.${table}`).join(", ")}. ` +
      "Use another database, or another schema for a cell. Nothing was written.",
  );
}

interface Waiting {
  readonly printStatus: (line: string) => void;
  readonly stop: AbortSignal | undefined;
}

// The session holds the lock, so it ends with the connection.
async function takeLock(client: pg.Client, { printStatus, stop }: Waiting): Promise<void> {
  const key = "hashtextextended('bellwire migrations', 0)";
  for (let attempt = 1; ; attempt += 1) {
    const {
      rows: [lock],
    } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${key}) as taken`);
    if (lock?.taken) return;
    if (attempt === 1) printStatus("another process checks or migrates the database; waiting for it");
    await systemClock.sleep(lookEveryMs, stop);
    stop?.throwIfAborted();
  }
}

/** The schema that maps providers to cells, outside all cells. */
export const directorySchema = "bellwire_directory";

/** Registers the cell in the directory, unless it is registered: `cell add` does so before the cell's first migration. */
async function registerCell(client: pg.Client, schema: string, cell: number): Promise<void> {
  await client.query(
    `insert into ${directorySchema}.cells (number, schema_name, name)
     select $1::smallint, $2::text, case $1::smallint when 0 then 'default' else 'cell-' || $1::smallint end
     where not exists (select from ${directorySchema}.cells where number = $1)`,
    [cell, schema],
  );
}

/** A migration that the database lacks. */
export interface PendingMigration {
  readonly name: string;
  /** Older code must not run on it. */
  readonly isBreaking: boolean;
  /** The comments on its locks and on older code; undefined for those that create the first schema. */
  readonly locks: string | undefined;
  readonly oldCode: string | undefined;
}

/** Returns the migrations that a start would apply, in order. Changes nothing. Refuses a database that does not fit. */
export async function readPendingMigrations({
  connectionString,
  schema,
}: Pick<MigrateOptions, "connectionString" | "schema">): Promise<readonly PendingMigration[]> {
  const client = await connectAsOwner(connectionString);
  try {
    await refuseUnfit(client);
    await refuseOtherPrograms(client, [directorySchema, schema]);
    const pending = await readAllPending(client, schema);
    return pending.map(({ name, isBreaking, text }) => ({
      name,
      isBreaking,
      locks: migrationNote(text, "Locks"),
      oldCode: migrationNote(text, "Old code"),
    }));
  } finally {
    await client.end();
  }
}

/** Returns the text of a comment such as `-- Locks: …`, which may continue on lines of its own. */
export function migrationNote(
  sql: string,
  title: "Locks" | "Old code" | "Breaking" | "Ledger" | "Replaces",
): string | undefined {
  const note = new RegExp(`^-- ${title}: (.*(?:\\n--   ?\\S.*)*)`, "m").exec(sql)?.[1];
  return note?.replaceAll(/\n--\s+/g, " ");
}

/** A migration that waits for a lock blocks every later statement on that table. */
const lockTimeoutMs = 10_000;
/** A large table may take hours; without any limit, a silent connection would be waited for forever. */
const applyingMsMax = 24 * 60 * 60 * 1000;

interface LedgerRow {
  readonly name: string;
  readonly checksum: string;
  readonly is_breaking: boolean;
}

interface Applying extends Waiting {
  readonly kind: keyof typeof migrationFolders;
  /** If false, an outdated schema is refused. */
  readonly mayChange: boolean;
}

/** Migrates one schema and returns the names of the applied migrations. The caller holds the migration lock. */
async function applyMigrations(
  client: pg.Client,
  schema: string,
  { kind, mayChange, ...waiting }: Applying,
): Promise<string[]> {
  const ledger = await readLedger(client, schema);
  const pending = await readPending(kind, ledger ?? []);
  if (pending.length > 0 && !mayChange) throw new CannotStart(ledger ? ofOlderVersion : withoutBellwire);
  if (!ledger) await createLedger(client, schema);
  for (const file of pending) await applyMigration(client, { schema, file, ...waiting });
  return pending.map((file) => file.name);
}

const ofOlderVersion =
  "This database is of an older Bellwire, which may be running: stop it, then start this one or run `bellwire migrate`.";
const withoutBellwire =
  "There is no Bellwire in this database yet. If it is the one you mean, start Bellwire or run `bellwire migrate`.";

async function readLedger(client: pg.Client, schema: string): Promise<LedgerRow[] | undefined> {
  const ledger = `${pg.escapeIdentifier(schema)}.migrations`;
  const {
    rows: [found],
  } = await client.query<{ exists: boolean }>("select to_regclass($1) is not null as exists", [ledger]);
  if (!found?.exists) return undefined;
  return (await client.query<LedgerRow>(`select name, checksum, is_breaking from ${ledger} order by name`)).rows;
}

async function createLedger(client: pg.Client, schema: string): Promise<void> {
  const name = pg.escapeIdentifier(schema);
  await client.query(`
    create schema if not exists ${name};
    create table ${name}.migrations (
      name        text primary key,
      checksum    text not null,
      is_breaking boolean not null,
      applied_at  timestamptz not null default now()
    )`);
}

/** Returns what the directory and one cell lack. Refuses a schema that does not fit. */
const readAllPending = async (client: pg.Client, schema: string): Promise<readonly MigrationFile[]> => [
  ...(await readPending("directory", (await readLedger(client, directorySchema)) ?? [])),
  ...(await readPending("cell", (await readLedger(client, schema)) ?? [])),
];

/** Returns what a schema with this ledger lacks. Refuses one that does not fit. */
async function readPending(
  kind: keyof typeof migrationFolders,
  ledger: readonly LedgerRow[],
): Promise<readonly MigrationFile[]> {
  const files = await readMigrationFiles(migrationFolders[kind]);
  const merge = await readMigrationFile(new URL("before-0.1.0/", migrations), `${kind}.sql`);
  const lines = ledger.map(({ name, checksum }) => `${name} ${checksum}\n`);
  if (migrationNote(merge.text, "Ledger") === sha256(lines.join(""))) {
    const replaced = files.findIndex(({ name }) => migrationNote(merge.text, "Replaces")?.startsWith(name)) + 1;
    return [{ ...merge, records: files.slice(0, replaced) }, ...files.slice(replaced)];
  }
  refuseWhatDoesNotFit(files, ledger);
  return files.slice(ledger.length);
}

function refuseWhatDoesNotFit(files: readonly MigrationFile[], ledger: readonly LedgerRow[]): void {
  for (const [index, row] of ledger.entries()) {
    const file = files[index];
    if (!file) {
      if (!row.is_breaking) continue;
      throw new CannotStart(`A newer Bellwire has migrated this database (${row.name}); this one cannot work with it.`);
    }
    if (file.name !== row.name)
      throw new CannotStart(
        `The database has migration ${row.name} where ${file.name} is expected. docs/runbooks/upgrade.md says what a database ` +
          "of a build before 0.1.0 needs.",
      );
    if (file.checksum !== row.checksum) {
      throw new CannotStart(
        `Migration ${file.name} was changed after this database applied it. Restore it and add a new one.`,
      );
    }
  }
}

interface ApplyOne extends Waiting {
  readonly schema: string;
  readonly file: MigrationFile;
}

async function applyMigration(client: pg.Client, { schema, file, printStatus, stop }: ApplyOne): Promise<void> {
  const name = pg.escapeIdentifier(schema);
  const sayWaiting = (): void =>
    printStatus(`migration ${file.name} waits for locks of other transactions; docs/runbooks/upgrade.md finds them`);
  try {
    await beginWithLocks(client, { schema: name, sql: file.text, sayWaiting, stop });
    const patiently = { text: file.text, query_timeout: applyingMsMax };
    await client.query(patiently);
    for (const { name: recorded, checksum, isBreaking } of file.records ?? [file]) {
      await client.query(`insert into ${name}.migrations (name, checksum, is_breaking) values ($1, $2, $3)`, [
        recorded,
        checksum,
        isBreaking,
      ]);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    if (error === stop?.reason) throw error;
    throw new CannotStart(`Migration ${file.name} failed and was rolled back: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/** Below PostgreSQL's default `deadlock_timeout` of one second. */
const lockingMsMax = 500;
const lockingPauseMs = 250;
/** A minute. A dump locks every table until it ends. */
const lockingTries = 80;
/** At full load, changes may be in the way of the first tries. */
const quietTries = 2;

/** Has no code of its own, since that of its cause is also that of a database that does not respond. */
class LocksKept extends Error {
  override readonly name = "LocksKept";

  constructor(options: ErrorOptions) {
    super("other transactions, such as a dump, keep the locks that it needs", options);
  }
}

interface Locking {
  readonly schema: string;
  readonly sql: string;
  /** Called once, when somebody else keeps a lock. */
  readonly sayWaiting: () => void;
  readonly stop?: AbortSignal | undefined;
  readonly tries?: number;
}

/**
 * Begins a transaction that has every lock of the migration on tables that exist. A migration that took them one after another
 * could form a cycle with a change that holds one and waits for another, and PostgreSQL would end the change after a second.
 * Here nobody waits that long while the migration still waits: it gives up earlier and tries again.
 */
export async function beginWithLocks(
  client: pg.Client,
  { schema, sql, sayWaiting, stop, tries = lockingTries }: Locking,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await client.query("begin");
    await client.query(`set local search_path = ${schema}, pg_temp; set local lock_timeout = ${lockTimeoutMs}`);
    try {
      await client.query(`set local statement_timeout = ${lockingMsMax}`);
      for (const locks of locksOf(sql)) await lockTables(client, locks);
      await client.query("set local statement_timeout = 0");
      return;
    } catch (error) {
      await client.query("rollback");
      if (errorCode(error) !== statementTimeout) throw error;
      if (attempt === tries) throw new LocksKept({ cause: error });
      if (attempt === quietTries) sayWaiting();
      await systemClock.sleep(lockingPauseMs, stop);
      stop?.throwIfAborted();
    }
  }
}

const statementTimeout = "57014";

/** Locks those that exist, in the order of their names. */
async function lockTables(client: pg.Client, { mode, tables }: TableLocks): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select format('%I', name) as name from unnest($1::text[]) as name where to_regclass(name) is not null order by name",
    [tables],
  );
  if (rows.length > 0) await client.query(`lock table ${rows.map(({ name }) => name).join(", ")} in ${mode} mode`);
}

interface TableLocks {
  readonly mode: "access exclusive" | "share row exclusive";
  readonly tables: readonly string[];
}

/** Returns the tables of a migration that need a lock, with the strongest lock that its statements take. */
export function locksOf(sql: string): readonly TableLocks[] {
  const statements = sql.replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "").replaceAll(/--.*$/gm, "");
  const namesOf = (pattern: RegExp): ReadonlySet<string> =>
    new Set(Array.from(statements.matchAll(pattern), ([, name = ""]) => name));
  const altered = namesOf(/\b(?:alter|drop|lock) table (?:if exists )?(?:only )?(\w+)/gi);
  const attached = namesOf(
    /\b(?:create (?:unique )?index[^;]*? on|create trigger[^;]*? on|references) (?:only )?(\w+)/gi,
  );
  return [
    { mode: "access exclusive", tables: [...altered] },
    { mode: "share row exclusive", tables: [...attached].filter((name) => !altered.has(name)) },
  ];
}

interface MigrationFile {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
  /** Starts with `-- Breaking: …`: older code must not run on it. */
  readonly isBreaking: boolean;
  /** The ledger's record in its place. */
  readonly records?: readonly MigrationFile[];
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

async function readMigrationFile(folder: URL, name: string): Promise<MigrationFile> {
  const text = await readFile(new URL(name, folder), "utf8");
  return { name, text, checksum: sha256(text), isBreaking: /^-- Breaking:/m.test(text) };
}

/** Returns the migrations of a folder in order. Numbers start at 0001 without gaps, so that duplicates are noticed. */
async function readMigrationFiles(folder: URL): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name, index) => {
      const expected = String(index + 1).padStart(4, "0");
      if (!name.startsWith(`${expected}_`)) throw new Error(`Migration ${name} should be number ${expected}.`);
      return readMigrationFile(folder, name);
    }),
  );
}

const cellStatement = "select name from migrations";
const directoryStatement = `select name from ${directorySchema}.migrations`;

/**
 * Returns a function that returns whether all migrations of this program are applied. Reads their files once: an upgrade may replace them
 * while the process runs, which works on until its restart.
 */
export function createMigrationCheck(
  db: Database,
  folders: Readonly<Record<keyof typeof migrationFolders, URL>> = migrationFolders,
): () => Promise<boolean> {
  const reading = Promise.all([readMigrationFiles(folders.directory), readMigrationFiles(folders.cell)]);
  reading.catch(() => undefined); // each call rejects with it
  const hasAll = async (files: readonly MigrationFile[], statement: string): Promise<boolean> => {
    const applied = new Set((await db.query<{ name: string }>(statement)).map(({ name }) => name));
    return files.every(({ name }) => applied.has(name));
  };
  return async () => {
    const [ofDirectory, ofCell] = await reading;
    return (await hasAll(ofDirectory, directoryStatement)) && hasAll(ofCell, cellStatement);
  };
}
