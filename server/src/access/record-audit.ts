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
  values ($1, $2, $3, $4, $5, $6)`;

/**
 * Says who did what on the admin side, in the transaction of the deed. What developers do for themselves, by a use case that
 * both sides have, is no part of it.
 */
export async function recordAudit(
  tx: Transaction,
  { providerId, actor, action, subject, detail }: AuditRecord,
): Promise<void> {
  if (actor.kind === "developer") return;
  const actorId = "userId" in actor ? actor.userId : null;
  await tx.query(statement, [providerId, actor.kind, actorId, action, subject, JSON.stringify(detail)]);
}
