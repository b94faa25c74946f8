import type { Database, Pool } from "#platform/database/database.ts";
import { bytesArray, plainArray } from "#platform/database/values.ts";
import { type Encryption, UndecryptableValue } from "#platform/encryption.ts";

/** How many rows were encrypted again, and how many are left: undecryptable, or locked by somebody else. */
export interface Reencrypted {
  readonly done: number;
  readonly left: number;
}

/**
 * The moment of a failure, for whoever writes one. First a shared lock is taken that is named by the second, then the moment:
 * so until the transaction ends, others can see in which second it may have failed something. The lock waits for nobody,
 * and pg_locks shows it to every role, as pg_stat_activity does not show when another's transaction began. The name's second
 * half has four bytes, so seconds are counted from 2000 on.
 */
export const failingNow = `case when pg_try_advisory_xact_lock_shared(1650814060,
    floor(extract(epoch from clock_timestamp()) - 946684800)::integer) then clock_timestamp() end`;

// Before the second that is running, and before that of each transaction that has yet to show a failure.
const failureHorizonStatement = `
  select least(date_trunc('second', statement_timestamp()), (
    select to_timestamp(min(objid::bigint) + 946684800) from pg_locks
    where locktype = 'advisory' and classid = 1650814060 and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
  )) as horizon`;

/**
 * Failures before this moment are all there to be read, by a statement that begins from now on: none is added, however late
 * its transaction commits. A statement of its own, since one that looked at the locks by itself could find a lock gone
 * whose failure came after its snapshot.
 */
export async function readFailureHorizon(db: Database): Promise<Date> {
  const [row] = await db.query<{ horizon: Date }>(failureHorizonStatement);
  if (!row) throw new Error("PostgreSQL answered a select without rows");
  return row.horizon;
}

/** A delivery whose attempts are used up. */
export interface Failure {
  /** The event's id, which the receiver knows as `webhook-id`. */
  readonly eventId: string;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly eventType: string;
  readonly accountId: number;
  readonly accountName: string;
  readonly attemptsMade: number;
  /** When it was given up. */
  readonly failedAt: Date;
  readonly error: string;
  /** Where the last attempt went, with the values of its query. */
  readonly url: string;
  /** The bytes that were sent. */
  readonly body: Buffer;
}

export interface FailureFilter {
  readonly providerId: number;
  readonly endpointId?: number | undefined;
  /** Up to and including this moment; lists never show a second to which something may yet be added. */
  readonly until?: Date | undefined;
  readonly eventIds?: readonly string[] | undefined;
}

// An entry is shown once its second has passed and nobody is left who may add another to that: times are told in whole
// seconds, so whoever deletes up to a time that he read can only delete what he has seen, and no cursor passes one by.
const entries = `
  select failure.event_id, failure.endpoint_id, endpoint.name as "endpointName",
    event.type as "eventType", event.account_id, event.account_name,
    ended.attempts_made, failure.failed_at, failure.error, failure.url as cipher, payload.body
  from failures failure
  join endpoints endpoint on endpoint.provider_id = failure.provider_id and endpoint.id = failure.endpoint_id
  join events event on event.provider_id = failure.provider_id and event.id = failure.event_id
  join deliveries ended on ended.provider_id = failure.provider_id and ended.event_id = failure.event_id
    and ended.endpoint_id = failure.endpoint_id
  join payloads payload on payload.provider_id = failure.provider_id and payload.event_id = failure.event_id
    and payload.format = ended.format
  where failure.provider_id = $1
    and ($3::uuid[] is null or failure.event_id = any($3))
    and failure.failed_at < least($4::timestamptz, date_trunc('second', $2::timestamptz) + interval '1 second')`;

// From the cursor on, in either direction, so that a page of a million reads no more than a page: along failures_age_idx, or
// along failures_list_idx when it is of one endpoint.
const oldestFirst = `and (failure.failed_at, failure.event_id, failure.endpoint_id) > ($5::timestamptz, $6::uuid, $7::bigint)
  order by failure.failed_at, failure.event_id, failure.endpoint_id
  limit $8`;
const newestFirst = `and (failure.failed_at, failure.event_id, failure.endpoint_id) < ($5::timestamptz, $6::uuid, $7::bigint)
  order by failure.failed_at desc, failure.event_id desc, failure.endpoint_id desc
  limit $8`;
// @indexed
const listStatements = {
  ofAll: { oldest: `${entries} ${oldestFirst}`, newest: `${entries} ${newestFirst}` },
  ofOne: {
    oldest: `${entries} and failure.endpoint_id = $9 ${oldestFirst}`,
    newest: `${entries} and failure.endpoint_id = $9 ${newestFirst}`,
  },
};

const starts = {
  oldest: ["-infinity", "00000000-0000-0000-0000-000000000000", 0],
  newest: ["infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff", 0],
} as const;

export interface FailurePage {
  /** Which come first: the oldest, if nothing is said. */
  readonly order?: keyof typeof starts | undefined;
  readonly after?: { readonly failedAt: Date; readonly eventId: string; readonly endpointId: number } | undefined;
  readonly limit?: number | undefined;
  /** As `readFailureHorizon` gave it before: what has failed since then is not shown. */
  readonly horizon?: Date | undefined;
}

