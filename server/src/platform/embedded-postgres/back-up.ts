import { constants } from "node:fs";
import { chmod, chown, copyFile, mkdir, open, readdir, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import pg from "pg";
import { classifyDatabaseError } from "../database/connection.ts";
import { CannotStart, errorCode, errorMessage } from "../errors.ts";
import { makeFolder, readFileIfExists } from "../files.ts";

/*
 * An online backup at the level of files ("Making a Base Backup Using the Low Level API" in PostgreSQL's manual), since the
 * embedded packages bring neither pg_dump nor pg_basebackup. The result is a data directory that Bellwire can start on.
 */

/** Folders whose contents belong to the running server: created empty. A copied replication slot would keep all of the copy's log. */
const emptied = new Set(
  ["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"].map(
    (name) => `/${name}`,
  ),
);
/** Files to leave out: of the running server, and those that it rebuilds at its start. */
const leftOut = /^\/(postmaster\.(pid|opts)|backup_label.*|tablespace_map.*|.*\/pgsql_tmp.*|.*\/pg_internal\.init.*)$/;

interface BackupNeeds {
  readonly ownerUrl: string;
  /** PostgreSQL's own data directory. */
  readonly pgData: string;
  /** Bellwire's data directory: keys and passwords beside the database. */
  readonly dataDir: string;
  /** A folder that does not exist yet. */
  readonly target: string;
}

/** Marks a data directory that was copied: a start on it is a restore. */
export const backupMarker = "is-a-backup";
/** Content of the marker until everything is copied. */
const incomplete = "incomplete";

/** Files beside the database without which a backup cannot be opened or decrypted. */
const keptFiles = ["database-passwords", "secret-key", "first-sign-in"];

/**
 * Copies the embedded database into a new data directory while it runs. The copy has every change that was committed before
 * the call, and is on disk when it returns.
 */
export async function backUp(needs: BackupNeeds): Promise<void> {
  const { pgData, target } = needs;
  if (!relative(pgData, target).startsWith("..")) {
    throw new CannotStart(`The backup cannot be written to ${target}: that is in the database's own folder.`);
  }
  await makeTarget(target);
  try {
    await writeFile(join(target, backupMarker), incomplete);
    await copyDatabase(needs);
  } catch (error) {
    const isOfSystem = error instanceof Error && "syscall" in error; // such as a full disk
    if (!isOfSystem && classifyDatabaseError(error) === undefined) throw error;
    throw new CannotStart(`The backup in ${target} is incomplete; delete it. ${errorMessage(error)}`, { cause: error });
  }
}

/** Refuses a data directory that a backup left when it failed or was killed: files are missing, and PostgreSQL may not notice. */
export async function refuseIncompleteBackup(dataDir: string): Promise<void> {
  if ((await readFileIfExists(join(dataDir, backupMarker))) === incomplete)
    throw new CannotStart(
      `${dataDir} is an incomplete backup: it failed or was ended. Delete it, and use another one.`,
    );
}

async function copyDatabase({ ownerUrl, pgData, dataDir, target }: BackupNeeds): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    // The slot keeps the WAL that the copy needs. It ends with this connection.
    await client.query(
      "select pg_create_physical_replication_slot('bellwire_backup_' || pg_backend_pid(), true, true)",
    );
    const {
      rows: [started],
    } = await client.query<{ file: string }>(
      "select pg_walfile_name(pg_backup_start('bellwire backup', fast => true)) as file",
    );
    const copy = join(target, "postgres");
    await copyFolder(pgData, copy, "");
    const {
      rows: [stopped],
    } = await client.query<{ file: string; label: string }>(
      "select pg_walfile_name(lsn) as file, labelfile as label from pg_backup_stop(wait_for_archive => false)",
    );
    if (!started || !stopped) throw new Error("PostgreSQL did not say where its write-ahead log is.");
    await writeLike(join(pgData, "PG_VERSION"), join(copy, "backup_label"), stopped.label);
    for (const name of (await readdir(join(pgData, "pg_wal"))).toSorted()) {
      const isNeeded = /^[0-9A-F]{24}$/.test(name) && name >= started.file && name <= stopped.file;
      if (isNeeded || name.endsWith(".history"))
        await copyOne(join(pgData, "pg_wal", name), join(copy, "pg_wal", name));
    }
    for (const name of keptFiles) await copyOne(join(dataDir, name), join(target, name));
    for (const folder of [join(copy, "pg_wal"), copy, target]) await sync(folder);
    await writeLike(join(pgData, "PG_VERSION"), join(target, backupMarker), "");
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function makeTarget(target: string): Promise<void> {
  try {
    await makeFolder(resolve(target), 0o777);
  } catch (error) {
    throw new CannotStart(`The backup cannot be written to ${target}: ${errorMessage(error)}`);
  }
  if ((await readdir(target)).length > 0) {
    throw new CannotStart(`The backup cannot be written to ${target}: it must be a new or empty folder.`);
  }
  // Private, but root's folder may be entered by PostgreSQL's user.
  await chmod(target, process.getuid?.() === 0 ? 0o711 : 0o700);
}

/** Copies a folder during writes. Files that disappear meanwhile are not needed, as the WAL restores them. */
async function copyFolder(from: string, to: string, path: string): Promise<void> {
  const { mode, uid, gid } = await stat(from);
  await mkdir(to, { mode: mode & 0o777 });
  await keepOwner(to, { uid, gid });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const inner = `${path}/${entry.name}`;
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (leftOut.test(inner) || emptied.has(path)) continue;
    if (entry.isDirectory()) await copyFolder(source, copy, inner).catch(ignoreMissingFile);
    else if (entry.isFile()) await copyOne(source, copy);
    else throw new CannotStart(`${source} is neither a file nor a folder; a backup of it is not supported.`);
  }
  await sync(to);
}

async function copyOne(from: string, to: string): Promise<void> {
  try {
    const { uid, gid } = await stat(from);
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await keepOwner(to, { uid, gid });
    await sync(to);
  } catch (error) {
    ignoreMissingFile(error);
  }
}

async function writeLike(model: string, path: string, text: string): Promise<void> {
  await copyOne(model, path);
  await using file = await open(path, "w");
  await file.writeFile(text);
  await file.sync();
}

/** PostgreSQL checks the owner of its files; only root can have copied those of another user. */
async function keepOwner(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, uid, gid);
}

async function sync(path: string): Promise<void> {
  await using file = await open(path, "r");
  await file.sync();
}

function ignoreMissingFile(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}
