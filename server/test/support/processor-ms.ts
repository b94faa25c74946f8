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

/** Turns of the event loop that only look for work take less. */
const turnMsMin = 1;

/** Returns the part of the processor time of this thread that the longest turn of the event loop takes while work goes on. */
export async function longestTurnShareOf(work: () => Promise<unknown>): Promise<number> {
  const turnsMs: number[] = [];
  let isOver = false;
  const watched = (async () => {
    while (!isOver) {
      const processorMs = countProcessorMs();
      await nextTurn();
      const turnMs = processorMs();
      if (turnMs >= turnMsMin) turnsMs.push(turnMs);
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await watched;
  }
  return Math.max(0, ...turnsMs) / turnsMs.reduce((sum, ms) => sum + ms, turnMsMin);
}
