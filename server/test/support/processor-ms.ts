import { setImmediate as nextTurn } from "node:timers/promises";

/** Returns the processor time that work takes in this thread: other processes and threads do not lengthen it. */
export function processorMsOf(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Returns the processor time of this thread in the longest turn of the event loop while work goes on. */
export async function longestTurnOf(work: () => Promise<unknown>): Promise<number> {
  let [longest, isOver] = [0, false];
  const watched = (async () => {
    while (!isOver) {
      const before = process.threadCpuUsage();
      await nextTurn();
      const { user, system } = process.threadCpuUsage(before);
      longest = Math.max(longest, (user + system) / 1000);
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await watched;
  }
  return longest;
}
