import type { Logger } from "pino";
import { systemClock } from "#platform/clock/clock.ts";
import { wordsOf } from "#platform/config/error-words.ts";
import type { Pool } from "#platform/database/database.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";

/** How often to look for replays even if nothing says that there is one: another process may have died amidst of it. */
const everyMs = 2000;

/** Works on replays, beside whatever other processes do so. Closing it lets the chunk under way be committed. */
export function composeReplays({ pool, log }: { readonly pool: Pool; readonly log: Logger }): AsyncDisposable {
  const stopped = new AbortController();
  let woken = new AbortController();
  const stopHints = pool.onHint("replays", () => woken.abort());

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      woken = new AbortController();
      try {
        while (!stopped.signal.aborted && (await workOnReplay(pool)));
      } catch (error) {
        log.warn({ error: wordsOf(error) }, "a replay could not go on; trying again later");
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
