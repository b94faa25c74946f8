import pg from "pg";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { wordsOf } from "#platform/config/error-words.ts";
import { type MigrationFile, readMigrationFiles } from "./migration-files.ts";

/** A migration that waits longer for a lock makes every later statement on that table wait behind it. */
const lockTimeoutMs = 10_000;
/** A large table takes as long as it takes; without an end, a line that goes silent meanwhile is waited for without one. */
const applyingMsMax = 24 * 60 * 60 * 1000;

interface LedgerRow {
  readonly name: string;
  readonly checksum: string;
  readonly is_breaking: boolean;
}

interface Applying {
  readonly folder: URL;
  /** Else a schema that is not up to date is refused. */
  readonly mayChange: boolean;
}

/** Brings one schema up to date and returns the names of what was applied. The caller holds the migration lock. */
export async function applyMigrations(
  client: pg.Client,
  schema: string,
  { folder, mayChange }: Applying,
): Promise<string[]> {
  const files = await readMigrationFiles(folder);
  const ledger = await readLedger(client, schema);
  refuseWhatDoesNotFit(files, ledger ?? []);
  const pending = files.slice(ledger?.length ?? 0);
  if (pending.length > 0 && !mayChange) throw new CannotStart(ledger ? ofOlderVersion : withoutBellwire);
  if (!ledger) await createLedger(client, schema);
  for (const file of pending) await applyMigration(client, schema, file);
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

function refuseWhatDoesNotFit(files: readonly MigrationFile[], ledger: readonly LedgerRow[]): void {
  for (const [index, row] of ledger.entries()) {
    const file = files[index];
    if (!file) {
      if (!row.is_breaking) continue;
      throw new CannotStart(`A newer Bellwire has migrated this database (${row.name}); this one cannot work with it.`);
    }
    if (file.name !== row.name)
      throw new CannotStart(`The database has migration ${row.name} where ${file.name} is expected.`);
    if (file.checksum !== row.checksum) {
      throw new CannotStart(
        `Migration ${file.name} was changed after this database applied it. Restore it and add a new one.`,
      );
    }
  }
}

async function applyMigration(client: pg.Client, schema: string, file: MigrationFile): Promise<void> {
  const name = pg.escapeIdentifier(schema);
  await client.query("begin");
  try {
    await client.query(`set local search_path = ${name}, pg_temp; set local lock_timeout = ${lockTimeoutMs}`);
    await client.query(`insert into ${name}.migrations (name, checksum, is_breaking) values ($1, $2, $3)`, [
      file.name,
      file.checksum,
      file.isBreaking,
    ]);
    const patiently = { text: file.text, query_timeout: applyingMsMax };
    await client.query(patiently);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw new CannotStart(`Migration ${file.name} failed and was rolled back: ${wordsOf(error)}`, { cause: error });
  }
}
