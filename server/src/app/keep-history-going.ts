import type { Logger } from "pino";
import { systemClock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { addComingDays, retireExpiredDays } from "#webhooks/history/index.ts";

const everyMs = 3_600_000;

interface HistoryNeeds {
  readonly pool: Pool;
  readonly log: Logger;
  readonly retentionDays: number;
}

/** Once an hour: makes the coming days and drops the expired ones. Any number of processes may do so at once. */
export function keepHistoryGoing({ pool, log, retentionDays }: HistoryNeeds): AsyncDisposable {
  const closing = new AbortController();
  const running = (async () => {
    while (!closing.signal.aborted) {
      await systemClock.sleep(everyMs, closing.signal);
      if (closing.signal.aborted) return;
      const now = systemClock.now();
      try {
        await addComingDays(pool, now);
        const dropped = await retireExpiredDays(pool, now, retentionDays);
        if (dropped.length > 0) log.info({ days: dropped }, "history dropped");
      } catch (error) {
        log.warn({ err: error }, "the history could not be kept in order; trying again in an hour");
      }
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await running;
    },
  };
}
