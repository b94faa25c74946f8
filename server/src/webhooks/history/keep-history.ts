import type { Database, Pool } from "#platform/database/database.ts";

/** Days that stand ready: events of a day without its tables could not be recorded. */
const daysAhead = 14;

const add = `select add_history_days($1::date - 1, $1::date + $2::integer)`;

/** Makes the tables of the coming days. */
export async function addComingDays(db: Database, now: Date): Promise<void> {
  await db.query(add, [dayOf(now), daysAhead]);
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
