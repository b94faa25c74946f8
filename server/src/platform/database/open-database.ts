import { existsSync } from "node:fs";
import { rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { systemClock } from "../clock.ts";
import type { Config } from "../config/read-config.ts";
import { backupMarker } from "../embedded-postgres/back-up.ts";
import {
  type EmbeddedPostgres,
  type ServerAhead,
  hasDatabase,
  openEmbeddedPostgres,
} from "../embedded-postgres/open-embedded-postgres.ts";
import { CannotStart, errorCode, errorMessage, isAbort } from "../errors.ts";
import { appRole } from "./app-role.ts";
import { type DatabaseLog, holdAfterRestore, restoredSentence } from "./failover.ts";
import {
  DatabaseHosts,
  classifyDatabaseError,
  connectToPrimary,
  databaseLocation,
  explainConnectionError,
} from "./connection.ts";
import { type Database, diskSpaceOf } from "./database.ts";
import { type PendingMigration, directorySchema, migrate, readPendingMigrations } from "./migrate.ts";
import { type OpenedPool, type PoolOptions, openPool } from "./pool.ts";

const defaultSchema = "bellwire";
const connecting = { application_name: "bellwire", connectionTimeoutMillis: 10_000, query_timeout: 10_000 };

interface OpenDatabaseNeeds {
  readonly config: Pick<
    Config,
    "databaseUrl" | "databaseDirectUrl" | "databaseConnections" | "databaseWaitSeconds" | "dataDir"
  >;
  /** Allows creating, migrating and waiting for the database. */
  readonly mayChange: boolean;
  readonly printStatus: (line: string) => void;
  readonly log: DatabaseLog;
  /** The embedded server, if it was started before this. */
  readonly ahead?: ServerAhead | undefined;
  /** Aborts the wait for a database that does not respond, is being started, or is being migrated by another process. */
  readonly stop?: AbortSignal;
  /** Called when a signal ends this process and the embedded server. Not called in a process that handles signals itself. */
  readonly onSignal?: () => void;
  readonly tracing?: PoolOptions["tracing"];
}

/** The access of another process of the same start. */
export type DatabaseAccess = Pick<PoolOptions, "connectionString" | "directUrl" | "role" | "max">;

export interface OpenedDatabase extends AsyncDisposable {
  readonly pool: OpenedPool;
  readonly access: DatabaseAccess;
  /** Connects as the user who migrates, without a pooler. */
  readonly ownerUrl: string;
}

/** Opens the configured database or the embedded one: migrated, and as the role of the product. */
export async function openDatabase({ config, ...needs }: OpenDatabaseNeeds): Promise<OpenedDatabase> {
  await using opening = new AsyncDisposableStack();
  const embedded = config.databaseUrl ? undefined : opening.use(await openEmbedded(config.dataDir, needs));
  const ownerUrl = config.databaseUrl?.reveal() ?? embedded?.ownerUrl ?? "";
  const waitMs = needs.mayChange && !embedded ? config.databaseWaitSeconds * 1000 : 0;
  const max = config.databaseConnections;
  const directUrl = config.databaseDirectUrl?.reveal();
  const open = (): Promise<DatabaseAccess> => migrateAndTellAccess({ ownerUrl, directUrl, embedded, max, ...needs });
  const access = await inWords(ownerUrl, () => whenItAnswers(open, { ownerUrl, waitMs, ...needs }));
  if (embedded) await holdRestoredBackup(config.dataDir, ownerUrl, needs.printStatus);
  const pool = opening.use(await inWords(ownerUrl, () => joinDatabase(access, needs)));
  if (embedded) opening.use(await watchDisk(embedded.pgData, pool, needs.log));
  const opened = opening.move();
  return { pool, access, ownerUrl: directUrl ?? ownerUrl, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Changes fill less than the reserve in this time. */
const diskIntervalMs = 1000;

/** Measures the free space on the disk of a folder, at once and repeatedly. */
async function watchDisk(folder: string, pool: OpenedPool, log: DatabaseLog): Promise<AsyncDisposable> {
  const closing = new AbortController();
  const space = diskSpaceOf(pool);
  const measure = async (): Promise<void> => {
    const before = space.isLow;
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      space.measure(bavail * bsize, blocks * bsize);
    } catch {
      return; // unmounted: the database reports it
    }
    if (space.isLow !== before) log.warn({ free: space.free?.bytes }, space.isLow ? lowSentence : enoughSentence);
  };
  await measure();
  const running = (async () => {
    for (;;) {
      await systemClock.sleep(diskIntervalMs, closing.signal);
      if (closing.signal.aborted) return;
      await measure();
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await running;
    },
  };
}

const lowSentence = "the disk of the database is nearly full: changes are refused, deliveries and deletions go on";
const enoughSentence = "the disk of the database has space again: changes are accepted";

/** The place of a cell other than the default one. */
interface CellDatabase {
  readonly schema: string;
  /** The number in the directory of this database. Null: the cell is in another database. */
  readonly number: number | null;
  /** Connects as the user who migrates. Undefined: this process may not migrate, and uses `access`. */
  readonly ownerUrl: string | undefined;
}

interface OpenCellNeeds {
  /** Returns the access of the directory's database, for a cell that is in it. */
  readonly access: () => DatabaseAccess;
  readonly max: number;
  readonly mayChange: boolean;
  readonly printStatus: (line: string) => void;
  readonly log: DatabaseLog;
  /** Aborts the wait for another process that migrates the cell. */
  readonly stop?: AbortSignal;
  readonly tracing?: PoolOptions["tracing"];
}

/** Opens a cell: migrated, and as the role of the product. Does not wait for a database that does not respond. */
export async function openCellDatabase(cell: CellDatabase, needs: OpenCellNeeds): Promise<OpenedPool> {
  const { schema, number, ownerUrl } = cell;
  const { access, max, mayChange, printStatus, log, stop, tracing } = needs;
  if (ownerUrl === undefined) return openPool({ ...access(), schema, max, log, tracing });
  return inWords(ownerUrl, async () => {
    const connectionString = await findPrimary(ownerUrl);
    await refuseTransactionPooling(connectionString, cellPooling);
    const { applied, role } = await migrate({ connectionString, schema, cell: number, mayChange, printStatus, stop });
    if (applied.length > 0) printStatus(`migrated the schema ${schema}: ${steps(applied)}`);
    const entry = number === null ? { connectionString: ownerUrl, ...(role && { role }) } : access();
    return openPool({ ...entry, schema, max, log, tracing });
  });
}

const steps = ({ length }: readonly string[]): string => (length === 1 ? "1 step" : `${length} steps`);

interface PlanNeeds extends Pick<OpenDatabaseNeeds, "config" | "printStatus"> {
  /** Returns the cells other than the default one, and where to migrate them. */
  readonly findCells: (directory: Database, ownerUrl: string) => Promise<readonly PlannedCell[]>;
}

interface PlannedCell extends Pick<CellDatabase, "schema"> {
  readonly name: string;
  readonly ownerUrl: string;
}

/**
 * Returns the migrations that a start would apply to each cell, without changing anything. Starts an existing embedded database if
 * needed.
 */
export async function planMigrations({
  config,
  printStatus,
  findCells,
}: PlanNeeds): Promise<ReadonlyMap<string, readonly PendingMigration[]>> {
  await using embedded = config.databaseUrl
    ? undefined
    : await openEmbedded(config.dataDir, { mayChange: false, printStatus });
  const ownerUrl = (config.databaseDirectUrl ?? config.databaseUrl)?.reveal() ?? embedded?.ownerUrl ?? "";
  const plan = async ({ schema, ownerUrl: url }: Omit<PlannedCell, "name">) =>
    readPendingMigrations({ connectionString: await findPrimary(url), schema });
  return await inWords(ownerUrl, async () => {
    const plans = new Map([["default", await plan({ schema: defaultSchema, ownerUrl })]]);
    for (const cell of await findCellsIfThere(ownerUrl, findCells)) plans.set(cell.name, await plan(cell));
    return plans;
  });
}

/** The directory of an older version has the default cell only. */
async function findCellsIfThere(ownerUrl: string, findCells: PlanNeeds["findCells"]): Promise<readonly PlannedCell[]> {
  await using directory = await openPool({ connectionString: ownerUrl, schema: defaultSchema, max: 1 });
  const isThere = `select from information_schema.columns where table_schema = $1 and table_name = 'cells' and column_name = 'database_url'`;
  return (await directory.query(isThere, [directorySchema])).length === 0 ? [] : await findCells(directory, ownerUrl);
}

/** Opens a database that another process has migrated. */
export const joinDatabase = (
  access: DatabaseAccess,
  options: { readonly log: DatabaseLog } & Pick<PoolOptions, "hints" | "tracing">,
): Promise<OpenedPool> => openPool({ ...access, ...options, schema: defaultSchema });

function openEmbedded(
  dataDir: string,
  {
    mayChange,
    printStatus,
    ...options
  }: Pick<OpenDatabaseNeeds, "mayChange" | "printStatus" | "ahead" | "stop" | "onSignal">,
): Promise<EmbeddedPostgres> {
  if (!mayChange && !hasDatabase(dataDir)) {
    throw new CannotStart(
      `There is no database in ${dataDir}: set BELLWIRE_DATA_DIR or DATABASE_URL, or start Bellwire first.`,
    );
  }
  return openEmbeddedPostgres(dataDir, printStatus, options);
}

const cellsStatement = `
  select nspname as schema from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
  where proname = 'hold_after_restore'`;

/** Holds deliveries of a backup at its first start, since they may have been sent after it was taken. */
async function holdRestoredBackup(
  dataDir: string,
  ownerUrl: string,
  printStatus: (line: string) => void,
): Promise<void> {
  const marker = join(dataDir, backupMarker);
  if (!existsSync(marker)) return;
  const open = (schema: string): Promise<OpenedPool> => openPool({ connectionString: ownerUrl, schema, max: 1 });
  await using directory = await open(defaultSchema);
  const cells = await directory.query<{ schema: string }>(cellsStatement);
  for (const { schema } of cells) {
    await using cell = await open(schema);
    if (await holdAfterRestore(cell)) printStatus(restoredSentence);
  }
  await rm(marker, { force: true });
}

interface MigrateNeeds extends Omit<OpenDatabaseNeeds, "config"> {
  readonly ownerUrl: string;
  /** Set if `ownerUrl` leads to a pooler. */
  readonly directUrl: string | undefined;
  readonly embedded: EmbeddedPostgres | undefined;
  readonly max: number;
}

async function migrateAndTellAccess(migrating: MigrateNeeds): Promise<DatabaseAccess> {
  const { ownerUrl, directUrl, embedded, max, printStatus, ...needs } = migrating;
  const connectionString = embedded ? ownerUrl : await findPrimary(directUrl ?? ownerUrl);
  if (directUrl !== undefined) await refuseOtherDatabase(ownerUrl, connectionString);
  else if (!embedded) await refuseTransactionPooling(connectionString);
  const { applied, role } = await migrate({ connectionString, schema: defaultSchema, printStatus, ...needs });
  if (applied.length > 0) printStatus(`migrated the database: ${steps(applied)}`);
  if (!role && needs.mayChange) {
    printStatus(
      `the user of DATABASE_URL may not act as the role ${appRole}, so that Bellwire has all its rights. ` +
        `To change that: create role ${appRole}; grant ${appRole} to that user; and start again`,
    );
  }
  if (embedded) return { connectionString: embedded.appUrl, max };
  const warning = directUrl === undefined && needs.mayChange && (await warnOfConnectionLimit(connectionString, max));
  if (warning) printStatus(warning);
  return { connectionString: ownerUrl, ...(directUrl !== undefined && { directUrl }), max, ...(role && { role }) };
}

const tryAgainMs = 500;

interface Waiting extends Pick<OpenDatabaseNeeds, "printStatus" | "stop"> {
  readonly ownerUrl: string;
  readonly waitMs: number;
}

/**
 * Repeats `open` until the database responds: both may be starting at the same time. Refusals of the user or the database name
 * are not retried.
 */
async function whenItAnswers<T>(open: () => Promise<T>, { ownerUrl, waitMs, printStatus, stop }: Waiting): Promise<T> {
  const startedMs = systemClock.monotonicMs();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      const cause = error instanceof CannotStart ? error.cause : error;
      const isRefusal = /^(?:28|3D)/.test(errorCode(cause) ?? "");
      const isOver = systemClock.monotonicMs() - startedMs >= waitMs;
      if (classifyDatabaseError(cause) !== "away" || isRefusal || isOver) throw error;
      if (attempt === 1) {
        printStatus(
          `the database at ${databaseLocation(ownerUrl)} does not answer (${errorMessage(cause)}); waiting for it up to ${waitMs / 1000} s`,
        );
      }
    }
    await systemClock.sleep(tryAgainMs, stop);
    stop?.throwIfAborted();
  }
}

/** Runs `work` on a connection to the primary, as a start connects. */
async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connectToPrimary(new DatabaseHosts(url), connecting);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Returns the URL of the primary among several hosts. */
async function findPrimary(url: string): Promise<string> {
  const hosts = new DatabaseHosts(url);
  const client = await connectToPrimary(hosts, connecting);
  await client.end();
  return hosts.current;
}

const notPermitted = "42501";

/**
 * Turns errors of the database and the network into messages for the operator, without the password of the URL. A TypeError is
 * a bug.
 */
async function inWords<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CannotStart || error instanceof TypeError || isAbort(error)) throw error;
    if (errorCode(error) === notPermitted) {
      throw new CannotStart(
        `The user of the database at ${databaseLocation(url)} may not do what the migration needs: ${errorMessage(error)}. ` +
          "Run `bellwire migrate` once as the database's owner, or grant the user that right.",
        { cause: error },
      );
    }
    const reason = explainConnectionError(error);
    throw new CannotStart(`The database at ${databaseLocation(url)} cannot be used: ${reason}`, { cause: error });
  }
}

