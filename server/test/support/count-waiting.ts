import type { Database } from "#platform/database/database.ts";

// This database only: other databases of the server belong to other tests.
const waiting = `
  select from pg_locks
  where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`;

/** Counts the sessions that wait for a lock. */
export const countWaiting = async (database: Database): Promise<number> => (await database.query(waiting)).length;
