import { readFile, readlink } from "node:fs/promises";
import { errorCode } from "./errors.ts";

/**
 * Identifies a process of this machine forever: boot, namespaces, pid and start time. Pids alone are reused, and differ between
 * containers.
 */
export interface ProcessMark {
  /** The boot and namespaces: processes can judge only marks with the same host. */
  readonly host: string;
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startedAt: string;
}

export const formatProcessMark = ({ host, pid, startedAt }: ProcessMark): string => `${host} ${pid} ${startedAt}`;

/** Returns the mark of this process; undefined on systems without /proc. */
export async function readOwnProcessMark(): Promise<ProcessMark | undefined> {
  try {
    const [boot, pids, times, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readlink("/proc/self/ns/pid"),
      readlink("/proc/self/ns/time"), // start times count from its own boot
      readStat(process.pid),
    ]);
    return { host: `${boot.trim()} ${pids} ${times}`, pid: process.pid, startedAt: stat.startedAt };
  } catch {
    return undefined;
  }
}

/**
 * Returns whether the process of `mark` has certainly ended. False if it runs, and if that is unknown: on another machine, in
 * another container, or without permission.
 */
export async function hasProcessEnded(mark: string, own: ProcessMark): Promise<boolean> {
  if (!mark.startsWith(`${own.host} `)) return false;
  const [pid = "", startedAt] = mark.slice(own.host.length + 1).split(" ");
  if (!exists(Number(pid))) return true;
  try {
    const stat = await readStat(Number(pid));
    return stat.startedAt !== startedAt || stat.isOver;
  } catch {
    return false; // hidden from this process, or just ended: the next check decides
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== "ESRCH"; // one that we may not signal exists
  }
}

/** Reads /proc/PID/stat (proc_pid_stat(5)): after the program's name in brackets, the state is field 3, the start time field 22. */
async function readStat(pid: number): Promise<{ readonly startedAt: string; readonly isOver: boolean }> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", startedAt] = [fields[0], fields[19]];
  if (startedAt === undefined) throw new Error(`/proc/${pid}/stat is not as it is documented`);
  return { startedAt, isOver: state === "Z" || state === "X" };
}
