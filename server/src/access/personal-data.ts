import type { Database, Transaction } from "#platform/database/database.ts";
import type { StoredAuditRecord } from "./audit.ts";
import type { Audience } from "./sessions.ts";

/** The records about an account or a user. */
export interface AuditOfPerson {
  readonly providerId: number;
  readonly accountId: number;
  /** Null for all records about the account. */
  readonly userId: number | null;
  /** For example `user/21`. */
  readonly objects: readonly string[];
  /** Names and addresses. */
  readonly terms: readonly string[];
}

// Names count where they are a whole value, or within the filter of a job. Reads the provider's records.
const ofPersonStatement = `
  select record.id, record.at, record.actor_kind, record.actor_id, null as "actorName", record.action, record.subject,
    record.detail
  from audit_records record
  where record.provider_id = $1 and record.id > $6 and not record.detail ? 'erased' and (
    record.subject = any($4::text[])
    or ($3::bigint is null and record.detail ->> 'accountId' = $2::bigint::text)
    or exists (
      select from unnest($5::text[]) as term
      where position(to_jsonb(term)::text in record.detail::text) > 0
        or (record.action = 'job.started' and length(term) > 2
          and position(trim('"' from to_jsonb(term)::text) in record.detail::text) > 0)))
  order by record.id
  limit $7`;

/** Lists the records about an account or a user, oldest first. Erased ones are left out. */
export const listAuditOfPerson = (
  db: Database,
  { providerId, accountId, userId, objects, terms, after, limit }: AuditOfPerson & { after: number; limit: number },
): Promise<StoredAuditRecord[]> =>
  db.query<StoredAuditRecord>(ofPersonStatement, [providerId, accountId, userId, objects, terms, after, limit]);

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

const listSessionsStatement = `
  select created_at, expires_at from sessions
  where provider_id = $1 and audience = $2 and user_id = any($3::bigint[])
  order by created_at`;

/** Lists the times of users' sessions. */
export const listSessions = (
  db: Database,
  {
    providerId,
    audience,
    userIds,
  }: { readonly providerId: number; readonly audience: Audience; readonly userIds: readonly number[] },
): Promise<{ readonly createdAt: Date; readonly expiresAt: Date }[]> =>
  db.query(listSessionsStatement, [providerId, audience, userIds]);

const eraseViewsStatement = `
  delete from saved_views
  where provider_id = $1 and exists (
    select from unnest($2::text[]) as term where length(term) > 2 and (position(term in query) > 0 or position(term in name) > 0))`;

/** Deletes saved views with a name or an address in their filter or title. They would match nothing any more. */
export async function eraseSavedViews(
  tx: Transaction,
  { providerId, terms }: { readonly providerId: number; readonly terms: readonly string[] },
): Promise<void> {
  const encoded = terms.flatMap((term) => [
    encodeURIComponent(term),
    new URLSearchParams({ q: term }).toString().slice("q=".length),
    JSON.stringify(term).slice(1, -1),
  ]);
  await tx.query(eraseViewsStatement, [providerId, [...new Set([...terms, ...encoded])]]);
}
