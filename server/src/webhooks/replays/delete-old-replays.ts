import type { Database } from "#platform/database/database.ts";

// Rows of all providers, the first to be over first; those that another process deletes are skipped. Served by
// replays_finished_idx.
const statement = `
  delete from replays
  where (provider_id, id) in (
    select provider_id, id
    from replays
    where finished_at < $1::timestamptz - make_interval(days => $2)
    order by finished_at
    limit $3
    for update skip locked)
  returning id`;

/** A transaction of some 10 ms, whatever has gathered. */
const chunk = 1000;

/** Deletes some of the replays that were over before the history begins, and gives how many: more may be left, until none. */
export const deleteOldReplays = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(statement, [now, retentionDays, chunk])).length;
