import type { Clock } from "#platform/clock/clock.ts";

/** Waits for something to settle, but not longer than `ms`. What it rejects with is given to `onError`. */
export async function atMost(
  clock: Clock,
  ms: number,
  work: Promise<unknown>,
  onError: (error: unknown) => void = () => undefined,
): Promise<void> {
  const done = new AbortController();
  const settled = work.catch(onError).finally(() => done.abort());
  await Promise.race([settled, clock.sleep(ms, done.signal)]);
}
