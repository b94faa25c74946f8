import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import {
  type ServerLocation,
  findUnprivilegedUser,
  findBinaries,
  initDatabase,
  ownerRole,
  programOptions,
} from "#platform/embedded-postgres/programs.ts";
import { serverSettings, socketPort } from "#platform/embedded-postgres/server.ts";
import type { IssuedCertificate } from "./build-certificates.ts";
import { fastestFolder } from "./fastest-folder.ts";
import { familyOf, isAlive, kill, postmasterOf } from "./processes.ts";
import { until } from "./until.ts";

export interface ThrowAwayPostgres extends AsyncDisposable {
  /** Connects as the owner. */
  urlOf(database: string): string;
  /** Its socket. */
  readonly socketPath: string;
  readonly place: ServerLocation;
  /** The folder of its programs. */
  readonly binaries: string;
  /** Part of the socket's name; with TLS also a port of 127.0.0.1. */
  readonly port: number;
  /** Settings of its start. A standby of this server gets the same ones. */
  readonly settings: ServerSettings;
  /** Kills every process at once, as if its host died. The files stay until disposal. */
  kill(): Promise<void>;
  /** Kills the postmaster only, and resolves when its other processes have ended. */
  killPostmaster(): Promise<void>;
}

export type ServerSettings = Readonly<Record<string, string>>;

/**
 * No durability, since the data does not outlive the run. No autovacuum, so plans change only when a test analyzes. Few buffers,
 * because each new session maps them, and each end of a database searches them.
 */
const fastSettings = {
  shared_buffers: "64MB",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_compression: "off",
  autovacuum: "off",
  max_connections: "400",
  log_min_messages: "panic",
};

const ownerPassword = "throw-away";
const silently = (): void => undefined;

export interface ThrowAwayOptions {
  readonly tls?: IssuedCertificate;
  readonly settings?: ServerSettings;
  /** The folder of the programs, if not those of the embedded PostgreSQL. */
  readonly binaries?: string;
}

/** Starts PostgreSQL as the product does, and checks that this server answers. */
export async function startThrowAwayPostgres({
  tls,
  settings = {},
  binaries,
}: ThrowAwayOptions = {}): Promise<ThrowAwayPostgres> {
  const place = await makePlace();
  const embedded = await findBinaries(place.user, silently);
  if (binaries === undefined) await initDatabase({ place, binaries: embedded, ownerPassword, printStatus: silently });
  else await initOther(place, binaries, settings);
  return startPostgres(place, binaries ?? embedded, { ...settings, ...(tls && (await tlsSettings(place, tls))) });
}

/** Sets the owner's password again, with the SCRAM iterations of the server's settings. */
export async function makePasswordCheap(postgres: ThrowAwayPostgres): Promise<void> {
  const client = new pg.Client(postgres.urlOf("postgres"));
  await client.connect();
  await client.query(`alter role ${ownerRole} password '${ownerPassword}'`);
  await client.end();
}

async function makePlace(): Promise<ServerLocation> {
  const folder = await mkdtemp(`${await fastestFolder()}/bellwire-test-`);
  const user = await findUnprivilegedUser();
  if (user) await chown(folder, user.uid, user.gid);
  return { folder, user };
}

/**
 * Creates a data directory of another version, which may lack the collations of the embedded one. The settings are also in its
 * file: pg_rewind starts the server without options, and would otherwise lose the log that it needs.
 */
