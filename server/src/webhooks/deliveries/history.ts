import type { Database, Pool } from "#platform/database/database.ts";

/** Days whose tables are created in advance. Events of a day without tables cannot be recorded. */
const daysAhead = 14;

// By the database's clock: a process whose clock is wrong must neither skip days nor create others.
const addDays = `
  select add_history_days(today - 1, today + $1::integer)
  from (select (clock_timestamp() at time zone 'UTC')::date as today) as clock`;

/** Creates the tables of the coming days, where they are missing. */
export async function addComingDays(db: Database): Promise<void> {
  await db.query(addDays, [daysAhead]);
}

export interface HistoryDays {
  /** The database's clock. */
  readonly now: Date;
  /** Days in a row, from today on, that have all their tables. */
  readonly daysReady: number;
}

const readDays = `
  select clock.now, (
      select coalesce(min(ahead), $1::integer + 1)
      from generate_series(0, $1::integer) as ahead, unnest('{events,payloads,deliveries,attempts}'::text[]) as history
      where to_regclass(history || to_char((clock.now at time zone 'UTC')::date + ahead, '_YYYYMMDD')) is null
    ) as "daysReady"
  from (select clock_timestamp() as now) as clock`;

/** Reads the database's clock, and how many days of history are ready by it. Takes no lock. */
export async function readHistoryDays(db: Database): Promise<HistoryDays> {
  const [days] = await db.query<HistoryDays>(readDays, [daysAhead]);
  if (!days) throw new Error("The database did not tell its time.");
  return days;
}

// Of any of the four: a day whose tables were not all retired the last time is gone on with. Names are compared as text, since
// PostgreSQL may look at those of other tables first, which are no dates.
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

// The lock on the row orders processes that do this at the same time.
const advance = `
  update retention_clock
  set trusted_at = least(clock_timestamp(),
      trusted_at + least(24 * greatest(clock_timestamp() - read_at, interval '0'), interval '1 day')),
    read_at = clock_timestamp()
  returning trusted_at, extract(epoch from read_at - trusted_at)::float8 as "behindSeconds"`;

export interface RetentionTime {
  /** What is older than the retention by this time may go. */
  readonly now: Date;
  /** How far the database's clock has leapt ahead of the time that retention trusts. */
  readonly behindSeconds: number;
}

/**
 * Returns the time that retention goes by. Both the database's clock and the machine's must agree that a day is over, so the
 * earlier one counts; and the time advances by a day at most each run, however far the database's clock has leapt.
 */
export async function advanceRetention(db: Database, machineNow: Date): Promise<RetentionTime> {
  const [advanced] = await db.query<{ trustedAt: Date; behindSeconds: number }>(advance);
  if (!advanced) throw new Error("The row of retention_clock is missing.");
  const { trustedAt, behindSeconds } = advanced;
  return { now: trustedAt < machineNow ? trustedAt : machineNow, behindSeconds: Math.max(0, behindSeconds) };
}

/** Reads how many seconds the time that retention goes by is behind the database's clock. */
export async function readRetentionBehind(db: Database): Promise<number> {
  const [read] = await db.query<{ seconds: number }>(
    "select extract(epoch from clock_timestamp() - trusted_at)::float8 as seconds from retention_clock",
  );
  return read?.seconds ?? Number.NaN;
}

/** In this order: what stays of the events decides what stays of the others. */
const histories = ["events", "payloads", "deliveries", "attempts"] as const;

// Each a transaction of its own. Their locks stand with the functions.
const retire = `select retire_history_day($1, $2::date) as "isRetired"`;
const dropRetired = `select drop_retired_history()`;

/**
 * Drops what is older than `retentionDays`, a table of a day at a time, but for what is still due or on the failure list:
 * that stays until somebody has dealt with it. Gives the days of which something was dropped. Rejects when a table is too
 * busy for its swap: try again later, and it goes on there.
 */
export async function retireExpiredDays(pool: Pool, now: Date, retentionDays: number): Promise<readonly string[]> {
  await pool.query(dropRetired); // what a process that was killed has left
  const days = await pool.query<{ day: string }>(expired, [dayOf(now), retentionDays]);
  const dropped = new Set<string>();
  for (const { day } of days) {
    for (const history of histories) {
      const [done] = await pool.query<{ isRetired: boolean }>(retire, [history, day]);
      if (!done?.isRetired) continue;
      dropped.add(day);
      await pool.query(dropRetired);
    }
  }
  return [...dropped];
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
