import { countForDevelopers, requireLeftForDevelopers } from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type Transaction, requireDiskSpace } from "#platform/database/database.ts";
import { changeLimits } from "#platform/limits.ts";
import { type Cause, type NewEvent, type RecordedEvent, newEventId, recordEvents } from "#webhooks/events/index.ts";
import type { Account } from "./account.ts";

/** An event of an account, or of its users, applications or keys. */
export type AccountEvent = Omit<NewEvent, "id" | "accountId" | "accountName" | "sequence" | "recordedAfter">;

/** The cause of events of accounts. */
interface AccountCause extends Cause {
  /**
   * Records the events beyond the limit of changes, too. For suspensions and deletions: a developer could prevent them
   * by using up the limit in each minute.
   */
  readonly passesLimit?: boolean;
}

// By primary key, on a locked account. The lock holds until the transaction ends, so the numbers have no gaps and
// follow the order of commits; it delays changes of the same account only. If numbers were taken since the row was
// read, the assignment of null violates the column's constraint and fails the transaction.
const takeNumbersStatement = `
  update accounts
  set last_sequence = case when greatest(last_sequence, account_numbers_floor()) = $3 then $3 + $4 end,
    last_recorded_in = greatest(last_recorded_in, transaction_number()), last_event_id = $5
  where provider_id = $1 and id = $2`;

// The same for several accounts.
const takeNumbersOfSeveralStatement = `
  update accounts
  set last_sequence = case
      when greatest(last_sequence, account_numbers_floor()) = taken.before then taken.before + taken.count end,
    last_recorded_in = greatest(last_recorded_in, transaction_number()), last_event_id = taken.last_id
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::uuid[]) as taken (account_id, before, count, last_id)
  where provider_id = $1 and id = taken.account_id`;

/**
 * Records events of a locked account with its next sequence numbers. Call it once per locked account, because it does
 * not update `account`.
 */
export async function recordAccountEvents(
  tx: Transaction,
  cause: AccountCause,
  account: Account,
  events: readonly AccountEvent[],
): Promise<readonly RecordedEvent[]> {
  if (events.length === 0) return [];
  const ids = takeNumbers(tx, cause, account, events.length);
  return recordWithinLimits(tx, cause, account, withNumbers(account, ids, events));
}

/** A locked account and at least one event. */
export interface EventsOfAccount {
  readonly account: Account;
  readonly events: readonly AccountEvent[];
}

/** Does the same for several accounts, with as many statements as for one. */
export async function recordEventsOfAccounts(
  tx: Transaction,
  cause: AccountCause,
  accounts: readonly EventsOfAccount[],
): Promise<void> {
  const { providerId, now, passesLimit = false } = cause;
  requireDiskFor(
    tx,
    cause,
    accounts.flatMap(({ events }) => events),
  );
  const numbered = accounts.map(({ account, events }) => ({
    account,
    events,
    ids: newIds(tx, cause, account, events.length),
  }));
  tx.send(takeNumbersOfSeveralStatement, [
    providerId,
    numbered.map(({ account }) => account.id),
    numbered.map(({ account }) => account.lastSequence),
    numbered.map(({ events }) => events.length),
    numbered.map(({ ids }) => ids.at(-1)),
  ]);
  const recorded = await recordEvents(
    tx,
    cause,
    numbered.flatMap(({ account, events, ids }) => withNumbers(account, ids, events)),
  );
  const bytesOf = new Map(recorded.map(({ id, bytes }) => [id, bytes]));
  tx.send(countChangesOfSeveralStatement, [
    providerId,
    numbered.map(({ account }) => account.id),
    now,
    numbered.map(({ ids }) => ids.length),
    numbered.map(({ ids }) => ids.reduce((sum, id) => sum + (bytesOf.get(id) ?? 0), 0)),
    ...limitValues,
    passesLimit,
  ]);
}

/**
 * Records the event whose sequence number and id `updateAccountRow` took, and further ones of the same change. Together: recorded one after
 * another, they would lock ordering keys of several endpoints out of order.
 */
export async function recordAccountChange(
  tx: Transaction,
  cause: AccountCause,
  changed: Account,
  [event, ...further]: readonly [AccountEvent, ...AccountEvent[]],
): Promise<readonly RecordedEvent[]> {
  const ids = [changed.lastEventId, ...takeNumbers(tx, cause, changed, further.length)];
  const numbered = withNumbers(changed, ids, [event, ...further], changed.lastSequence - 1);
  return recordWithinLimits(tx, cause, changed, numbered);
}

/** Takes sequence numbers, and returns as many ids. */
function takeNumbers(tx: Transaction, cause: Cause, account: Account, count: number): readonly string[] {
  if (count === 0) return [];
  const ids = newIds(tx, cause, account, count);
  tx.send(takeNumbersStatement, [cause.providerId, account.id, account.lastSequence, count, ids.at(-1)]);
  return ids;
}

/** Returns ids for the account's next events. */
function newIds(tx: Transaction, { now }: Cause, account: Account, count: number): readonly string[] {
  const ids: string[] = [];
  let last = account.lastEventId;
  for (let taken = 0; taken < count; taken += 1) {
    last = newEventId(tx, { now, after: last });
    ids.push(last);
  }
  return ids;
}

