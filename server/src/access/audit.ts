import { isDeepStrictEqual } from "node:util";
import { type Database, type FoundPage, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { lastRowId } from "#platform/ids.ts";
import type { Actor } from "./permissions.ts";

export interface AuditRecord {
  readonly providerId: number;
  readonly actor: Actor;
  /** For example `endpoint.changed`. */
  readonly action: string;
  /** For example `endpoint/3`. */
  readonly subject: string;
  /** Must not contain secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
}

const insertStatement = `
  insert into audit_records (provider_id, actor_kind, actor_id, action, subject, detail)
  values ($1, $2, $3, $4, $5, $6)
  returning id`;

/**
 * Records an action of the admin side, in the transaction of the action. Actions of developers, in use cases that both sides share, are
 * not recorded: they concern the developer's own account only, their events name the user, and they would fill the provider's log.
 */
export async function recordAudit(tx: Transaction, record: AuditRecord): Promise<void> {
  await insertAudit(tx, record);
}

/**
 * Makes a change and records it in one transaction. A change that returns undefined or false had nothing to change, and is not
 * recorded.
 */
export const changeWithAudit = <Result>(
  pool: Pool,
  record: AuditRecord,
  change: (tx: Transaction) => Promise<Result>,
): Promise<Result> =>
  pool.inTransaction(async (tx) => {
    const result = await change(tx);
    if (result !== undefined && result !== false) await recordAudit(tx, record);
    return result;
  });

/** Returns the statement that records an action, for a transaction on a connection that is in no pool. */
export function renderAudit({ providerId, actor, action, subject, detail }: AuditRecord): {
  readonly text: string;
  readonly values: readonly unknown[];
} {
  const actorId = "userId" in actor ? actor.userId : null;
  return {
    text: insertStatement,
    values: [providerId, actor.kind, actorId, action, subject, JSON.stringify(detail)],
  };
}

/** Records an action, and returns the record's id, if there is one. */
async function insertAudit(tx: Transaction, record: AuditRecord): Promise<number | undefined> {
  if (record.actor.kind === "developer") return undefined;
  const { text, values } = renderAudit(record);
  const [row] = await tx.query<{ id: number }>(text, values);
  return row?.id;
}

const raiseCountStatement = `select raise_audit_count($1, $2, $3)`;

/**
 * Records an action of several batches, each in its own transaction, as one record: the first batch inserts it with its count, each
 * further one updates the count. The record therefore exists as soon as something has changed, and its count is exact even if the
 * process dies between two batches.
 */
export function auditInBatches(record: AuditRecord): (tx: Transaction, countSoFar: number) => Promise<void> {
  let id: number | undefined;
  return async (tx, count) => {
    if (id === undefined) id = await insertAudit(tx, { ...record, detail: { count, ...record.detail } });
    else await tx.query(raiseCountStatement, [record.providerId, id, count]);
  };
}

/** Returns the names of changed settings, for an audit record. */
export function changedFields<It extends object>(before: It, after: It): readonly string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([name, value]) => (isDeepStrictEqual(value, old.get(name)) ? [] : [name]));
}

/** An action as it was recorded. */
export interface StoredAuditRecord extends Pick<AuditRecord, "action" | "subject" | "detail"> {
  readonly id: number;
  readonly at: Date;
  readonly actorKind: Exclude<Actor["kind"], "developer">;
  readonly actorId: number | null;
  /** The user's current name. Null without a user, or if it was deleted. */
  readonly actorName: string | null;
}

