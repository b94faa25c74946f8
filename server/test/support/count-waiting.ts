import type { Pool, Transaction } from "#platform/database/database.ts";

// This database only: other databases of the server belong to other tests.
const waiting = `
  select from pg_locks
  where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`;

/** Counts the sessions that wait for a lock. Not in a transaction, which would not see sessions that began after its first count. */
export const countWaiting = async (pool: Pool): Promise<number> => (await pool.query(waiting)).length;

/** Runs `work` in a transaction, and throws if it waits for a lock that another session holds. */
export const withoutWaiting = <T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  pool.inTransaction(async (tx) => {
    tx.send("set local lock_timeout = 2000", []);
    return work(tx);
  });
