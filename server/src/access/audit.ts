import { isDeepStrictEqual } from "node:util";
import type { Database, Transaction } from "#platform/database/database.ts";
import type { Actor } from "./actor.ts";

export interface AuditRecord {
  readonly providerId: number;
  readonly actor: Actor;
  /** `endpoint.changed` and the like. */
  readonly action: string;
  /** `endpoint/3` and the like. */
  readonly subject: string;
  /** Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

const insertStatement = `
  insert into audit_records (provider_id, actor_kind, actor_id, action, subject, detail)
  values ($1, $2, $3, $4, $5, $6)
  returning id`;

/**
 * Says who did what on the admin side, in the transaction of the deed. What developers do for themselves, by a use case that
 * both sides have, is no part of it.
 */
export async function recordAudit(tx: Transaction, record: AuditRecord): Promise<void> {
  await insertAudit(tx, record);
}

/** The same, and gives the record's id, if there is one. */
async function insertAudit(
  tx: Transaction,
  { providerId, actor, action, subject, detail }: AuditRecord,
): Promise<number | undefined> {
  if (actor.kind === "developer") return undefined;
  const actorId = "userId" in actor ? actor.userId : null;
  const values = [providerId, actor.kind, actorId, action, subject, JSON.stringify(detail)];
  const [row] = await tx.query<{ id: number }>(insertStatement, values);
  return row?.id;
}

const raiseCountStatement = `select raise_audit_count($1, $2, $3)`;

/**
 * Says who did what, of a deed that is too large for one transaction: one record, which the first piece writes with its count,
 * and which each further piece, in its own transaction, gives the count so far. So it is there as soon as something was
 * changed, and always says exactly how much, also when the process dies between two pieces. Written before the first, it
 * would claim what may never come; after the last, it would be missing; one for each piece would be a hundred of one deed.
 */
export function auditInBatches(record: AuditRecord): (tx: Transaction, countSoFar: number) => Promise<void> {
  let id: number | undefined;
  return async (tx, count) => {
    if (id === undefined) id = await insertAudit(tx, { ...record, detail: { count, ...record.detail } });
    else await tx.query(raiseCountStatement, [record.providerId, id, count]);
  };
}

/** The names of what differs, for the audit: which of a thing's settings somebody changed. */
export function changedFields<It extends object>(before: It, after: It): readonly string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([name, it]) => (isDeepStrictEqual(it, old.get(name)) ? [] : [name]));
}

/** A deed as it was kept. */
export interface StoredAuditRecord extends Pick<AuditRecord, "action" | "subject" | "detail"> {
  readonly id: number;
  readonly at: Date;
  readonly actorKind: Exclude<Actor["kind"], "developer">;
  readonly actorId: number | null;
  /** As the user is called now. Null if there is none, or none any more. */
  readonly actorName: string | null;
}

export interface AuditPage {
  /** Where to go on: the id of the last record of the page before. */
  readonly before?: number | undefined;
  readonly limit: number;
}

// Backwards along the primary key. Users are found by theirs, at most one for each record of the page.
const listStatement = `
  select record.id, record.at, record.actor_kind, record.actor_id,
    provider_user.username as "actorName", record.action, record.subject, record.detail
  from audit_records record
  left join provider_users provider_user
    on provider_user.provider_id = record.provider_id and provider_user.id = record.actor_id
  where record.provider_id = $1 and ($2::bigint is null or record.id < $2)
  order by record.id desc
  limit $3`;

/** Who did what on the admin side, newest first. */
export const listAuditRecords = (
  db: Database,
  providerId: number,
  { before, limit }: AuditPage,
): Promise<StoredAuditRecord[]> => db.query<StoredAuditRecord>(listStatement, [providerId, before ?? null, limit]);
