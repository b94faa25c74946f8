import { setTimeout as wait } from "node:timers/promises";

const closingMsMax = 5000;

/** Closing a pool waits for its connections. One that a failed test never releases must not block the run. */
export async function closePool(pool: AsyncDisposable): Promise<void> {
  const closed = Promise.resolve(pool[Symbol.asyncDispose]()).then(() => true);
  const isClosed = await Promise.race([closed, wait(closingMsMax, false)]);
  if (!isClosed) throw new Error(`A transaction of the test was still open ${closingMsMax / 1000} s after its end.`);
}
