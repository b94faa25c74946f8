import type { Transaction } from "#platform/database/database.ts";
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

const statement = `
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
export async function insertAudit(
  tx: Transaction,
  { providerId, actor, action, subject, detail }: AuditRecord,
): Promise<number | undefined> {
  if (actor.kind === "developer") return undefined;
  const actorId = "userId" in actor ? actor.userId : null;
  const values = [providerId, actor.kind, actorId, action, subject, JSON.stringify(detail)];
  const [row] = await tx.query<{ id: number }>(statement, values);
  return row?.id;
}
