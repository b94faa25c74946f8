import type { Database } from "./database.ts";

export interface DatabaseSwitches {
  readonly count: number;
  /** Of the last one; null if there was none. */
  readonly at: Date | null;
  readonly timeline: number | null;
}

const read = `
  select count(*)::integer as count, max(at) as at, (array_agg(timeline order by at desc))[1] as timeline
  from database_switches`;

/** How often the database went on from an earlier state: after a failover, or a restore. See 0030_follow_timeline.sql. */
export async function readDatabaseSwitches(db: Database): Promise<DatabaseSwitches> {
  const [switches] = await db.query<DatabaseSwitches>(read);
  return switches ?? { count: 0, at: null, timeline: null };
}