export async function listFailures(
  db: Database,
  encryption: Encryption,
  filter: FailureFilter,
  page: FailurePage = {},
): Promise<Failure[]> {
  const { order = "oldest", after, limit, horizon } = page;
  const { providerId, endpointId, until, eventIds } = filter;
  const from = after ? [after.failedAt, after.eventId, after.endpointId] : starts[order];
  const values = [providerId, until, eventIds, horizon ?? (await readFailureHorizon(db)), ...from, limit];
  type Row = Omit<Failure, "url"> & { readonly cipher: Buffer };
  const rows =
    endpointId === undefined
      ? await db.query<Row>(listStatements.ofAll[order], values)
      : await db.query<Row>(listStatements.ofOne[order], [...values, endpointId]);
  return rows.map(({ cipher, ...failure }) => ({ ...failure, url: decryptUrl(encryption, cipher) }));
}

/** One URL that no key can read does not hide the rest of the list. */
function decryptUrl(encryption: Encryption, cipher: Buffer): string {
  try {
    return encryption.decrypt("endpoint url", cipher);
  } catch (error) {
    if (error instanceof UndecryptableValue) return "";
    throw error;
  }
}

// @indexed
const countStatement = `
  select count(*) as count from failures where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)`;

// @indexed
const countStrandedStatement = `
  select count(*) as count from failures
  where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)
    and endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is not null))`;

/** How many of them cannot be retried, since their endpoints were deleted. */
export async function countStrandedFailures(db: Database, providerId: number, endpointId?: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStrandedStatement, [providerId, endpointId]);
  return row?.count ?? 0;
}

/** How many deliveries wait for somebody to deal with them. */
export async function countFailures(db: Database, providerId: number, endpointId?: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStatement, [providerId, endpointId]);
  return row?.count ?? 0;
}

const countAllStatement = `select count(*) as count from (select from failures limit 100000) counted`;

/** How many failures all providers have, counted to 100,000: some 10 ms. */
export async function countAllFailures(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(countAllStatement);
  return row?.count ?? 0;
}

/** Some megabyte. */
const pageRows = 500;

/**
 * All failures that there are as it begins, oldest first, so many at a time: a million do not fit into memory. Who deletes
 * some meanwhile is not told them.
 */
export async function* allFailures(
  db: Database,
  encryption: Encryption,
  filter: FailureFilter,
): AsyncGenerator<readonly Failure[], void> {
  const horizon = await readFailureHorizon(db); // or it would not end where they come faster than they are read
  for (let after: Failure | undefined; ;) {
    const page = await listFailures(db, encryption, filter, { after, limit: pageRows, horizon });
    yield page;
    after = page.at(-1);
    if (page.length < pageRows) return;
  }
}

interface EncryptedFailure {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventId: string;
  readonly cipher: Buffer;
}

const batchRows = 500;
const firstKey: Omit<EncryptedFailure, "cipher"> = {
  providerId: 0,
  endpointId: 0,
  eventId: "00000000-0000-0000-0000-000000000000",
};

// Along the primary key, so that each failure is looked at once. Rows that are being retried or deleted are passed over, as
// everywhere on this table: whoever waits for none of them cannot be part of a deadlock.
const selectOutdated = `
  select provider_id, endpoint_id, event_id, url as cipher
  from failures
  where (provider_id, endpoint_id, event_id) > ($1::bigint, $2::bigint, $3::uuid) and substring(url from 2 for 4) <> $4
  order by provider_id, endpoint_id, event_id
  limit $5
  for update skip locked`;

const countLeft = `select count(*) as left from failures where substring(url from 2 for 4) <> $1`;

const updateUrls = `
  update failures set url = changed.url
  from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bytea[]) as changed (provider_id, endpoint_id, event_id, url)
  where failures.provider_id = changed.provider_id and failures.endpoint_id = changed.endpoint_id
    and failures.event_id = changed.event_id`;

/** Encrypts with the newest key the URLs of failures that an older key encrypted, 500 failures a transaction. */
export async function reencryptFailures(pool: Pool, encryption: Encryption): Promise<Reencrypted> {
  let [done, after] = [0, firstKey];
  for (;;) {
    const { providerId, endpointId, eventId } = after;
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<EncryptedFailure>(selectOutdated, [
        providerId,
        endpointId,
        eventId,
        encryption.keyIds[0],
        batchRows,
      ]);
      const changed = batch.flatMap((row) => {
        const url = reencryptUrl(encryption, row.cipher);
        return url ? [{ ...row, url }] : [];
      });
      await tx.query(updateUrls, [
        plainArray(changed.map((row) => row.providerId)),
        plainArray(changed.map((row) => row.endpointId)),
        plainArray(changed.map((row) => row.eventId)),
        bytesArray(changed.map((row) => row.url)),
      ]);
      done += changed.length;
      return batch;
    });
    after = rows.at(-1) ?? after;
    if (rows.length < batchRows) break;
  }
  const [counted] = await pool.query<{ left: number }>(countLeft, [encryption.keyIds[0]]);
  return { done, left: counted?.left ?? 0 };
}

function reencryptUrl(encryption: Encryption, cipher: Buffer): Buffer | null {
  try {
    return encryption.reencrypt("endpoint url", cipher);
  } catch (error) {
    if (error instanceof UndecryptableValue) return null;
    throw error;
  }
}
