import { setTimeout as wait } from "node:timers/promises";

/**
 * Waits for a condition to hold and gives back what it found. Fails, saying what it waited for, at the deadline: late
 * enough for a machine that is busy with something else.
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
