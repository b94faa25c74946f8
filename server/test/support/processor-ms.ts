import { setImmediate as nextTurn } from "node:timers/promises";

/** Returns a function that returns the processor time of this thread since then: other processes and threads do not lengthen it. */
export function countProcessorMs(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
}

/** Returns the processor time that work takes in this thread. */
export function processorMsOf(work: () => unknown): number {
  const processorMs = countProcessorMs();
  work();
  return processorMs();
}

/** Returns the processor time of this thread in the longest turn of the event loop while work goes on. */
export async function longestTurnOf(work: () => Promise<unknown>): Promise<number> {
  let [longest, isOver] = [0, false];
  const watched = (async () => {
    while (!isOver) {
      const processorMs = countProcessorMs();
      await nextTurn();
      longest = Math.max(longest, processorMs());
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
