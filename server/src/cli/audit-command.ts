import { recordAudit, type AuditRecord } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";

/** Whoever runs a command has the database at hand, and is nobody whom Bellwire knows. */
export const commandLine = { actor: { kind: "system" }, detail: { by: "command line" } } as const;

/** Says what a command did. */
export const auditCommand = (tx: Transaction, { detail, ...deed }: Omit<AuditRecord, "actor">): Promise<void> =>
  recordAudit(tx, { ...deed, actor: commandLine.actor, detail: { ...detail, ...commandLine.detail } });
