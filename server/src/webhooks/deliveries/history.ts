import { mayDropDays } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow } from "#platform/database/database.ts";
import { errorCode } from "#platform/errors.ts";

/** Events of a day without partitions cannot be recorded. */
const daysAhead = 14;

// By the database's clock: a process with a wrong clock must neither skip days nor create others.
const addDays = `
  select add_history_days(today - 1, today + $1::integer)
  from (select (clock_timestamp() at time zone 'UTC')::date as today) as clock`;

/** Creates the missing partitions of the coming days. */
export async function addComingDays(db: Database): Promise<void> {
  await db.query(addDays, [daysAhead]);
}

export interface HistoryDays {
  /** By the database's clock. */
  readonly now: Date;
  /** The number of consecutive days, from today, with all partitions. */
  readonly daysReady: number;
}

const readDays = `
  select clock.now, (
      select coalesce(min(ahead), $1::integer + 1)
      from generate_series(0, $1::integer) as ahead, unnest('{events,payloads,deliveries,attempts}'::text[]) as history
      where to_regclass(history || to_char((clock.now at time zone 'UTC')::date + ahead, '_YYYYMMDD')) is null
    ) as "daysReady"
  from (select clock_timestamp() as now) as clock`;

/** Reads the database's clock and the number of days that are ready. Takes no lock. */
export const readHistoryDays = (db: Database): Promise<HistoryDays> => queryRow<HistoryDays>(db, readDays, [daysAhead]);

// A day with any of the four partitions left, because an interrupted run continues. Names are compared as text, since
// PostgreSQL may evaluate those of other tables first, which are not dates.
const expired = `
  select to_char(to_date(day, 'YYYYMMDD'), 'YYYY-MM-DD') as day
  from (
    select distinct right(relation.relname, 8) as day
    from pg_inherits inheritance
    join pg_class relation on relation.oid = inheritance.inhrelid
    where inheritance.inhparent = any('{events,payloads,deliveries,attempts}'::regclass[])
      and right(relation.relname, 8) < to_char($1::date - $2::integer, 'YYYYMMDD')
  ) history_day
  order by day`;

// The row lock serializes processes that run this concurrently.
const advance = `
  update retention_clock
  set trusted_at = least(clock_timestamp(),
      trusted_at + least(24 * greatest(clock_timestamp() - read_at, interval '0'), interval '1 day')),
    read_at = clock_timestamp()
  returning trusted_at, extract(epoch from read_at - trusted_at)::float8 as "behindSeconds"`;

export interface RetentionTime {
  /** Older data than the retention before this time may be deleted. */
  readonly now: Date;
  /** How far the database's clock is ahead of this time after a leap. */
  readonly behindSeconds: number;
}

/**
 * Advances the clock of the retention. A day is over when both the database's clock and the machine's say so, so the
 * earlier one counts. Each run advances by at most a day, however far the database's clock has leapt.
 */
export async function advanceRetention(db: Database, machineNow: Date): Promise<RetentionTime> {
  const advanced = await queryRow<{ trustedAt: Date; behindSeconds: number }>(db, advance);
  const { trustedAt, behindSeconds } = advanced;
  return { now: trustedAt < machineNow ? trustedAt : machineNow, behindSeconds: Math.max(0, behindSeconds) };
}

const readBehind = "select extract(epoch from clock_timestamp() - trusted_at)::float8 as seconds from retention_clock";

/** Returns how many seconds the clock of the retention is behind the database's clock. */
export const readRetentionBehind = async (db: Database): Promise<number> =>
  (await queryRow<{ seconds: number }>(db, readBehind)).seconds;

/** In this order: the events that remain decide which other rows remain. */
const histories = ["events", "payloads", "deliveries", "attempts"] as const;

// Each runs in its own transaction. The functions state their locks.
const retire = `select case when ${mayDropDays} then retire_history_day($1, $2::date) else false end as "isRetired"`;
const dropRetired = `select drop_retired_history()`;

/** The result of a run of the retention. */
interface RetiredDays {
  /** The days of which something was dropped. */
  readonly days: readonly string[];
  /** The errors of tables that could not be replaced in time. The next run tries them again. */
  readonly busy: readonly Error[];
}

/**
 * Drops partitions older than `retentionDays`, except rows that are due or on the failure list. A busy table keeps only
 * itself from being replaced. If the lock that excludes all readers of a history timed out, its later days are left to the next
 * run: each of them would let everybody wait, too. While a provider moves to this cell or from it, nothing is dropped.
 */
export async function retireExpiredDays(
  pool: Pool,
  { now, retentionDays, signal }: { readonly now: Date; readonly retentionDays: number; readonly signal?: AbortSignal },
): Promise<RetiredDays> {
  await pool.query(dropRetired); // left by a process that was killed
  const expiredDays = await pool.query<{ day: string }>(expired, [dayOf(now), retentionDays]);
  const days = new Set<string>();
  const busy: Error[] = [];
  const skipped = new Set<string>();
  for (const { day } of expiredDays) {
    for (const history of histories) {
      if (signal?.aborted || skipped.has(history)) continue;
      const result = await retireTable(pool, history, day);
      if (result === true) days.add(day);
      if (!(result instanceof Error)) continue;
      busy.push(result);
      if (isOfAllDays(result)) skipped.add(history);
    }
  }
  return { days: [...days], busy };
}

/** Lock timeout, deadlock, and statement timeout: a day with many failures takes long to copy. */
const busyCodes: ReadonlySet<string | undefined> = new Set(["55P03", "40P01", "57014"]);

/** Returns whether something was dropped, or why the table was too busy. */
async function retireTable(pool: Pool, history: string, day: string): Promise<boolean | Error> {
  try {
    const [done] = await pool.query<{ isRetired: boolean }>(retire, [history, day]);
    if (done?.isRetired) await pool.query(dropRetired);
    return done?.isRetired ?? false;
  } catch (error) {
    if (!(error instanceof Error) || !busyCodes.has(errorCode(error))) throw error;
    return new Error(`${history} of ${day}: ${error.message}`, { cause: error });
  }
}

/** Returns whether the lock that timed out was that of a history as a whole: the only one with `only`. */
const isOfAllDays = ({ cause }: Error): boolean =>
  cause instanceof Error && "where" in cause && String(cause.where).includes("lock table only");

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