// pg_settings omits settings that the connected user may not see.
const settingsStatement = `
  select name, setting from pg_settings
  where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'data_directory')
  order by name`;

const rolesStatement = `
  select current_user as "connectedAs",
    coalesce((select rolname from pg_roles where rolname = $1 and pg_has_role(oid, 'set')), current_user) as "actsAs"`;

/** Returns properties of a running server by name. */
export const describeDatabase = (connectionString: string): Promise<ReadonlyMap<string, string>> =>
  withConnection(connectionString, async (client) => {
    const { rows: settings } = await client.query<{ name: string; setting: string }>(settingsStatement);
    const {
      rows: [roles],
    } = await client.query<{ connectedAs: string; actsAs: string }>(rolesStatement, [appRole]);
    const found = new Map(settings.map(({ name, setting }) => [name, setting]));
    return roles ? found.set("connected as", roles.connectedAs).set("acts as", roles.actsAs) : found;
  });

/*
 * A pooler such as PgBouncer in transaction mode gives each transaction another server process. Prepared statements, session
 * settings, LISTEN and session locks do not work through it. With BELLWIRE_DATABASE_DIRECT_URL they are not needed: migrations and
 * hints use the direct connection, statements have no names, and each transaction begins with a prologue.
 */

const lookTimes = 10;

