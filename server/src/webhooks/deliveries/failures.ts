import { type Database, type FoundPage, queryRow } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { plainArray } from "#platform/database/values.ts";
import { type Encryption, ifDecryptable } from "#platform/encryption.ts";
import { firstUuid, lastUuid } from "#platform/ids.ts";
import type { BodyFormat } from "./payload.ts";

/**
 * The time of a failure, for statements that insert one. Takes a shared lock named by the current second, then the
 * time. So until the transaction ends, others can see in which second it may have failed something. The lock never
 * waits, and pg_locks shows it to every role, while pg_stat_activity hides the start of others' transactions. The
 * second half of the lock's name has four bytes, so seconds count from 2000.
 */
export const failingNow = `case when pg_try_advisory_xact_lock_shared(1650814060,
    floor(extract(epoch from clock_timestamp()) - 946684800)::integer) then clock_timestamp() end`;

// Before the current second, and before the second of each transaction that has yet to commit a failure.
const failureHorizonStatement = `
  select least(date_trunc('second', statement_timestamp()), (
    select to_timestamp(min(objid::bigint) + 946684800) from pg_locks
    where locktype = 'advisory' and classid = 1650814060 and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
  )) as horizon`;

/**
 * Returns the time before which no failure is added any more, for a statement that begins afterwards. It is a
 * statement of its own: one that read the locks itself could miss a lock whose failure came after its snapshot.
 */
export const readFailureHorizon = async (db: Database): Promise<Date> =>
  (await queryRow<{ horizon: Date }>(db, failureHorizonStatement)).horizon;

/** A delivery without attempts left. */
export interface Failure {
  /** The receiver sees it as `webhook-id`. */
  readonly eventId: string;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly eventType: string;
  readonly accountId: number;
  readonly accountName: string;
  readonly attemptsMade: number;
  readonly failedAt: Date;
  readonly error: string;
  /** The URL of the last attempt, its secrets included. */
  readonly url: string;
  /** The format of its body. */
  readonly format: BodyFormat;
  readonly body: Buffer;
}

/** The keys before the first failure of each order, which are after the last one of the other order. */
const ends = {
  oldest: ["-infinity", firstUuid, 0],
  newest: ["infinity", lastUuid, 0],
} as const;

type FailureOrder = keyof typeof ends;

export type FailureKey = Pick<Failure, "eventId" | "endpointId" | "failedAt">;

export interface FailurePage {
  /** The oldest come first by default. */
  readonly order?: FailureOrder | undefined;
  readonly after?: FailureKey | undefined;
  readonly limit?: number | undefined;
  /** From an earlier `readFailureHorizon`. Later failures are not shown. */
  readonly horizon?: Date | undefined;
}

// By primary key. The keys are values, so only their days are planned. A statement that also finds the keys plans all days: three
// tables of 430 days took 0.7 s.
const rowsStatement = `
  select failure.event_id, failure.endpoint_id, endpoint.name as "endpointName",
    event.type as "eventType", event.account_id, event.account_name,
    ended.attempts_made, failure.failed_at, failure.error, failure.url as cipher, ended.format, payload.body
  from unnest($2::uuid[], $3::bigint[]) with ordinality as requested (event_id, endpoint_id, nth)
  join failures failure on failure.provider_id = $1 and failure.endpoint_id = requested.endpoint_id
    and failure.event_id = requested.event_id
  join endpoints endpoint on endpoint.provider_id = $1 and endpoint.id = requested.endpoint_id
  join events event on event.provider_id = $1 and event.id = requested.event_id and event.id = any($2)
  join deliveries ended on ended.provider_id = $1 and ended.event_id = requested.event_id
    and ended.endpoint_id = requested.endpoint_id and ended.event_id = any($2)
  join payloads payload on payload.provider_id = $1 and payload.event_id = requested.event_id and payload.format = ended.format
    and payload.event_id = any($2)
  order by requested.nth
  ${plannedEachTime}`;

/** Returns "" for a URL that no key can decrypt, so that the rest of the list is shown. */
export const decryptUrl = (encryption: Encryption, cipher: Buffer): string =>
  ifDecryptable(() => encryption.decrypt("endpoint url", cipher)) ?? "";

