import type { Database, Transaction } from "#platform/database/database.ts";
import { changeLimits } from "#platform/limits.ts";
import { type Cause, type NewEvent, type RecordedEvent, recordEvents } from "#webhooks/events/index.ts";
import type { Account } from "./account.ts";

/** What happened to an account or to something of it. */
export type AccountEvent = Omit<NewEvent, "accountId" | "accountName" | "sequence">;

// The row of a locked account, by the primary key. It stays locked until the transaction ends: that is what makes the numbers
// gapless and their order the order of commits, and it makes changes of one account wait for each other, no others. Refused by
// the column, and with it the transaction, if numbers were taken since the row was read: null is no number.
const takeNumbersStatement = `
  update accounts
  set last_sequence = case when greatest(last_sequence, account_numbers_floor()) = $3 then $3 + $4 end
  where provider_id = $1 and id = $2`;

/** Records what happened to a locked account, under its next numbers. They can be gone on from once. */
export async function recordAccountEvents(
  tx: Transaction,
  cause: Cause,
  account: Account,
  events: readonly AccountEvent[],
): Promise<readonly RecordedEvent[]> {
  if (events.length === 0) return [];
  tx.send(takeNumbersStatement, [cause.providerId, account.id, account.lastSequence, events.length]);
  return recordWithinLimits(tx, cause, withNumbers(account, account.lastSequence, events));
}

/** Records the event whose number was taken as the account's row was written. */
export const recordAccountChange = (
  tx: Transaction,
  cause: Cause,
  changed: Account,
  event: AccountEvent,
): Promise<readonly RecordedEvent[]> =>
  recordWithinLimits(tx, cause, withNumbers(changed, changed.lastSequence - 1, [event]));

/** Records events of one account, and fails with the transaction if the account was changed too often. */
async function recordWithinLimits(
  tx: Transaction,
  cause: Cause,
  events: readonly NewEvent[],
): Promise<readonly RecordedEvent[]> {
  const recorded = await recordEvents(tx, cause, events);
  const [{ accountId } = { accountId: 0 }] = events;
  const bytes = recorded.reduce((sum, event) => sum + event.bytes, 0);
  const { providerId, now } = cause;
  countChanges(tx, { providerId, accountId, changes: events.length, bytes, now });
  return recorded;
}

const withNumbers = (account: Account, last: number, events: readonly AccountEvent[]): readonly NewEvent[] =>
  events.map((event, index) => ({
    ...event,
    accountId: account.id,
    accountName: account.orgName,
    sequence: last + 1 + index,
  }));

const limitValues = [changeLimits.changes, changeLimits.bytes].flatMap(({ name, max }) => [name, max]);

/** True within the counted minute. An end more than a minute away comes from a clock that is ahead, and does not count. */
const isCurrentMinute = "counter.ends_at > $3 and counter.ends_at <= excluded.ends_at";

// By the primary key, of an account that is locked already, so that nobody waits for it. The change that passes a limit is still
// recorded, however large it is; the next one is refused, and its transaction with it: null is no number of changes.
const countChangesStatement = `
  insert into change_counters as counter (provider_id, account_id, ends_at, changes, bytes)
  values ($1, $2, $3::timestamptz + interval '1 minute', $4, $5)
  on conflict (provider_id, account_id) do update set
    ends_at = case when ${isCurrentMinute} then counter.ends_at else excluded.ends_at end,
    changes = case
      when not (${isCurrentMinute}) then excluded.changes
      when (
        select counter.changes < coalesce((limits ->> $6)::bigint, $7::bigint)
          and counter.bytes < coalesce((limits ->> $8)::bigint, $9::bigint)
        from providers where id = $1
      ) then counter.changes + excluded.changes
    end,
    bytes = case when ${isCurrentMinute} then counter.bytes + excluded.bytes else excluded.bytes end`;

interface CountedChanges {
  readonly providerId: number;
  readonly accountId: number;
  readonly changes: number;
  /** Bytes of the events and of the bodies of their deliveries. */
  readonly bytes: number;
  readonly now: Date;
}

/** Counts changes of a locked account, and makes the transaction fail if there were too many in this minute. */
function countChanges(tx: Transaction, { providerId, accountId, changes, bytes, now }: CountedChanges): void {
  tx.send(countChangesStatement, [providerId, accountId, now, changes, bytes, ...limitValues]);
}

// By the primary key. Writes nothing while there is room, and fails like the statement above when there is none.
const requireChangesLeftStatement = `
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
  { providerId, accountId, now }: Pick<CountedChanges, "providerId" | "accountId" | "now">,
): void {
  tx.send(requireChangesLeftStatement, [providerId, accountId, now, ...limitValues]);
}

// Skips rows that somebody counts in at this moment. Served by change_counters_ends_idx.
const deleteExpiredCountersStatement = `
  with ended as (
    delete from change_counters
    where (provider_id, account_id) in (
      select provider_id, account_id from change_counters
      where ends_at <= $1 order by ends_at limit 10000 for update skip locked)
    returning 1)
  select count(*)::integer as ended from ended`;

/** Deletes up to 10,000 expired counters, and returns how many. */
export async function deleteExpiredChangeCounters(db: Database, now: Date): Promise<number> {
  const [deleted] = await db.query<{ ended: number }>(deleteExpiredCountersStatement, [now]);
  return deleted?.ended ?? 0;
}