/**
 * Rejects a pooler in transaction or statement mode. A pooler reports another process than the server; if one process answers on two
 * connections, or two on one, it mixes sessions.
 */
export const refuseTransactionPooling = (url: string, refusal = transactionPooling): Promise<void> =>
  withConnection(url, async (first) => {
    const own = await pidOf(first);
    if (!("processID" in first) || first.processID === own) return; // nothing in between
    await withConnection(url, async (second) => {
      for (let look = 0; look < lookTimes; look += 1) {
        if ((await pidOf(second)) === own || (await pidOf(first)) !== own) throw new CannotStart(refusal);
      }
    });
  });

const transactionPooling =
  "DATABASE_URL leads to a pooler in transaction or statement mode. Set BELLWIRE_DATABASE_DIRECT_URL to the same database without " +
  "the pooler, which then must be in transaction mode. Or connect to PostgreSQL only: Bellwire pools by itself " +
  "(BELLWIRE_DATABASE_CONNECTIONS).";

const cellPooling =
  "The connection string of the cell leads to a pooler in transaction or statement mode. A cell needs PostgreSQL itself, or a pooler in " +
  "session mode.";

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

// `least` ignores nulls. The limits of a database and a role do not apply to superusers, whose connections are reserved.
const connectionLimitStatement = `
  select case when rolsuper then current_setting('max_connections')::integer else least(
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
      - current_setting('reserved_connections')::integer,
    nullif(datconnlimit, -1), nullif(rolconnlimit, -1)) end as accepted
  from pg_database, pg_roles
  where datname = current_database() and rolname = session_user`;

