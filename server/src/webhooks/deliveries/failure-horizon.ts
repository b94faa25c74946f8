import type { Database } from "#platform/database/database.ts";

/**
 * The moment of a failure, for whoever writes one. First a shared lock is taken that is named by the second, then the moment:
 * so until the transaction ends, others can see in which second it may have failed something. The lock waits for nobody,
 * and pg_locks shows it to every role, as pg_stat_activity does not show when another's transaction began. The name's second
 * half has four bytes, so seconds are counted from 2000 on.
 */
export const failingNow = `case when pg_try_advisory_xact_lock_shared(1650814060,
    floor(extract(epoch from clock_timestamp()) - 946684800)::integer) then clock_timestamp() end`;

// Before the second that is running, and before that of each transaction that has yet to show a failure.
const statement = `
  select least(date_trunc('second', statement_timestamp()), (
    select to_timestamp(min(objid::bigint) + 946684800) from pg_locks
    where locktype = 'advisory' and classid = 1650814060 and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
  )) as horizon`;

/**
 * Failures before this moment are all there to be read, by a statement that begins from now on: none is added, however late
 * its transaction commits. A statement of its own, since one that looked at the locks by itself could find a lock gone
 * whose failure came after its snapshot.
 */
export async function readFailureHorizon(db: Database): Promise<Date> {
  const [row] = await db.query<{ horizon: Date }>(statement);
  if (!row) throw new Error("PostgreSQL answered a select without rows");
  return row.horizon;
}