async function initOther(place: ServerLocation, binaries: string, settings: ServerSettings): Promise<void> {
  const passwordFile = join(place.folder, "password");
  await writeFile(passwordFile, ownerPassword);
  await runProgram(place, join(binaries, "initdb"), [
    `--pgdata=${join(place.folder, "postgres")}`,
    `--username=${ownerRole}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
    ...Object.entries(settings).map(([name, value]) => `--set=${name}=${value}`), // not known to PostgreSQL 15
  ]);
  await rm(passwordFile);
}

const runFile = promisify(execFile);

/** Runs a program of PostgreSQL as the user of the server. */
const runProgram = (place: ServerLocation, program: string, args: readonly string[]): Promise<unknown> =>
  runFile(program, args, { ...programOptions(place), env: { LC_ALL: "C", TZ: "UTC", PGPASSWORD: ownerPassword } });

/** Settings for listening on 127.0.0.1 with TLS. */
async function tlsSettings(
  { folder, user }: ServerLocation,
  { cert, key }: IssuedCertificate,
): Promise<Record<string, string>> {
  const files = { ssl_cert_file: join(folder, "server.crt"), ssl_key_file: join(folder, "server.key") };
  await writeFile(files.ssl_cert_file, cert);
  await writeFile(files.ssl_key_file, key, { mode: 0o600 });
  if (user) for (const path of Object.values(files)) await chown(path, user.uid, user.gid);
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  const port = String(typeof address === "object" ? address?.port : "");
  return { ssl: "on", ...files, listen_addresses: "127.0.0.1", port };
}

/** Starts a standby that follows `primary` from a copy of its files, until it is cut off or promoted. */
export const startStandby = async (primary: ThrowAwayPostgres): Promise<ThrowAwayPostgres> =>
  startCopy(
    await copyFiles(primary),
    { "standby.signal": "", "postgresql.auto.conf": followingConfig(primary) },
    primary.settings,
  );

/** Starts a standby from a base backup, as an operator does. Needs a PostgreSQL with pg_basebackup. */
export async function startStandbyFromBackup(primary: ThrowAwayPostgres): Promise<ThrowAwayPostgres> {
  const { binaries, settings } = primary;
  const place = await makePlace();
  const data = join(place.folder, "postgres");
  await runProgram(place, join(binaries, "pg_basebackup"), [
    `--pgdata=${data}`,
    `--dbname=${connectionTo(primary)}`,
    "--write-recovery-conf",
    "--checkpoint=fast",
    "--no-sync",
  ]);
  return startPostgres(place, binaries, settings);
}

/** Makes a killed primary a standby of its successor, as an operator does. Needs a PostgreSQL with pg_rewind. */
export async function rejoin(killed: ThrowAwayPostgres, primary: ThrowAwayPostgres): Promise<ThrowAwayPostgres> {
  const { place, binaries, settings } = killed;
  // Until its zombie is reaped, the killed server seems to run.
  const locks = [join(place.folder, "postgres", "postmaster.pid"), `${killed.socketPath}.lock`];
  for (const path of locks) await rm(path, { force: true });
  await runProgram(place, join(binaries, "pg_rewind"), [
    `--target-pgdata=${join(place.folder, "postgres")}`,
    `--source-server=${connectionTo(primary)} dbname=postgres`,
    "--write-recovery-conf",
    "--no-sync",
  ]);
  return startPostgres(place, binaries, settings);
}

/** Starts a server on files that `copyFiles` copied, like a restore in place. */
export async function startCopy(
  place: ServerLocation,
  files: Readonly<Record<string, string>> = {},
  settings: ServerSettings = {},
): Promise<ThrowAwayPostgres> {
  const { folder, user } = place;
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, "postgres", name);
    await appendFile(path, text);
    if (user) await chown(path, user.uid, user.gid);
  }
  return startPostgres(place, await findBinaries(user, silently), settings);
}

/** Takes a base backup with pg_basebackup, without the write-ahead log: that is in the archive. */
export async function takeBaseBackup(primary: ThrowAwayPostgres): Promise<ServerLocation> {
  const place = await makePlace();
  await runProgram(place, join(primary.binaries, "pg_basebackup"), [
    `--dbname=${connectionTo(primary)}`,
    `--pgdata=${join(place.folder, "postgres")}`,
    "--wal-method=none",
    "--checkpoint=fast",
    "--no-sync",
  ]);
  return place;
}

/** Starts a server on a base backup, which reads the archive up to the target and is a primary from then on. */
export async function startRestored(
  place: ServerLocation,
  { binaries, archive, target }: { readonly binaries: string; readonly archive: string; readonly target: string },
): Promise<ThrowAwayPostgres> {
  const signal = join(place.folder, "postgres", "recovery.signal");
  await writeFile(signal, "");
  if (place.user) await chown(signal, place.user.uid, place.user.gid);
  const restored = await startPostgres(place, binaries, {
    restore_command: `cp ${archive}/%f %p 2>/dev/null`,
    recovery_target_name: target,
    recovery_target_action: "promote",
  });
  const client = new pg.Client(restored.urlOf("postgres"));
  await client.connect();
  await until(async () => (await client.query("select where not pg_is_in_recovery()")).rowCount === 1, {
    withinMs: 60_000,
  });
  await client.end();
  return restored;
}

const connectionTo = ({ place }: ThrowAwayPostgres): string =>
  `host=${place.folder} user=${ownerRole} password=${ownerPassword}`;

const followingConfig = (primary: ThrowAwayPostgres): string => `primary_conninfo = '${connectionTo(primary)}'\n`;

/** Copies the files of a running server, as a base backup does. */
export async function copyFiles(primary: ThrowAwayPostgres): Promise<ServerLocation> {
  const folder = await mkdtemp(`${await fastestFolder()}/bellwire-test-`);
  const { user } = primary.place;
  const data = join(folder, "postgres");
  const client = new pg.Client(primary.urlOf("postgres"));
  await client.connect();
  // One copy at a time: the checkpoint of another one may remove WAL that this one needs.
  await client.query("select pg_advisory_lock(1)");
  await client.query("select pg_backup_start('standby', true)");
  await copyFolder(join(primary.place.folder, "postgres"), data);
  const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop(false)");
  // Adds the WAL that was written during the copy, without which the copy is useless.
  await copyFolder(join(primary.place.folder, "postgres", "pg_wal"), join(data, "pg_wal"));
  await client.end();
  await writeFile(join(data, "backup_label"), rows[0]?.labelfile ?? "");
  await chmod(data, 0o700);
  if (user) await runFile("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
  return { folder, user };
}

/** Copies a folder during writes. The WAL restores files that disappear meanwhile. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFolder(source, copy).catch(unlessGone);
    else if (!/^postmaster\.(?:pid|opts)$/.test(entry.name)) await copyFile(source, copy).catch(unlessGone);
  }
}

function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

async function startPostgres(
  place: ServerLocation,
  binaries: string,
  more: ServerSettings = {},
): Promise<ThrowAwayPostgres> {
  const { folder } = place;
  const server = startServer(place, binaries, more);
  const exited = new Promise((resolve) => server.once("exit", resolve));
  const port = more["port"] ?? String(socketPort);
  const urlOf = (database: string): string =>
    `postgresql://${ownerRole}:${ownerPassword}@/${database}?host=${encodeURIComponent(folder)}${port === String(socketPort) ? "" : `&port=${port}`}`;
  await until(() => answersFrom(urlOf("postgres"), join(folder, "postgres")));
  const end = async (only?: "postmaster"): Promise<void> => {
    const postmaster = await postmasterOf(folder);
    if (server.pid !== undefined) kill(server.pid, "SIGKILL"); // the shell, which would clean up
    if (postmaster === undefined) return;
    const family = await familyOf(postmaster);
    for (const pid of only ? [postmaster] : family) kill(pid, "SIGKILL");
    await until(() => !family.some(isAlive));
  };
  return {
    urlOf,
    place,
    binaries,
    port: Number(port),
    socketPath: join(folder, `.s.PGSQL.${port}`),
    settings: more,
    kill: () => end(),
    killPostmaster: () => end("postmaster"),
    async [Symbol.asyncDispose]() {
      server.stdin?.end();
      await exited;
      await rm(folder, { recursive: true, force: true }); // left by a killed server
    },
  };
}

/** Runs the server under a shell, which stops the server and cleans up when its input closes, also if this process is killed. */
function startServer(place: ServerLocation, binaries: string, more: ServerSettings): ChildProcess {
  const settings = Object.entries({ ...serverSettings(place.folder), ...fastSettings, ...more });
  const options = settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const script = '"$@" </dev/null & read -r _; kill -INT $!; wait; rm -rf "$0"';
  const data = join(place.folder, "postgres");
  return spawn("sh", ["-c", script, place.folder, join(binaries, "postgres"), "-D", data, ...options], {
    ...programOptions(place),
    stdio: ["pipe", "ignore", "inherit"],
  });
}

async function answersFrom(url: string, data: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === data;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
