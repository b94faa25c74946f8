import { systemClock } from "../server/src/platform/clock/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import { addDue } from "./fill-backlog.ts";
import { bodyBytes } from "./same-for-all.ts";
import type { BenchReceiver } from "./start-receiver.ts";

/** As many as one statement adds at most, in some 20 ms. */
const batchMax = 2000;

export interface Feeding extends AsyncDisposable {
  /** How many have been received since its start, and the rate since the last look. */
  rate(): Promise<number>;
}

/**
 * Keeps a backlog at its height: for each delivery that is received another becomes due, with a hint, as recording leaves
 * it. So a small backlog and a large one are measured over the same time and with the same work beside it.
 */
export function feedBacklog(pool: Pool, receiver: BenchReceiver, level: number): Feeding {
  const stopping = new AbortController();
  let lastReceived = 0;
  let lastMs = performance.now();
  const keepUp = async (): Promise<void> => {
    const [endpoint] = await pool.query<{ id: number }>("select id from endpoints limit 1");
    const start = await receiver.received();
    for (let filled = level; !stopping.signal.aborted;) {
      const missing = level - (filled - ((await receiver.received()) - start));
      const deliveries = Math.min(batchMax, missing);
      if (deliveries < 100) {
        await systemClock.sleep(2);
        continue;
      }
      await pool.inTransaction(async (tx) => {
        await addDue(tx, { deliveries, bodyBytes });
        tx.hintAfterCommit("due", String(endpoint?.id));
      });
      filled += deliveries;
    }
  };
  const feeding = keepUp();
  return {
    async rate() {
      const received = await receiver.received();
      const nowMs = performance.now();
      const perSecond = (received - lastReceived) / ((nowMs - lastMs) / 1000);
      [lastReceived, lastMs] = [received, nowMs];
      return perSecond;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await feeding;
    },
  };
}
