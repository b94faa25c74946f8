import type { Database } from "#platform/database/database.ts";

/** Days whose tables are created in advance. Events of a day without tables cannot be recorded. */
const daysAhead = 14;

// By the database's clock: a process whose clock is wrong must neither skip days nor create others.
const add = `
  select add_history_days(today - 1, today + $1::integer)
  from (select (clock_timestamp() at time zone 'UTC')::date as today) as clock`;

/** Creates the tables of the coming days, where they are missing. */
export async function addComingDays(db: Database): Promise<void> {
  await db.query(add, [daysAhead]);
}

export interface HistoryDays {
  /** The database's clock. */
  readonly now: Date;
  /** Days in a row, from today on, that have all their tables. */
  readonly daysReady: number;
}

const read = `
  select clock.now, (
      select coalesce(min(ahead), $1::integer + 1)
      from generate_series(0, $1::integer) as ahead, unnest('{events,payloads,deliveries,attempts}'::text[]) as history
      where to_regclass(history || to_char((clock.now at time zone 'UTC')::date + ahead, '_YYYYMMDD')) is null
    ) as "daysReady"
  from (select clock_timestamp() as now) as clock`;

/** Reads the database's clock, and how many days of history are ready by it. Takes no lock. */
export async function readHistoryDays(db: Database): Promise<HistoryDays> {
  const [days] = await db.query<HistoryDays>(read, [daysAhead]);
  if (!days) throw new Error("The database did not tell its time.");
  return days;
}