/** Undefined criteria match every record. Several values of one criterion widen the result. */
export interface AuditFilter {
  /** Each must be in the action, the subject, the details or the actor's name, in any case. */
  readonly words?: readonly string[] | undefined;
  /** Actions, or `endpoint.*` for all of endpoints. */
  readonly actions?: readonly string[] | undefined;
  /** Subjects, or `endpoint` for all endpoints. */
  readonly subjects?: readonly string[] | undefined;
  /** Kinds of actors, alone or with a user's id: `admin:5`. */
  readonly actors?: readonly string[] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** A part of a list, newest first. */
export interface PageRequest {
  /** Id of the last row of the previous page, or of the part that has been searched. */
  readonly before?: number | undefined;
  readonly limit: number;
  /** Returns true to end a search for words before the page is full. By default it ends with the list. */
  readonly isOver?: () => boolean;
}

/**
 * A condition of SQL: the text `written`, in lower case, contains each of the words `$4`, in any case. Without words it is true. Not
 * `like`, for which PostgreSQL expects few rows: it would read and sort all of them instead of reading backwards until a page is full.
 */
export const containsWords = `($4::text[] is null
    or not exists (select from unnest($4::text[]) as word where strpos(written, lower(word)) = 0))`;

/** Rows that one statement compares with words. For a hundred words that each row contains, they take a tenth of a second. */
const comparedMax = 2000;

interface Part {
  /** The ids are smaller. */
  readonly before: number | undefined;
  /** The ids are not smaller. Undefined: up to the end of the table. */
  readonly end: number | undefined;
  readonly limit: number;
}

interface Listing extends PageRequest {
  readonly providerId: number;
  readonly words: readonly string[] | undefined;
  /** Finds the id and the time at which a part ends: of provider $1, below the id $2, after $3 other rows. */
  readonly endStatement: string;
}

/**
 * Reads a page of a list, which is searched for words part by part. A statement for all rows could take longer than a statement may,
 * and many of them at once kept every other request waiting for its connection for ten seconds.
 */
export async function readInParts<Row extends { readonly id: number }>(
  db: Database,
  { endStatement, providerId, words, before: first, limit, isOver = () => false }: Listing,
  readPart: (part: Part) => Promise<readonly Row[]>,
): Promise<FoundPage<Row, number>> {
  const rows: Row[] = [];
  for (let before = first; ;) {
    const values = [providerId, before, comparedMax - 1];
    const [end] = words === undefined ? [] : await db.query<{ id: number; at: Date }>(endStatement, values);
    rows.push(...(await readPart({ before, end: end?.id, limit: limit + 1 - rows.length })));
    if (rows.length > limit)
      return { rows: rows.slice(0, limit), next: rows[limit - 1]?.id ?? null, searchedUntil: null };
    if (!end) return { rows, next: null, searchedUntil: null };
    if (isOver()) return { rows, next: end.id, searchedUntil: end.at };
    before = end.id;
  }
}

const recordColumns = `record.id, record.at, record.actor_kind, record.actor_id, provider_user.username as "actorName", record.action,
    record.subject, record.detail`;

// Records of provider $1 that match a filter, `$4` to `$9`, each with its user by primary key. The text is composed for records that meet
// the other criteria only (`offset 0`). Actions and kinds of subjects are found as pages show them, without dots.
const matchingRecords = `
  from audit_records record
  left join provider_users provider_user
    on provider_user.provider_id = record.provider_id and provider_user.id = record.actor_id
  cross join lateral (
    select lower(concat_ws(' ', record.action, translate(record.action, '._-', '   '), record.subject,
      translate(record.subject, '/_-', '   '), provider_user.username, record.detail)) as written offset 0) as searched
  where record.provider_id = $1
    and ${containsWords}
    and ($5::text[] is null or record.action = any($5) or split_part(record.action, '.', 1) || '.*' = any($5))
    and ($6::text[] is null or record.subject = any($6) or split_part(record.subject, '/', 1) = any($6))
    and ($7::text[] is null or record.actor_kind = any($7) or record.actor_kind || ':' || record.actor_id = any($7))
    and ($8::timestamptz is null or record.at >= $8) and ($9::timestamptz is null or record.at < $9)`;

// Reads the primary key backwards from the page before until the page is full.
const listStatement = `
  select ${recordColumns}
  ${matchingRecords}
    and record.id < coalesce($2::bigint, ${lastRowId}) and record.id >= coalesce($10::bigint, 0)
  order by record.id desc
  limit $3`;

// By primary key.
const endOfPartStatement = `
  select id, at from audit_records
  where provider_id = $1 and id < coalesce($2::bigint, ${lastRowId})
  order by id desc
  limit 1 offset $3`;

/** Lists the matching audit records of a provider, newest first. */
export function listAuditRecords(
  db: Database,
  providerId: number,
  { words, actions, subjects, actors, since, until, ...page }: AuditFilter & PageRequest,
): Promise<FoundPage<StoredAuditRecord, number>> {
  return readInParts(db, { endStatement: endOfPartStatement, providerId, words, ...page }, (part) => {
    const values = [providerId, part.before, part.limit, words, actions, subjects, actors, since, until, part.end];
    return db.query<StoredAuditRecord>(listStatement, values);
  });
}

const deleteOldStatement = `select delete_old_audit_records($1::timestamptz - make_interval(days => $2)) as count`;

/** Deletes some records that are older than the retention. Call it until it returns 0. */
export const deleteOldAuditRecords = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await queryRow<{ count: number }>(db, deleteOldStatement, [now, retentionDays])).count;

/** Records that one step of an export reads, so that a filter which few records match does not read all of them at once. */
const exportedMax = 1000;

// Along the primary key, whose order is that of time but for a few milliseconds.
const endOfStepStatement = `
  select max(id) as id, count(*)::integer as records
  from (select id from audit_records where provider_id = $1 and id > $2 order by id limit $3) as step`;

const exportStatement = `
  select ${recordColumns}
  ${matchingRecords}
    and record.id > $2 and record.id <= $3
  order by record.id`;

