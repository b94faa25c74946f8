import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chown, lstat, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, systemClock } from "../clock.ts";
import { CannotStart } from "../errors.ts";
import { readFileIfExists } from "../files.ts";
import { type ServerLocation, explainFailure, isOurOwnSignal, programOptions } from "./programs.ts";

/** Settings of the server. Passed at every start, so that they also apply to older data directories. */
export const serverSettings = (socketFolder: string): Readonly<Record<string, string>> => ({
  // Only this user can connect: no port, and a socket in a private folder.
  listen_addresses: "",
  port: String(socketPort),
  unix_socket_directories: socketFolder,
  unix_socket_permissions: "0700",
  // Commits survive a power failure. PostgreSQL's defaults, stated so that no configuration file changes them.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // After a crash, one call instead of opening each of 2,000 files. Older kernels do not report errors of that call.
  recovery_init_sync_method: process.platform === "linux" && isKernelFrom(5, 8) ? "syncfs" : "fsync",
  // Holds the live tables many times over. The history is read from the system's cache.
  shared_buffers: "256MB",
  // Most WAL after a checkpoint is full pages. Compressing them costs 2 of PostgreSQL's 25 µs per delivery, writing them 10 to 25 %
  // more bytes. Fewer checkpoints write fewer of them; recovery reads 1 GB in seconds.
  wal_compression: "off",
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  // Statements take milliseconds, less than compiling them. Without parallel workers /dev/shm, 64 MB in a container, is not needed.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  random_page_cost: "1.1",
  // The table `due` is filled and emptied all day: its dead rows are removed every 15 s, not every minute.
  autovacuum_naptime: "15s",
  max_connections: "100",
  // A list plans with each day's tables and indexes, and locks them: up to 17 a day. The default, 64 for each connection, was used up by
  // a few lists of a year at once; then every statement fails, of changes and engines, too. 100,000 locks take 20 MB when in use.
  max_locks_per_transaction: "1024",
  timezone: "UTC",
  log_timezone: "UTC",
  // Logs starts, stops and crashes. Bellwire logs failed statements, without their values.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_checkpoints: "off",
});

function isKernelFrom(major: number, minor: number): boolean {
  const [ours = 0, ourMinor = 0] = release()
    .split(".", 2)
    .map((part) => Number.parseInt(part, 10));
  return ours > major || (ours === major && ourMinor >= minor);
}

const dataOf = ({ folder }: ServerLocation): string => join(folder, "postgres");

/** Part of the socket's name only: there is no port. */
export const socketPort = 5432;

/** Maximum length of a socket's path: 104 bytes with the final zero on macOS, 108 on Linux. */
const socketPathBytesMax = 103;

/** Returns a private folder for the socket: beside the data, or in the temporary folder if that path is too long. */
export async function makeSocketFolder({ folder, user }: ServerLocation): Promise<string> {
  const beside = join(folder, "socket");
  const fits = Buffer.byteLength(join(beside, `.s.PGSQL.${socketPort}`)) <= socketPathBytesMax;
  const chosen = fits ? beside : join(tmpdir(), `bellwire-${shortHash(folder)}`);

  const owner = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const isNew = (await mkdir(chosen, { recursive: true, mode: 0o700 })) !== undefined;
  if (isNew) await chown(chosen, owner.uid, owner.gid).catch(() => undefined); // what it should have done is compared below
  const found = await lstat(chosen);
  const isPrivate = found.isDirectory() && found.uid === owner.uid && (found.mode & 0o077) === 0;
  if (!isPrivate && isNew) {
    await rmdir(chosen); // so that the next start gives this reason, too
    throw new CannotStart(
      `The file system of ${folder} keeps no owners and permissions, like a Windows drive in WSL. Set BELLWIRE_DATA_DIR to a folder of another one.`,
    );
  }
  if (!isPrivate) {
    throw new CannotStart(
      `${chosen} is not a private folder of the user that PostgreSQL runs as. Remove it and start again.`,
    );
  }
  return chosen;
}

const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** A log of 1 MiB is rotated, and one older log is kept. */
const logBytesMax = 1024 * 1024;
const startPollMs = 5;
/** A longer start, for example with a recovery, is announced. */
const reportEveryMs = 10_000;
/** How a wait for a server is reported, and what ends it: then it rejects with the reason. */
export interface StartWait {
  readonly printStatus: (line: string) => void;
  readonly stop?: AbortSignal | undefined;
}

