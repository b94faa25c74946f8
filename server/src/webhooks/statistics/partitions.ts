import type { Database, Pool } from "#platform/database/database.ts";
import { minuteDays } from "./read-statistics.ts";

/** As far ahead as the history's: a day without partitions cannot be counted. */
const daysAhead = 14;

// By the database's clock, as the history does.
const addStatement = `
  select add_statistics_partitions(today - 1, today + $1::integer)
  from (select (clock_timestamp() at time zone 'UTC')::date as today) as clock`;

/** Creates the missing partitions of the coming days. */
export async function addStatisticsPartitions(db: Database): Promise<void> {
  await db.query(addStatement, [daysAhead]);
}

const dropStatement = `select drop_old_statistics($1::date - $2::integer, $1::date - $3::integer) as name`;

/**
 * Drops minutes older than three days, and hours and days older than `days`: a partition once all of it is older. Returns the
 * names of the dropped partitions. `now` is the time of the retention, which cannot leap.
 */
export async function dropOldStatistics(pool: Pool, now: Date, days: number): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (;;) {
    const [partition] = await pool.query<{ name: string | null }>(dropStatement, [
      now.toISOString().slice(0, 10),
      minuteDays,
      days,
    ]);
    if (!partition?.name) return dropped;
    dropped.push(partition.name);
  }
}
