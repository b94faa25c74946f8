import type { KeptAuditRecord } from "#access/index.ts";

export const representAuditRecord = (record: KeptAuditRecord) => ({
  id: record.id,
  at: record.at.toISOString(),
  actor: { kind: record.actorKind, user_id: record.actorId, username: record.actorName },
  action: record.action,
  subject: record.subject,
  detail: record.detail,
});
