import pg from "pg";
import { systemClock } from "#platform/clock/clock.ts";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { appRole, ensureAppRole, grantToAppRole } from "./app-role.ts";
import { applyMigrations } from "./apply-migrations.ts";
import { directorySchema, registerCell } from "./cells.ts";

export interface MigrateOptions {
  /** Connects as the owner of the schemas, or as one who may create them. */
  readonly connectionString: string;
  readonly schema: string;
  /** The number of the cell that `schema` is. */
  readonly cell?: number;
  /** Whether it may be changed; else one that is not up to date is refused. It is, unless this says no. */
  readonly mayChange?: boolean;
  /** Hears of what takes time. */
  readonly say?: (line: string) => void;
}

export interface Migrated {
  readonly applied: readonly string[];
  /** The role to act as from now on; undefined if the connected user may not. */
  readonly role: string | undefined;
}

const migrations = new URL("../../../migrations/", import.meta.url);
export const migrationFolders = {
  directory: new URL("directory/", migrations),
  cell: new URL("cell/", migrations),
} as const;
/** A process that says nothing for that long amidst its migration is gone, though its connection may not show it. */
const silentMs = 20_000;
/** What is asked beside the migrations themselves takes milliseconds: later than that the line is silent. */
const answerTimeoutMs = 20_000;
/** Of a database that was brought here from elsewhere, the largest number is looked for in its whole history. */
const lookThroughMsMax = 60 * 60_000;
const lookEveryMs = 200;
const serverVersionMin = 160_000;
/** Days of history that stand ready: two weeks of nobody making new ones harm nothing. */
const historyDaysAhead = 14;

/** Brings the directory and one cell up to date. Of many that start at once, one works and the others wait for it. */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const { connectionString, schema, cell = 0, mayChange = true, say = () => undefined } = options;
  const client = new pg.Client({
    connectionString,
    application_name: "bellwire migrate",
    connectionTimeoutMillis: 10_000,
    query_timeout: answerTimeoutMs,
  });
  client.on("error", () => undefined); // a lost connection rejects the statement that runs; nobody else need hear
  await client.connect();
  try {
    await client.query(`set idle_session_timeout = ${silentMs}`);
    await refuseOldServer(client);
    await takeLock(client, say);
    const bringUpToDate = async (): Promise<readonly string[]> => [
      ...(await applyMigrations(client, directorySchema, { folder: migrationFolders.directory, mayChange })),
      ...(await applyMigrations(client, schema, { folder: migrationFolders.cell, mayChange })),
    ];
    if (!mayChange) await bringUpToDate(); // refused before a role is made
    const mayActAsApp = await ensureAppRole(client);
    const applied = await bringUpToDate();
    if (applied.length > 0) await registerCell(client, schema, cell);
    if (mayActAsApp) for (const granted of [directorySchema, schema]) await grantToAppRole(client, granted);
    await followTimeline(client, schema);
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

/** After a move to another cluster or timeline, numbers go on upwards: see 0030_follow_timeline.sql. */
async function followTimeline(client: pg.Client, schema: string): Promise<void> {
  const patiently = {
    text: `select ${pg.escapeIdentifier(schema)}.follow_timeline()`,
    query_timeout: lookThroughMsMax,
  };
  await client.query(patiently);
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const {
    rows: [server],
  } = await client.query<{ number: number; version: string }>(
    "select current_setting('server_version_num')::integer as number, current_setting('server_version') as version",
  );
  if (server && server.number < serverVersionMin) {
    throw new CannotStart(`PostgreSQL ${server.version} is too old: Bellwire needs 16 or newer.`);
  }
}

// Held by the session, so it goes with the connection whatever happens.
async function takeLock(client: pg.Client, say: (line: string) => void): Promise<void> {
  const key = "hashtextextended('bellwire migrations', 0)";
  for (let tries = 1; ; tries += 1) {
    const {
      rows: [lock],
    } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${key}) as taken`);
    if (lock?.taken) return;
    if (tries === 1) say("another process is migrating the database; waiting for it");
    await systemClock.sleep(lookEveryMs);
  }
}
