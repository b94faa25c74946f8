import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chown, lstat, mkdir, open, readFile, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../clock.ts";
import { CannotStart } from "../errors.ts";
import { readFileIfExists } from "../files.ts";
import type { ServerLocation } from "./location.ts";
import { explainFailure, isOurOwnSignal, programOptions } from "./programs.ts";

/** How our server runs, each with its reason. Given at every start, so that an older data directory follows suit. */
export const serverSettings = (socketFolder: string): Readonly<Record<string, string>> => ({
  // Nobody outside of this machine's user can even try: no port, and a folder that only we can enter.
  listen_addresses: "",
  port: String(socketPort),
  unix_socket_directories: socketFolder,
  unix_socket_permissions: "0700",
  // What was acknowledged survives a power cut. These are PostgreSQL's defaults; here they cannot be lost by accident.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // The live tables fit in here many times over; the history is read from the system's cache.
  shared_buffers: "256MB",
  // Full pages are most of what is logged after a checkpoint, and compressing them costs a delivery more (2 µs of
  // PostgreSQL's 25) than writing them as they are (a tenth to a quarter more bytes). Fewer checkpoints mean fewer of them;
  // recovery after a crash reads 1 GB in seconds.
  wal_compression: "off",
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  // Statements take milliseconds: compiling them takes longer than they do. Without parallel workers /dev/shm, 64 MB in
  // a container, is not needed.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  random_page_cost: "1.1",
  // The table of what is due is filled and emptied all day: dead rows are removed every 15 s, not every minute.
  autovacuum_naptime: "15s",
  max_connections: "100",
  timezone: "UTC",
  log_timezone: "UTC",
  // The log tells of starts, stops and crashes. A failed statement is ours to log, where its values are kept out.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_checkpoints: "off",
});

/** Part of the socket's name, and of nothing else: there is no port. */
export const socketPort = 5432;

/** The longest path of a socket: 104 bytes with the closing zero on macOS, 108 on Linux. */
const socketPathBytesMax = 103;

/** A private folder for the server's socket: beside the data, or below the temporary folder where that path is too long. */
export async function makeSocketFolder({ folder, user }: ServerLocation): Promise<string> {
  const beside = join(folder, "socket");
  const fits = Buffer.byteLength(join(beside, `.s.PGSQL.${socketPort}`)) <= socketPathBytesMax;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const chosen = fits ? beside : join(tmpdir(), `bellwire-${hash}`);

  const owner = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const isNew = (await mkdir(chosen, { recursive: true, mode: 0o700 })) !== undefined;
  if (isNew) await chown(chosen, owner.uid, owner.gid);
  const found = await lstat(chosen);
  if (!found.isDirectory() || found.uid !== owner.uid || (found.mode & 0o077) !== 0) {
    throw new CannotStart(
      `${chosen} is not a private folder of the user that PostgreSQL runs as. Remove it and start again.`,
    );
  }
  return chosen;
}

/** The log tells of starts, stops and crashes only: one of 1 MiB is old, and one more is kept. */
const logBytesMax = 1024 * 1024;
const startPollMs = 20;
/** Recovery after a crash may take a while; whoever waits hears of it. */
const tellEveryMs = 10_000;
/** What a server says that a signal to us has ended before it began. */
const hushed = "it was ended by a signal";
/** How long processes of a server that was killed may still hold its memory. */
const leftoversMs = 15_000;

interface StartNeeds {
  readonly place: ServerLocation;
  readonly binaries: string;
  readonly socketFolder: string;
  readonly say: (line: string) => void;
}

/** Starts the server and resolves once it accepts connections. It outlives us: whoever comes next finds it running. */
export async function startServer(needs: StartNeeds): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + leftoversMs;
  for (;;) {
    const lastWords = await startOnce(needs);
    if (lastWords === undefined) return;
    const mayPass = lastWords === hushed || lastWords.includes("pre-existing shared memory block");
    if (!mayPass || systemClock.monotonicMs() > deadlineMs) {
      throw new CannotStart(
        `The embedded PostgreSQL in ${needs.place.folder} did not start: ${explainFailure(lastWords)}`,
      );
    }
    await systemClock.sleep(200);
  }
}

