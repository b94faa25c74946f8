import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";

interface Work {
  readonly pool: Pick<Pool, "onHint">;
  /** The channel whose hints say that there is something to do. */
  readonly hints: string;
  /** How often to look even if nothing says so: a hint may be lost. */
  readonly everyMs: number;
  /** Does some of it; whether there may be more. */
  readonly step: () => Promise<boolean>;
  readonly failed: (error: unknown) => void;
}

/** Works until nothing is left, whenever a hint comes or the time has. Closing it lets the step under way end. */
export function workWhenWoken({ pool, hints, everyMs, step, failed }: Work): AsyncDisposable {
  const stopped = new AbortController();
  let woken = new AbortController();
  const stopHints = pool.onHint(hints, () => woken.abort());

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      woken = new AbortController();
      try {
        while (!stopped.signal.aborted && (await step()));
      } catch (error) {
        failed(error);
      }
      await systemClock.sleep(everyMs, AbortSignal.any([woken.signal, stopped.signal]));
    }
  };
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopHints();
      stopped.abort();
      await running;
    },
  };
}
