import { recordAudit, type AuditRecord } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";

/** Says what a command did. Whoever runs one has the database at hand, and is nobody whom Bellwire knows. */
export const auditCommand = (tx: Transaction, { detail, ...deed }: Omit<AuditRecord, "actor">): Promise<void> =>
  recordAudit(tx, { ...deed, actor: { kind: "system" }, detail: { ...detail, by: "command line" } });