/** Returns a function to call while a server starts: it reports that every ten seconds. Throws once the wait is to end. */
function watchStart({ printStatus, stop }: StartWait, clock: Pick<Clock, "monotonicMs">): () => void {
  let reportAtMs = clock.monotonicMs() + reportEveryMs;
  return () => {
    stop?.throwIfAborted();
    if (clock.monotonicMs() < reportAtMs) return;
    printStatus("the embedded database is still starting: after a crash, it first replays its write-ahead log");
    reportAtMs += reportEveryMs;
  };
}

/** Marks a server that a signal to this process ended before it began. */
const endedBySignal = "it was ended by a signal";
/** Printed while a process of a killed server keeps its memory. */
const memoryInUse = "pre-existing shared memory block";
/** Time for such processes to end. */
const leftoversMs = 15_000;
const leftoversPollMs = 50;

interface StartNeeds extends StartWait {
  readonly place: ServerLocation;
  readonly binaries: string;
  readonly socketFolder: string;
}

/**
 * Starts the server and resolves once it accepts connections, or already once its recovery has begun. It outlives this process, so
 * that others can join it.
 */
export async function startServer(
  needs: StartNeeds,
  { until }: { readonly until: "starting" | "ready" },
): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + leftoversMs;
  for (;;) {
    const lastOutput = await startOnce(needs, until);
    if (lastOutput === undefined) return;
    const hasLeftovers = lastOutput.includes(memoryInUse);
    if (hasLeftovers) await endLeftovers(dataOf(needs.place));
    if (!(hasLeftovers || lastOutput === endedBySignal) || systemClock.monotonicMs() > deadlineMs) {
      throw new CannotStart(
        `The embedded PostgreSQL in ${needs.place.folder} did not start: ${explainFailure(lastOutput)}`,
      );
    }
    await systemClock.sleep(leftoversPollMs);
  }
}

/**
 * Ends the processes that a killed server left. They end by themselves when they next wait for their client, but one that waits for a lock
 * of a killed process waits for ever. What they have not committed is lost with their server anyway. The caller holds the lock.
 */
async function endLeftovers(pgData: string): Promise<void> {
  for (const pid of await readPids()) {
    if (!(await isPostgresOf(pid, pgData))) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile. If it may not be killed, PostgreSQL says what is left to do.
    }
  }
}

/** Returns undefined if the server runs, otherwise its last output. */
async function startOnce(
  { place, binaries, socketFolder, ...wait }: StartNeeds,
  until: "starting" | "ready",
): Promise<string | undefined> {
  const pgData = dataOf(place);
  await removeStaleFiles(pgData, socketFolder);
  const logPath = join(place.folder, "postgres.log");
  const logStart = await rotate(logPath);
  await using log = await open(logPath, "a", 0o600);
  const named = { ...serverSettings(socketFolder), cluster_name: await serverNameOf(pgData) };
  const settings = Object.entries(named).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(join(binaries, "postgres"), ["-D", pgData, ...settings], {
    ...programOptions(place),
    stdio: ["ignore", log.fd, log.fd],
  });
  server.unref();
  let failure: string | undefined;
  server.on("error", (error) => (failure = error.message));
  server.on("exit", (_code, signal) => (failure ??= isOurOwnSignal(signal) ? endedBySignal : "")); // otherwise the log has the reason

  const starting = watchStart(wait, systemClock);
  while (failure === undefined) {
    const found = await findPostmaster(pgData);
    if (found && (until === "starting" || found.state === "ready")) return undefined;
    try {
      starting();
    } catch (error) {
      server.kill("SIGINT");
      while (failure === undefined) await systemClock.sleep(startPollMs);
      throw error;
    }
    await systemClock.sleep(startPollMs);
  }
  return failure || (await readFile(logPath)).subarray(logStart).toString();
}

/** Returns the log's size, where the next start begins. */
async function rotate(logPath: string): Promise<number> {
  const size = (await stat(logPath).catch(() => undefined))?.size ?? 0;
  if (size <= logBytesMax) return size;
  await rename(logPath, `${logPath}.1`);
  return 0;
}

