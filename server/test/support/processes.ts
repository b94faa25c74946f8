import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** A zombie does not count as running, nor does a process that has given back its memory: its last steps take long on a busy machine. */
export const isAlive = (pid: number): boolean => /^[^ZX]/.test(stateOf(pid)) && hasMemory(pid);

/** Returns the letter by which the kernel shows the state of a process, or nothing if there is no such process. */
function stateOf(pid: number): string {
  if (!existsSync("/proc/self/stat"))
    return spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2); // its name before that may have any characters
  } catch {
    return "";
  }
}

/** Linux shows no command line of a process without memory. */
function hasMemory(pid: number): boolean {
  try {
    return !existsSync("/proc/self/cmdline") || readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false; // it has ended
  }
}

/** Ignores a process that has ended meanwhile. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (isAlive(pid)) throw error;
  }
}

/** Returns the pid in the database's pid file, whether the process runs or not. `folder` is the data directory. */
export async function postmasterOf(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, "postgres", "postmaster.pid"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text.split("\n")[0]);
}

/** Returns a process and its children: PostgreSQL's backends end some time after their postmaster. */
export async function familyOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-e", "-o", "pid=,ppid="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return [pid, ...rows.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))];
}
