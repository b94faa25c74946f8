import type { Database } from "#platform/database/database.ts";

// Rows of all providers, oldest first, which another process may be about: those are skipped. What has not gone out is tried
// for three days, however short the history is kept. Served by mails_created_idx.
const statement = `
  delete from mails
  where (provider_id, id) in (
    select provider_id, id
    from mails
    where created_at < $1::timestamptz - make_interval(days => $2)
      and (sent_at is not null or created_at < $1::timestamptz - interval '3 days')
    order by created_at
    limit $3
    for update skip locked)
  returning id`;

/** A transaction of some 10 ms, whatever has gathered. */
const chunk = 1000;

/** Deletes some of the mails that are older than the history is kept, and gives how many: more may be left, until none. */
export const deleteOldMails = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(statement, [now, retentionDays, chunk])).length;
