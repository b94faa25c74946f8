import type { Database } from "#platform/database/database.ts";

/** Days that stand ready: events of a day without its tables could not be recorded. */
const daysAhead = 14;

const add = `select add_history_days($1::date - 1, $1::date + $2::integer)`;

/** Makes the tables of the coming days. */
export async function addComingDays(db: Database, now: Date): Promise<void> {
  await db.query(add, [dayOf(now), daysAhead]);
}

const expired = `
  select to_char(day, 'YYYY-MM-DD') as day
  from (
    select to_date(right(relation.relname, 8), 'YYYYMMDD') as day
    from pg_inherits inheritance
    join pg_class relation on relation.oid = inheritance.inhrelid
    where inheritance.inhparent = 'events'::regclass
  ) event_day
  where day < $1::date - $2::integer
  order by day`;

const retire = `select retire_history_day($1::date) as "isDropped"`;

/**
 * Drops what is older than `retentionDays`, a day at a time, but for what is still due or on the failure list: that stays
 * until somebody has dealt with it. Gives the days of which something was dropped. Rejects when a day is too busy for
 * its swap: try again later.
 */
export async function retireExpiredDays(db: Database, now: Date, retentionDays: number): Promise<readonly string[]> {
  const days = await db.query<{ day: string }>(expired, [dayOf(now), retentionDays]);
  const dropped: string[] = [];
  for (const { day } of days) {
    const [done] = await db.query<{ isDropped: boolean }>(retire, [day]);
    if (done?.isDropped) dropped.push(day);
  }
  return dropped;
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