// @indexed
const countStatement = `select count(*) as count from failures where provider_id = $1`;

// @indexed
const countStrandedStatement = `
  select count(*) as count from failures
  where provider_id = $1 and ($2::bigint is null or endpoint_id = $2)
    and endpoint_id = any(array(select id from endpoints where provider_id = $1 and deleted_at is not null))`;

/** Counts failures that cannot be retried, because their endpoints were deleted. */
export const countStrandedFailures = async (db: Database, providerId: number, endpointId?: number): Promise<number> =>
  (await queryRow<{ count: number }>(db, countStrandedStatement, [providerId, endpointId])).count;

export const countFailures = async (db: Database, providerId: number): Promise<number> =>
  (await queryRow<{ count: number }>(db, countStatement, [providerId])).count;

const countAllStatement = `select count(*) as count from (select from failures limit 100000) counted`;

/** Counts the failures of all providers up to 100,000, in about 10 ms. */
export const countAllFailures = async (db: Database): Promise<number> =>
  (await queryRow<{ count: number }>(db, countAllStatement)).count;

/** A page begins with few rows, since 500 with long fields took 600 MB, and has about a megabyte of bodies. */
const pageRowsMin = 20;
const pageRowsMax = 500;
const pageBytes = 1_000_000;

/** Returns the number of rows of the page after this one. */
function nextPageRows(page: readonly Pick<Failure, "body">[]): number {
  const bytes = page.reduce((sum, { body }) => sum + body.length, 1);
  const fitting = Math.floor((pageBytes / bytes) * page.length);
  return Math.max(pageRowsMin, Math.min(fitting, 2 * page.length, pageRowsMax));
}

/**
 * Yields all failures that exist at the start, oldest first, in pages: a million do not fit into memory. Failures
 * deleted in the meantime are left out.
 */
export async function* allFailures(
  db: Database,
  encryption: Encryption,
  criteria: FailureCriteria,
): AsyncGenerator<readonly Failure[], void> {
  const horizon = await readFailureHorizon(db); // otherwise it would not end where failures are added faster than they are read
  for (let after: Failure | undefined, limit = pageRowsMin; ;) {
    const page = await listFailures(db, encryption, criteria, { after, limit, horizon });
    yield page;
    after = page.at(-1);
    if (page.length < limit) return;
    limit = nextPageRows(page);
  }
}

/** The failures of a list, a count or a job. A criterion that is left out allows everything. */
export interface FailureCriteria {
  readonly providerId: number;
  readonly endpointIds?: readonly number[] | undefined;
  /** Complete texts, as they are stored. */
  readonly errors?: readonly string[] | undefined;
  /** The time of the failure, inclusive. */
  readonly since?: Date | undefined;
  /** Includes its second, as deleting and retrying do: a deletion up to a time removes no failure that the list left out. */
  readonly until?: Date | undefined;
  readonly eventIds?: readonly string[] | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly accountIds?: readonly number[] | undefined;
  readonly objectId?: number | undefined;
  /** Each must be in an id, a name, the event's type or the error, in any case. */
  readonly words?: readonly string[] | undefined;
}

// Folds case as `foldCase` of the search does. Depending on the collation, `lower` makes an İ one or two characters, and a Σ at the end
// of a word a σ or ς.
// The words are folded once, and the text of a row once for all words (`offset 0`). The first word that is missing decides.
const wordsMatch = `not exists (
          select from (
            select lower(replace(translate(concat_ws(' ', about.id || '.' || receiver.id, about.type, about.object_id,
              about.account_id, about.account_name, receiver.name, failure.error), 'Σς', 'σσ'), 'İ', U&'i\\0307')) as written
            offset 0) row_text
          cross join unnest(array(
            select lower(replace(translate(word, 'Σς', 'σσ'), 'İ', U&'i\\0307')) from unnest($17::text[]) word)) needed (word)
          where strpos(row_text.written, needed.word) = 0)`;