/** Fails the transaction if the account, or the developers of its provider, exceeded a limit of changes. */
async function recordWithinLimits(
  tx: Transaction,
  cause: AccountCause,
  account: Account,
  events: readonly NewEvent[],
): Promise<readonly RecordedEvent[]> {
  const { providerId, now, passesLimit = false } = cause;
  if (!passesLimit) requireLeftForDevelopers(tx, cause, account);
  requireDiskFor(tx, cause, events);
  const recorded = await recordEvents(tx, cause, events);
  const bytes = recorded.reduce((sum, event) => sum + event.bytes, 0);
  tx.send(countChangesStatement, [providerId, account.id, now, events.length, bytes, ...limitValues, passesLimit]);
  countForDevelopers(tx, cause, { account, bytes: recorded.reduce((sum, event) => sum + storedBytes(event), 0) });
  return recorded;
}

/** Deletions and suspensions free space, or stop those who use it up. */
function requireDiskFor(
  tx: Transaction,
  { passesLimit = false }: AccountCause,
  events: readonly Pick<NewEvent, "type">[],
): void {
  if (!passesLimit && !events.every(({ type }) => type.endsWith("deleted"))) requireDiskSpace(tx);
}

/** Measured: an event and its entries in indexes take a KiB besides its texts, and each delivery half of one. */
const storedBytes = ({ bytes, endpointIds }: RecordedEvent): number => bytes + 1024 + 512 * endpointIds.length;

/** Numbers events from the one after `last` on. */
const withNumbers = (
  account: Account,
  ids: readonly string[],
  events: readonly AccountEvent[],
  last = account.lastSequence,
): readonly NewEvent[] =>
  events.map((event, index) => ({
    ...event,
    id: ids[index],
    accountId: account.id,
    accountName: account.orgName,
    sequence: last + 1 + index,
    recordedAfter: account.lastRecordedIn,
  }));

const limitValues = [changeLimits.changes, changeLimits.bytes].flatMap(({ name, max }) => [name, max]);

/** True within the counted minute. An end more than a minute away comes from a clock that is ahead, and is ignored. */
const isCurrentMinute = "counter.ends_at > $3 and counter.ends_at <= excluded.ends_at";

// By primary key, for locked accounts, so it never waits. The change that passes a limit is still recorded, however
// large it is. The next one fails with its transaction, because null violates the column's constraint.
const addToCounters = `
  on conflict (provider_id, account_id) do update set
    ends_at = case when ${isCurrentMinute} then counter.ends_at else excluded.ends_at end,
    changes = case
      when not (${isCurrentMinute}) then excluded.changes
      when $10 or (
        select counter.changes < coalesce((limits ->> $6)::bigint, $7::bigint)
          and counter.bytes < coalesce((limits ->> $8)::bigint, $9::bigint)
        from providers where id = $1
      ) then counter.changes + excluded.changes
    end,
    bytes = case when ${isCurrentMinute} then counter.bytes + excluded.bytes else excluded.bytes end`;

const countChangesStatement = `
  insert into change_counters as counter (provider_id, account_id, ends_at, changes, bytes)
  values ($1, $2, $3::timestamptz + interval '1 minute', $4, $5)
  ${addToCounters}`;

const countChangesOfSeveralStatement = `
  insert into change_counters as counter (provider_id, account_id, ends_at, changes, bytes)
  select $1, unnest($2::bigint[]), $3::timestamptz + interval '1 minute', unnest($4::bigint[]), unnest($5::bigint[])
  ${addToCounters}`;

// By primary key. Writes nothing below the limit, and fails like the statement above at the limit.
const requireChangesLeftStatement = `
  update change_counters as counter
  set changes = null
  from providers as provider
  where counter.provider_id = $1 and counter.account_id = $2 and provider.id = $1
    and counter.ends_at > $3 and counter.ends_at <= $3::timestamptz + interval '1 minute'
    and (counter.changes >= coalesce((provider.limits ->> $4)::bigint, $5::bigint)
      or counter.bytes >= coalesce((provider.limits ->> $6)::bigint, $7::bigint))`;

/**
 * Fails the transaction if the locked account changed too often in the current minute, if the developers of its provider have used up
 * their limit, or if the disk is nearly full. Call it before the first write: rows of a failed change occupy disk space until vacuum.
 */
export function requireChangesLeft(
  tx: Transaction,
  {
    providerId,
    actor,
    now,
    isDeletion = false,
  }: Pick<Cause, "providerId" | "actor" | "now"> & { isDeletion?: boolean | undefined },
  account: Account,
): void {
  requireLeftForDevelopers(tx, { providerId, actor, now }, account);
  if (!isDeletion) requireDiskSpace(tx);
  tx.send(requireChangesLeftStatement, [providerId, account.id, now, ...limitValues]);
}

// Skips rows that another transaction is updating. Served by change_counters_ends_idx.
const deleteExpiredCountersStatement = `
  with ended as (
    delete from change_counters
    where (provider_id, account_id) in (
      select provider_id, account_id from change_counters
      where ends_at <= $1 and provider_id not in (${leavingProviders}) order by ends_at limit 10000 for update skip locked)
    returning 1)
  select count(*)::integer as ended from ended`;

/** Deletes up to 10,000 expired counters, and returns how many. */
export async function deleteExpiredChangeCounters(db: Database, now: Date): Promise<number> {
  const [deleted] = await db.query<{ ended: number }>(deleteExpiredCountersStatement, [now]);
  return deleted?.ended ?? 0;
}
