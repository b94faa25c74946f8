import { readFileSync, readdirSync } from "node:fs";

/** Milliseconds of the machine's monotonic clock, which is one for all of its processes: what one notes, another may subtract. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The smallest number that a share of `share` of all of them does not exceed. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Of an even number of them, between the middle two. */
export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, number) => sum + number, 0) / Math.max(1, middle.length);
};

/** What one process, or PostgreSQL with all of its processes, has used so far. Linux only: read from /proc. */
const ticksPerSecond = 100;

export const ownCpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Of a process and its children, the ended ones included. */
export function treeCpuSeconds(rootPid: number): number {
  const children = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    if (!stat) continue;
    // Fields 4, 14 to 17 of proc(5): parent, user, system, and those of children that were waited for.
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [1, 11, 12, 13, 14].map((at) =>
      Number(stat[at]),
    );
    ticks.set(Number(name), user + system + childUser + childSystem);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const total = (pid: number): number =>
    (ticks.get(pid) ?? 0) + (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), 0);
  return total(rootPid) / ticksPerSecond;
}

/** The fields after the command's name, which may hold spaces. */
function readStat(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