/** A fast shutdown writes a checkpoint: one or two seconds, unless the disk is slow. Not waiting for it loses nothing. */
const fastStopMs = 8000;
/** An immediate shutdown writes nothing; the next start replays the WAL. */
const immediateStopMs = 5000;

/** Stops the server, and ends its connections. The caller holds the lock. */
export async function stopServer(pgData: string): Promise<void> {
  const found = await findPostmaster(pgData);
  if (!found) return;
  process.kill(found.pid, "SIGINT");
  if (await waitForEnd(found, pgData, fastStopMs)) return;
  process.kill(found.pid, "SIGQUIT");
  await waitForEnd(found, pgData, immediateStopMs);
}

/** The postmaster, read from `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly state: "starting" | "ready" | "stopping";
}

const postmasterPollMs = 5;

/**
 * Returns the running server of a data directory. The file alone proves nothing: it stays after a crash, and another process may
 * meanwhile have its pid.
 */
export async function findPostmaster(pgData: string): Promise<Postmaster | undefined> {
  const lines = (await readFileIfExists(join(pgData, "postmaster.pid")))?.split("\n") ?? [];
  const pid = Number(lines[0]);
  if (!(pid > 0) || !(await isPostgresOf(pid, pgData))) return undefined;
  const status = lines[7]?.trim();
  return { pid, state: status === "ready" || status === "stopping" ? status : "starting" };
}

/** Waits while the server is starting or stopping. Resolves with the server, or with undefined if there is none. */
export async function settledPostmaster(
  pgData: string,
  wait: StartWait,
  clock: Pick<Clock, "monotonicMs" | "sleep"> = systemClock,
): Promise<Postmaster | undefined> {
  const starting = watchStart(wait, clock);
  for (;;) {
    const found = await findPostmaster(pgData);
    if (!found || found.state === "ready") return found;
    starting();
    await clock.sleep(postmasterPollMs, wait.stop);
  }
}

/** Returns whether the server ended in time. It removes its file just before it ends. */
async function waitForEnd({ pid }: Postmaster, pgData: string, withinMs: number): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + withinMs;
  while (systemClock.monotonicMs() < deadlineMs) {
    if (!(await isPostgresOf(pid, pgData))) return true;
    await systemClock.sleep(postmasterPollMs);
  }
  return false;
}

/** Removes the pid file of a killed server, which would block a start if its pid is in use again. The caller holds the lock. */
async function removeStaleFiles(pgData: string, socketFolder: string): Promise<void> {
  const socket = join(socketFolder, `.s.PGSQL.${socketPort}`);
  if (await isAnswered(socket)) {
    throw new CannotStart(
      `A PostgreSQL in another container uses ${pgData}: two would destroy the data. Stop the Bellwire there, or set BELLWIRE_DATA_DIR to another folder.`,
    );
  }
  for (const path of [join(pgData, "postmaster.pid"), socket, `${socket}.lock`]) await rm(path, { force: true });
}

/** Returns whether a process listens on a socket. Processes of other containers have no pid here. */
async function isAnswered(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/**
 * Returns the name of a server, which the command line of each of its processes has. It is derived from the identity of the data
 * directory: another container may have its own under the same path.
 */
export async function serverNameOf(pgData: string): Promise<string> {
  const { dev, ino } = await stat(pgData);
  return `bellwire-${shortHash(`${dev}:${ino}`)}`;
}

async function isPostgresOf(pid: number, pgData: string): Promise<boolean> {
  try {
    return (await commandOf(pid)).includes(await serverNameOf(pgData));
  } catch {
    return false; // there is no such process
  }
}

/** Returns a command line with its arguments. Every user may read it, in containers, too. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8");
  return (await runFile("ps", ["-ww", "-o", "command=", "-p", String(pid)])).stdout;
}

/** Returns the pids of all processes. */
async function readPids(): Promise<readonly number[]> {
  const isLinux = process.platform === "linux";
  const names = isLinux ? await readdir("/proc") : (await runFile("ps", ["-axo", "pid="])).stdout.split("\n");
  return names.map(Number).filter((pid) => pid > 0);
}

const runFile = promisify(execFile);
