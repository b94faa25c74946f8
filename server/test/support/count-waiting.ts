import type { Database } from "#platform/database/database.ts";

// Of this database alone: others on its server are other tests'.
const waiting = `
  select from pg_locks
  where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`;

/** How many wait for a lock that somebody else has. */
export const countWaiting = async (database: Database): Promise<number> => (await database.query(waiting)).length;