// An entry appears once its second has passed and no transaction can add another one to it. Times are shown in whole seconds, so
// deleting up to a time that was read deletes only entries that were seen, and no cursor skips one.
const inSpan = `
  failure.provider_id = $1
    and ($2::bigint[] is null or failure.endpoint_id = any($2))
    and failure.failed_at >= coalesce($3::timestamptz, '-infinity')
    and failure.failed_at < least(date_trunc('second', $4::timestamptz) + interval '1 second', $5::timestamptz)`;

// The event is read only for criteria about it.
const matching = `${inSpan}
    and ($12::text[] is null or failure.error = any($12))
    and ($13::uuid[] is null or failure.event_id = any($13))
    and (($14::text[] is null and $15::bigint[] is null and $16::bigint is null and $17::text[] is null) or exists (
      select from events about
      join endpoints receiver on receiver.provider_id = failure.provider_id and receiver.id = failure.endpoint_id
      where about.provider_id = failure.provider_id and about.id = failure.event_id
        and ($14::text[] is null or about.type = any($14))
        and ($15::bigint[] is null or about.account_id = any($15))
        and ($16::bigint is null or about.object_id = $16)
        and ($17::text[] is null or ${wordsMatch})))`;

/** More ids are not looked up faster than the events of the failures. */
const eventsMax = 5000;
const ofTypes = `($4::text[] is null or type = any($4))`;
// Along events_account_idx.
// @indexed
const eventsOfAccountsStatement = `
  select id from events
  where provider_id = $1 and account_id = any($2) and ${ofTypes} and ($5::bigint is null or object_id = $5) limit $3`;
// Along events_object_idx.
// @indexed
const eventsOfObjectStatement = `select id from events where provider_id = $1 and object_id = $2 and ${ofTypes} limit $3`;
// Along events_type_idx.
// @indexed
const eventsOfTypesStatement = `select id from events where provider_id = $1 and type = any($2) limit $3`;

/** Replaces criteria that few events meet with the ids of these: the event of each of a million failures would be read otherwise. */
async function findEvents(db: Database, criteria: FailureCriteria): Promise<FailureCriteria> {
  const { providerId, eventIds, accountIds, objectId, eventTypes } = criteria;
  const sought = accountIds ?? objectId ?? eventTypes;
  if (eventIds || sought === undefined) return criteria;
  const values = [providerId, sought, eventsMax + 1];
  let found: Promise<readonly { readonly id: string }[]>;
  if (accountIds) found = db.query(eventsOfAccountsStatement, [...values, eventTypes, objectId]);
  else if (objectId === undefined) found = db.query(eventsOfTypesStatement, values);
  else found = db.query(eventsOfObjectStatement, [...values, eventTypes]);
  const events = await found;
  if (events.length > eventsMax) return criteria;
  const replaced = { eventTypes: undefined, accountIds: undefined, objectId: undefined };
  return { ...criteria, ...replaced, eventIds: events.map(({ id }) => id) };
}

const position = "(failure.failed_at, failure.event_id, failure.endpoint_id)";
const startOfPart = "($6::timestamptz, $7::uuid, $8::bigint)";
const endOfPart = "($9::timestamptz, $10::uuid, $11::bigint)";
const columnsOfKey = "failure.event_id, failure.endpoint_id, failure.failed_at";
const oldestFirst = "order by failure.failed_at, failure.event_id, failure.endpoint_id";
const newestFirst = "order by failure.failed_at desc, failure.event_id desc, failure.endpoint_id desc";
const ofOneEndpoint = "and failure.endpoint_id = ($2::bigint[])[1]";

const oldestKeys = `select ${columnsOfKey} from failures failure where ${matching} and ${position} > ${startOfPart} and ${position} <= ${endOfPart}`;
const newestKeys = `select ${columnsOfKey} from failures failure where ${matching} and ${position} < ${startOfPart} and ${position} >= ${endOfPart}`;
// From the cursor in either direction, so that a page of a million rows reads one page: along failures_age_idx, or along
// failures_list_idx for a single endpoint.
// @indexed
const listStatements = {
  ofAny: { oldest: `${oldestKeys} ${oldestFirst} limit $18`, newest: `${newestKeys} ${newestFirst} limit $18` },
  ofOne: {
    oldest: `${oldestKeys} ${ofOneEndpoint} ${oldestFirst} limit $18`,
    newest: `${newestKeys} ${ofOneEndpoint} ${newestFirst} limit $18`,
  },
};

