import { execFile } from "node:child_process";
import { readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "#platform/clock/clock.ts";
import { readIfThere } from "#platform/files/keep-file.ts";
import { socketPort } from "./server-settings.ts";

/** PostgreSQL's first process, as its file `postmaster.pid` tells. */
export interface Postmaster {
  readonly pid: number;
  readonly state: "starting" | "ready" | "stopping";
}

const lookEveryMs = 20;

/**
 * The server that runs on a data directory, if one does. A file alone proves nothing: after a crash it stays, and the
 * number in it may meanwhile be another program's.
 */
export async function findPostmaster(pgData: string): Promise<Postmaster | undefined> {
  const lines = (await readIfThere(join(pgData, "postmaster.pid")))?.split("\n") ?? [];
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
    await systemClock.sleep(lookEveryMs);
  }
}

/** Whether the server ended in time. Its file goes a moment before it does. */
export async function hasEnded({ pid }: Postmaster, pgData: string, withinMs: number): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + withinMs;
  while (systemClock.monotonicMs() < deadlineMs) {
    if (!(await isPostgresOf(pid, pgData))) return true;
    await systemClock.sleep(lookEveryMs);
  }
  return false;
}

/** What a killed server leaves keeps the next one from starting if its number is in use again. The caller holds the lock. */
export async function removeStaleFiles(pgData: string, socketFolder: string): Promise<void> {
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