/** A process uses two more connections than those of its pool: for hints, and for checks. */
const connectionsBeside = 2;

/** Returns a warning if one process alone can use more connections than the database accepts: requests would wait under load. */
export async function warnOfConnectionLimit(url: string, max: number): Promise<string | undefined> {
  const { rows } = await withConnection(url, (client) => client.query<{ accepted: number }>(connectionLimitStatement));
  const accepted = rows[0]?.accepted ?? Number.POSITIVE_INFINITY;
  if (max + connectionsBeside <= accepted) return undefined;
  return (
    `the database accepts ${accepted} connections of this user, and each process may use ${max + connectionsBeside}: requests will wait ` +
    "under load. Lower BELLWIRE_DATABASE_CONNECTIONS, or raise the limit (max_connections, or that of the database or the role)"
  );
}

/** The identity of a database and its user. The start time of the server is not part of it: a failover may be in progress. */
const identityStatement = `
  select concat_ws(' ', system_identifier, current_database(), session_user) as identity,
    current_setting('default_transaction_isolation') as isolation
  from pg_control_system()`;

/**
 * Rejects a direct connection to another database, or of another user, than the pooler's; a pooler in statement mode; and another isolation
 * level: a prologue cannot change that of the transaction which it is a part of.
 */
export async function refuseOtherDatabase(url: string, directUrl: string): Promise<void> {
  const [pooled, direct] = await Promise.all([url, directUrl].map(readIdentity));
  if (pooled?.identity !== direct?.identity) {
    throw new CannotStart(
      "DATABASE_URL and BELLWIRE_DATABASE_DIRECT_URL lead to different databases, or log in as different users.",
    );
  }
  if (pooled && pooled.isolation !== "read committed") {
    throw new CannotStart(
      `Behind the pooler, transactions are ${pooled.isolation}, so concurrent changes would fail. Run \`alter role … in database … set ` +
        "default_transaction_isolation = 'read committed'` for the user of DATABASE_URL, and reconnect the pooler.",
    );
  }
}

interface Identity {
  readonly identity: string;
  readonly isolation: string;
}

const readIdentity = (url: string): Promise<Identity | undefined> =>
  withConnection(url, async (client) => {
    await client.query("begin"); // refused in statement mode
    const { rows } = await client.query<Identity>(identityStatement);
    await client.query("commit");
    return rows[0];
  });
