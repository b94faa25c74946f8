import { setTimeout as wait } from "node:timers/promises";

/** A wait lasts at most this much longer than the condition, unless that is under the shortest pause. */
const pausePerWaited = 0.1;
const pauseMsMax = 100;

/**
 * Waits until a condition holds, and returns its value. Throws at the deadline, which is long enough for a busy machine. The message has
 * the condition. Pauses between its checks grow from `everyMs`: a check may be a request, and other tests run.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  { withinMs = 80_000, everyMs = 10 }: { withinMs?: number; everyMs?: number } = {},
): Promise<Exclude<Value, false | undefined | null | 0 | "">> {
  const startedMs = performance.now();
  for (;;) {
    const value = await condition();
    if (isMet(value)) return value;
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > withinMs) throw new Error(`After ${withinMs} ms this still did not hold: ${String(condition)}`);
    await wait(Math.max(everyMs, Math.min(waitedMs * pausePerWaited, pauseMsMax)));
  }
}

function isMet<Value>(value: Value): value is Exclude<Value, false | undefined | null | 0 | ""> {
  return Boolean(value);
}