/** Undefined when it runs, else what it said before it ended. */
async function startOnce({ place, binaries, socketFolder, say }: StartNeeds): Promise<string | undefined> {
  const pgData = join(place.folder, "postgres");
  await removeStaleFiles(pgData, socketFolder);
  const logPath = join(place.folder, "postgres.log");
  const logStart = await rotate(logPath);
  await using log = await open(logPath, "a", 0o600);
  const settings = Object.entries(serverSettings(socketFolder)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(join(binaries, "postgres"), ["-D", pgData, ...settings], {
    ...programOptions(place),
    stdio: ["ignore", log.fd, log.fd],
  });
  server.unref();
  let failure: string | undefined;
  server.on("error", (error) => (failure = error.message));
  server.on("exit", (_code, signal) => (failure ??= isOurOwnSignal(signal) ? hushed : "")); // else the log has the reason

  let tellAtMs = systemClock.monotonicMs() + tellEveryMs;
  while (failure === undefined) {
    if ((await findPostmaster(pgData))?.state === "ready") return undefined;
    if (systemClock.monotonicMs() > tellAtMs) {
      say("the embedded database is still starting: after a crash it first replays what it had written down");
      tellAtMs += tellEveryMs;
    }
    await systemClock.sleep(startPollMs);
  }
  return failure || (await readFile(logPath)).subarray(logStart).toString();
}

/** Where in the log the coming start begins. */
async function rotate(logPath: string): Promise<number> {
  const size = (await stat(logPath).catch(() => undefined))?.size ?? 0;
  if (size <= logBytesMax) return size;
  await rename(logPath, `${logPath}.1`);
  return 0;
}

/** A fast stop writes down what is in memory: a second or two, unless the disk is slow. Nothing is lost by not waiting. */
const fastStopMs = 8000;
/** An immediate stop writes nothing down; the next start replays what is in the log. */
const immediateStopMs = 5000;

/** Stops the server, whoever is still connected to it. The caller holds the lock. */
export async function stopServer(pgData: string): Promise<void> {
  const found = await findPostmaster(pgData);
  if (!found) return;
  process.kill(found.pid, "SIGINT");
  if (await waitForEnd(found, pgData, fastStopMs)) return;
  process.kill(found.pid, "SIGQUIT");
  await waitForEnd(found, pgData, immediateStopMs);
}

/** PostgreSQL's first process, as its file `postmaster.pid` tells. */
export interface Postmaster {
  readonly pid: number;
  readonly state: "starting" | "ready" | "stopping";
}

const postmasterPollMs = 20;

/**
 * The server that runs on a data directory, if one does. A file alone proves nothing: after a crash it stays, and the
 * number in it may meanwhile be another program's.
 */
async function findPostmaster(pgData: string): Promise<Postmaster | undefined> {
  const lines = (await readFileIfExists(join(pgData, "postmaster.pid")))?.split("\n") ?? [];
  const pid = Number(lines[0]);
  if (!(pid > 0) || !(await isPostgresOf(pid, pgData))) return undefined;
  const said = lines[7]?.trim();
  return { pid, state: said === "ready" || said === "stopping" ? said : "starting" };
}

/** Resolves with the server once it is neither starting nor stopping, or with undefined once there is none. */
export async function settledPostmaster(pgData: string): Promise<Postmaster | undefined> {
  for (;;) {
    const found = await findPostmaster(pgData);
    if (!found || found.state === "ready") return found;
    await systemClock.sleep(postmasterPollMs);
  }
}

/** Whether the server ended in time. Its file goes a moment before it does. */
async function waitForEnd({ pid }: Postmaster, pgData: string, withinMs: number): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + withinMs;
  while (systemClock.monotonicMs() < deadlineMs) {
    if (!(await isPostgresOf(pid, pgData))) return true;
    await systemClock.sleep(postmasterPollMs);
  }
  return false;
}

/** What a killed server leaves keeps the next one from starting if its number is in use again. The caller holds the lock. */
async function removeStaleFiles(pgData: string, socketFolder: string): Promise<void> {
  const socket = join(socketFolder, `.s.PGSQL.${socketPort}`);
  for (const path of [join(pgData, "postmaster.pid"), socket, `${socket}.lock`]) await rm(path, { force: true });
}

// A postmaster works in its data directory, and nobody else has a reason to. Where /proc is missing, its command line tells.
async function isPostgresOf(pid: number, pgData: string): Promise<boolean> {
  try {
    if (process.platform === "linux") return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(pgData));
    const { stdout } = await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)]);
    return stdout.includes(pgData);
  } catch {
    return false;
  }
}
