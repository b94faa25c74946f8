import { setTimeout as wait } from "node:timers/promises";

/**
 * Waits until a condition holds, and returns its value. Throws at the deadline, which is long enough for a busy machine, with the
 * condition in the message.
 */
export async function until<Found>(
  condition: () => Found | Promise<Found>,
  { withinMs = 20_000, everyMs = 10 }: { withinMs?: number; everyMs?: number } = {},
): Promise<Exclude<Found, false | undefined | null | 0 | "">> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const found = await condition();
    if (isMet(found)) return found;
    if (performance.now() > deadlineMs)
      throw new Error(`After ${withinMs} ms this still did not hold: ${String(condition)}`);
    await wait(everyMs);
  }
}

function isMet<Found>(found: Found): found is Exclude<Found, false | undefined | null | 0 | ""> {
  return Boolean(found);
}
