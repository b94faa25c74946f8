import { readFileSync, readdirSync } from "node:fs";

/** Returns milliseconds of the machine's monotonic clock, which all processes share. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Returns the smallest number that at least `share` of all numbers do not exceed. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Returns the mean of the middle two for an even count. */
export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, number) => sum + number, 0) / Math.max(1, middle.length);
};

/** Clock ticks per second in /proc. Linux only. */
const ticksPerSecond = 100;

export const ownCpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Reads the processor time of a process and its children, including ended ones. */
export const treeCpuSeconds = (rootPid: number): number =>
  processTree(rootPid).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;

interface TreeProcess {
  readonly pid: number;
  readonly ticks: number;
}

/** Returns a process and its descendants. */
export function processTree(rootPid: number): readonly TreeProcess[] {
  const children = Map.groupBy(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const stat = readStat(name);
        if (!stat) return [];
        // Fields 4, 14 to 17 of proc(5): parent, user time, system time, and the times of ended children.
        const [parent = 0, ...times] = [1, 11, 12, 13, 14].map((at) => Number(stat[at]));
        return [{ pid: Number(name), parent, ticks: times.reduce((sum, time) => sum + time, 0) }];
      }),
    ({ parent }) => parent,
  );
  const root = [...children.values()].flat().find(({ pid }) => pid === rootPid);
  const withDescendants = (each: TreeProcess): readonly TreeProcess[] => [
    each,
    ...(children.get(each.pid) ?? []).flatMap(withDescendants),
  ];
  return root ? withDescendants(root) : [];
}

/** Returns the fields after the command's name, which may contain spaces. */
function readStat(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
