import type { Database, Transaction } from "#platform/database/database.ts";
import { changeLimits } from "#platform/limits/limits.ts";

const limits = [changeLimits.changes, changeLimits.bytes].flatMap(({ name, max }) => [name, max]);

/** True within the counted minute. An end more than a minute away comes from a clock that is ahead, and does not count. */
const isOpen = "counter.ends_at > $3 and counter.ends_at <= excluded.ends_at";

// By the primary key, of an account that is locked already, so that nobody waits for it. The change that passes a limit is still
// recorded, however large it is; the next one is refused, and its transaction with it: null is no number of changes.
const statement = `
  insert into change_counters as counter (provider_id, account_id, ends_at, changes, bytes)
  values ($1, $2, $3::timestamptz + interval '1 minute', $4, $5)
  on conflict (provider_id, account_id) do update set
    ends_at = case when ${isOpen} then counter.ends_at else excluded.ends_at end,
    changes = case
      when not (${isOpen}) then excluded.changes
      when (
        select counter.changes < coalesce((limits ->> $6)::bigint, $7::bigint)
          and counter.bytes < coalesce((limits ->> $8)::bigint, $9::bigint)
        from providers where id = $1
      ) then counter.changes + excluded.changes
    end,
    bytes = case when ${isOpen} then counter.bytes + excluded.bytes else excluded.bytes end`;

interface Changes {
  readonly providerId: number;
  readonly accountId: number;
  readonly changes: number;
  /** Bytes of the events and of the bodies of their deliveries. */
  readonly bytes: number;
  readonly now: Date;
}

/** Counts changes of a locked account, and makes the transaction fail if there were too many in this minute. */
export function countChanges(tx: Transaction, { providerId, accountId, changes, bytes, now }: Changes): void {
  tx.send(statement, [providerId, accountId, now, changes, bytes, ...limits]);
}

// By the primary key. Writes nothing while there is room, and fails like the statement above when there is none.
const requireStatement = `
  update change_counters as counter
  set changes = null
  from providers as provider
  where counter.provider_id = $1 and counter.account_id = $2 and provider.id = $1
    and counter.ends_at > $3 and counter.ends_at <= $3::timestamptz + interval '1 minute'
    and (counter.changes >= coalesce((provider.limits ->> $4)::bigint, $5::bigint)
      or counter.bytes >= coalesce((provider.limits ->> $6)::bigint, $7::bigint))`;

/**
 * Makes the transaction fail if the locked account was changed too often in this minute. Call it before the first write:
 * what a refused change has written takes room on disk although it is rolled back.
 */
export function requireChangesLeft(
  tx: Transaction,
  { providerId, accountId, now }: Pick<Changes, "providerId" | "accountId" | "now">,
): void {
  tx.send(requireStatement, [providerId, accountId, now, ...limits]);
}

// Skips rows that somebody counts in at this moment. Served by change_counters_ends_idx.
const deleteEndedStatement = `
  with ended as (
    delete from change_counters
    where (provider_id, account_id) in (
      select provider_id, account_id from change_counters
      where ends_at <= $1 order by ends_at limit 10000 for update skip locked)
    returning 1)
  select count(*)::integer as ended from ended`;

/** Deletes up to 10,000 expired counters, and returns how many. */
export async function deleteEndedChangeCounters(db: Database, now: Date): Promise<number> {
  const [deleted] = await db.query<{ ended: number }>(deleteEndedStatement, [now]);
  return deleted?.ended ?? 0;
}