const oldestSpan = `select ${columnsOfKey} from failures failure where ${inSpan} and ${position} > ${startOfPart}`;
const newestSpan = `select ${columnsOfKey} from failures failure where ${inSpan} and ${position} < ${startOfPart}`;
// The key after $9 others, along the same indexes, without reading rows.
// @indexed
const partStatements = {
  ofAny: {
    oldest: `${oldestSpan} ${oldestFirst} limit 1 offset $9`,
    newest: `${newestSpan} ${newestFirst} limit 1 offset $9`,
  },
  ofOne: {
    oldest: `${oldestSpan} ${ofOneEndpoint} ${oldestFirst} limit 1 offset $9`,
    newest: `${newestSpan} ${ofOneEndpoint} ${newestFirst} limit 1 offset $9`,
  },
};

// @indexed
const countMatchingStatement = `
  select failure.endpoint_id, failure.error, count(*) as count
  from failures failure
  where ${matching} and ${position} > ${startOfPart} and ${position} <= ${endOfPart}
  group by failure.endpoint_id, failure.error`;

/** Failures that one statement compares with criteria about their events, each of which it looks up: 10 to 80 ms. */
const comparedMax = 2000;

/** The failures up to a key. */
interface Part {
  /** Values $1 to $17 of a statement that reads it. */
  readonly values: readonly unknown[];
  /** Undefined for the last part. */
  readonly end: FailureKey | undefined;
}

/**
 * Prepares reading the failures that meet some criteria in an order. If each has to be compared with its event, they are read part by
 * part: a statement for a million could take longer than a statement may, and keep others waiting for its connection.
 */
async function prepareWalk(db: Database, requested: FailureCriteria, order: FailureOrder, givenHorizon?: Date) {
  const horizon = givenHorizon ?? (await readFailureHorizon(db)); // the events of all failures before it are committed
  const criteria = await findEvents(db, requested);
  const { providerId, endpointIds, errors, since, until, eventIds, eventTypes, accountIds, objectId, words } = criteria;
  const endpoints = endpointIds?.length === 1 ? "ofOne" : "ofAny";
  const comparesEvents = [eventTypes, accountIds, objectId, words].some((each) => each !== undefined);
  const readEnd = async (span: readonly unknown[]): Promise<FailureKey | undefined> => {
    const found = await db.query<FailureKey>(partStatements[endpoints][order], [...span, comparedMax - 1]);
    return found[0];
  };
  const readPart = async (after: FailureKey | undefined): Promise<Part> => {
    const span = [providerId, endpointIds, since, until, horizon, ...(after ? positionOf(after) : ends[order])];
    const end = comparesEvents && !eventIds ? await readEnd(span) : undefined;
    const last = end ? positionOf(end) : ends[order === "oldest" ? "newest" : "oldest"];
    return { values: [...span, ...last, errors, eventIds, eventTypes, accountIds, objectId, words], end };
  };
  // Without a criterion about events, a statement planned for its values reads none of their days.
  const planned = (statement: string): string => (comparesEvents ? statement : `${statement} ${plannedEachTime}`);
  return { keysStatement: listStatements[endpoints][order], planned, readPart };
}

const positionOf = ({ failedAt, eventId, endpointId }: FailureKey): readonly unknown[] => [
  failedAt,
  eventId,
  endpointId,
];

interface KeysOfPart {
  readonly keys: readonly FailureKey[];
  /** The list continues after it. Undefined at its end. */
  readonly next: FailureKey | undefined;
}

/** Returns a function that reads the keys of the next part of a list, up to a limit. */
async function prepareKeys(db: Database, criteria: FailureCriteria, { order = "oldest", horizon }: FailurePage) {
  const { keysStatement, planned, readPart } = await prepareWalk(db, criteria, order, horizon);
  return async (after: FailureKey | undefined, limit: number | undefined): Promise<KeysOfPart> => {
    const { values, end } = await readPart(after);
    const keys = await db.query<FailureKey>(planned(keysStatement), [...values, limit]);
    return { keys, next: keys.length === limit ? keys.at(-1) : end };
  };
}