/** Yields the matching records in batches, oldest first, as fast as they are consumed. */
export async function* exportAuditRecords(
  db: Database,
  providerId: number,
  { words, actions, subjects, actors, since, until }: AuditFilter,
): AsyncGenerator<readonly StoredAuditRecord[], void> {
  for (let after = 0; ;) {
    const step = [providerId, after, exportedMax];
    const [end] = await db.query<{ id: number | null; records: number }>(endOfStepStatement, step);
    if (!end || end.id === null) return;
    const values = [providerId, after, end.id, words, actions, subjects, actors, since, until];
    const batch = await db.query<StoredAuditRecord>(exportStatement, values);
    if (batch.length > 0) yield batch;
    if (end.records < exportedMax) return;
    after = end.id;
  }
}

/** The person or organization whose data is erased or exported. */
export interface DataSubject {
  readonly providerId: number;
  readonly accountId: number;
  /** Null for the whole account. */
  readonly userId: number | null;
}

/** The records about an account or a user. */
export interface AuditOfPerson extends DataSubject {
  /** For example `user/21`. */
  readonly objects: readonly string[];
  /** Names and addresses. */
  readonly terms: readonly string[];
}

/** The parts of a list's filter that people write. Other parts are choices and ids, and developers may be called as these are. */
export const writtenFilterFields: readonly string[] = ["account", "q", "payload", "query"];

const betweenWords = `'[\\x01-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7f]+', ' ', 'g'`;
const wordsOfTerm = `trim(regexp_replace(lower(term), ${betweenWords}))`;
const wordsOfText = `' ' || trim(regexp_replace(lower(written), ${betweenWords})) || ' '`;

/** A condition of SQL: the text `written` contains the name `term` as whole words, in any case. Developers choose their names. */
export const mentionsTerm = `${wordsOfTerm} <> '' and position(' ' || ${wordsOfTerm} || ' ' in ${wordsOfText}) > 0`;

// Only filters, invitations and referrer filters contain names. Other details may equal a name, as developers choose their names.
// Records about referrer filters of older versions name the application only. Reads the provider's records.
const ofPersonStatement = `
  select record.id, record.at, record.actor_kind, record.actor_id, null as "actorName", record.action, record.subject,
    record.detail
  from audit_records record
  where record.provider_id = $1 and record.id > $6 and not record.detail ? 'erased' and (
    record.subject = any($4::text[])
    or 'application/' || (record.detail ->> 'applicationId') = any($4::text[])
    or (record.detail ->> 'accountId' = $2::bigint::text
      and ($3::bigint is null or lower(record.detail ->> 'email') = any(select lower(term) from unnest($5::text[]) as term)))
    or (record.detail ? 'filter' and exists (
      select from unnest($5::text[]) as term, unnest($8::text[]) as field,
        lateral (select record.detail -> 'filter' ->> field as written) as part
      where ${mentionsTerm})))
  order by record.id
  limit $7`;

/** Lists the records about an account or a user, oldest first. Erased ones are left out. */
export const listAuditOfPerson = (
  db: Database,
  { providerId, accountId, userId, objects, terms, after, limit }: AuditOfPerson & { after: number; limit: number },
): Promise<StoredAuditRecord[]> =>
  db.query<StoredAuditRecord>(ofPersonStatement, [
    providerId,
    accountId,
    userId,
    objects,
    terms,
    after,
    limit,
    writtenFilterFields,
  ]);

/** An account, or a user whose account is sought. One of the two ids is given. */
export interface SoughtSubject {
  readonly providerId: number;
  readonly accountId?: number | undefined;
  readonly userId?: number | undefined;
}

// Reads the provider's records.
const findAccountStatement = `
  select (detail ->> 'accountId')::bigint as "accountId"
  from audit_records
  where provider_id = $1 and detail ->> 'accountId' ~ '^[0-9]{1,18}$'
    and (detail ->> 'accountId' = $2::bigint::text or subject = 'user/' || $3::bigint)
  limit 1`;

/** Returns the account of a subject that audit records name. They outlive its events. */
export async function findAccountInAudit(
  db: Database,
  { providerId, accountId, userId }: SoughtSubject,
): Promise<number | undefined> {
  const [found] = await db.query<{ accountId: number }>(findAccountStatement, [providerId, accountId, userId]);
  return found?.accountId;
}

const eraseStatement = `select erase_audit_records($1, $2::bigint[])`;

/** Erases the details of the records about a person, except numbers. Actor, action, subject and time stay. */
export async function eraseAuditRecords(
  tx: Transaction,
  { erasureId, ...person }: AuditOfPerson & { readonly erasureId: number },
): Promise<void> {
  const limit = 1000;
  for (let after = 0; ;) {
    const records = await listAuditOfPerson(tx, { ...person, after, limit });
    if (records.length === 0) return;
    await tx.query(eraseStatement, [erasureId, records.map(({ id }) => id)]);
    after = records.at(-1)?.id ?? after;
    if (records.length < limit) return;
  }
}
