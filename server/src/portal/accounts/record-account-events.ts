import type { Transaction } from "#platform/database/database.ts";
import { type Cause, type NewEvent, type RecordedEvent, recordEvents } from "#webhooks/events/index.ts";
import type { Account } from "./account.ts";
import { countChanges } from "./count-changes.ts";

/** What happened to an account or to something of it. */
export type AccountEvent = Omit<NewEvent, "accountId" | "accountName" | "sequence">;

// The row of a locked account, by the primary key. It stays locked until the transaction ends: that is what makes the numbers
// gapless and their order the order of commits, and it makes changes of one account wait for each other, no others. Refused by
// the column, and with it the transaction, if numbers were taken since the row was read: null is no number.
const statement = `
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
  tx.send(statement, [cause.providerId, account.id, account.lastSequence, events.length]);
  return recordCounted(tx, cause, numbered(account, account.lastSequence, events));
}

/** Records the event whose number was taken as the account's row was written. */
export const recordAccountChange = (
  tx: Transaction,
  cause: Cause,
  changed: Account,
  event: AccountEvent,
): Promise<readonly RecordedEvent[]> => recordCounted(tx, cause, numbered(changed, changed.lastSequence - 1, [event]));

/** Records events of one account, and fails with the transaction if the account was changed too often. */
async function recordCounted(
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

const numbered = (account: Account, last: number, events: readonly AccountEvent[]): readonly NewEvent[] =>
  events.map((event, index) => ({
    ...event,
    accountId: account.id,
    accountName: account.orgName,
    sequence: last + 1 + index,
  }));
