import { DatabaseClock, systemClock } from "#platform/clock.ts";
import type { DatabaseLog } from "#platform/database/connection-watch.ts";
import type { Pool } from "#platform/database/database.ts";
import { addComingDays, readHistoryDays } from "#webhooks/deliveries/index.ts";

/** Opens the clock that tells the database's time. A day whose tables are missing gets them before the clock tells of it. */
export const openDatabaseClock = (pool: Pool, log: DatabaseLog): Promise<DatabaseClock> =>
  DatabaseClock.open({
    machine: systemClock,
    log,
    async read() {
      const { now, daysReady } = await readHistoryDays(pool);
      if (daysReady < 2) await addComingDays(pool);
      return now;
    },
  });