/** Returns true to end a search before its page is full. By default it ends with the list. */
type IsOver = () => boolean;
const never: IsOver = () => false;

interface PageRequest extends FailurePage {
  readonly criteria: FailureCriteria;
  readonly isOver: IsOver;
}

interface ReadPage {
  readonly failures: readonly Failure[];
  readonly next: FailureKey | undefined;
}

/** Reads the failures of a page by their keys. One that is retried or deleted meanwhile is left out, and the next one takes its place. */
async function readPage(db: Database, encryption: Encryption, request: PageRequest): Promise<ReadPage> {
  const { criteria, limit, isOver } = request;
  const readKeys = await prepareKeys(db, criteria, request);
  const failures: Failure[] = [];
  for (let after = request.after; ;) {
    const { keys, next } = await readKeys(after, limit === undefined ? undefined : limit - failures.length);
    if (keys.length > 0) {
      const rows = await db.query<Omit<Failure, "url"> & { readonly cipher: Buffer }>(rowsStatement, [
        criteria.providerId,
        plainArray(keys.map(({ eventId }) => eventId)),
        plainArray(keys.map(({ endpointId }) => endpointId)),
      ]);
      failures.push(...rows.map(({ cipher, ...row }) => ({ ...row, url: decryptUrl(encryption, cipher) })));
    }
    if (!next || failures.length === limit || isOver()) return { failures, next };
    after = next;
  }
}

/** Lists the failures that meet all criteria, however long it takes. */
export async function listFailures(
  db: Database,
  encryption: Encryption,
  criteria: FailureCriteria,
  page: FailurePage = {},
): Promise<readonly Failure[]> {
  return (await readPage(db, encryption, { ...page, criteria, isOver: never })).failures;
}

/** Returns a page of the failures that meet all criteria. If few of many do, it may end early, even without a row. */
export async function findFailures(
  db: Database,
  encryption: Encryption,
  criteria: FailureCriteria,
  { limit, isOver = never, ...page }: FailurePage & { readonly limit: number; readonly isOver?: IsOver },
): Promise<FoundPage<Failure, FailureKey>> {
  const { failures, next } = await readPage(db, encryption, { ...page, limit: limit + 1, criteria, isOver });
  const last = failures[limit - 1];
  if (failures.length > limit && last) return { rows: failures.slice(0, limit), next: last, searchedUntil: null };
  return { rows: failures, next: next ?? null, searchedUntil: next?.failedAt ?? null };
}

/** The number of failures of an endpoint with the same error. */
export interface ErrorTotal {
  readonly endpointId: number;
  readonly error: string;
  readonly count: number;
}

/** Counts the failures that meet all criteria, by endpoint and error. An error may have several totals. */
export async function countFailuresByError(
  db: Database,
  criteria: FailureCriteria,
  isOver = never,
): Promise<{ readonly totals: readonly ErrorTotal[]; readonly hasMore: boolean }> {
  const { planned, readPart } = await prepareWalk(db, criteria, "oldest");
  const totals: ErrorTotal[] = [];
  for (let after: FailureKey | undefined; ;) {
    const { values, end }: Part = await readPart(after);
    totals.push(...(await db.query<ErrorTotal>(planned(countMatchingStatement), values)));
    if (!end || isOver()) return { totals, hasMore: end !== undefined };
    after = end;
  }
}

const selectionRows = 5000;

/** Yields the keys of the failures that meet all criteria in batches, newest first. */
export async function* selectFailures(
  db: Database,
  criteria: FailureCriteria,
): AsyncGenerator<readonly { readonly eventId: string; readonly endpointId: number }[], void> {
  const readKeys = await prepareKeys(db, criteria, { order: "newest" });
  for (let after: FailureKey | undefined; ;) {
    const { keys, next }: KeysOfPart = await readKeys(after, selectionRows);
    yield keys;
    if (!next) return;
    after = next;
  }
}
