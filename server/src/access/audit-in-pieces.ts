import type { Transaction } from "#platform/database/database.ts";
import { insertAudit, type AuditRecord } from "./record-audit.ts";

const recount = `select raise_audit_count($1, $2, $3)`;

/**
 * Says who did what, of a deed that is too large for one transaction: one record, which the first piece writes with its count,
 * and which each further piece, in its own transaction, gives the count so far. So it is there as soon as something was
 * changed, and always says exactly how much, also when the process dies between two pieces. Written before the first, it
 * would claim what may never come; after the last, it would be missing; one for each piece would be a hundred of one deed.
 */
export function auditInPieces(record: AuditRecord): (tx: Transaction, countSoFar: number) => Promise<void> {
  let id: number | undefined;
  return async (tx, count) => {
    if (id === undefined) id = await insertAudit(tx, { ...record, detail: { count, ...record.detail } });
    else await tx.query(recount, [record.providerId, id, count]);
  };
}
