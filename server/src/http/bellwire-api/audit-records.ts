import { parseRowId } from "#platform/ids.ts";
import { Type, type Static } from "typebox";
import { listAuditRecords, type StoredAuditRecord } from "#access/index.ts";
import { Nullable, pageLimit, pageOf, pageQuery, parseCursor, representPage, Timestamp } from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

const AuditRecordSchema = Type.Object(
  {
    id: Type.Integer(),
    at: Timestamp,
    actor: Type.Object(
      {
        kind: Type.Enum(["admin", "token", "key", "system"]),
        user_id: Nullable(Type.Integer({ description: "Null for `key` and `system`, which have no user." })),
        username: Nullable(Type.String({ description: "As the user is called now. Null when the user is gone." })),
      },
      { title: "AuditActor", description: "For a token, the user whose it is." },
    ),
    action: Type.String({ description: "What was done: `endpoint.changed`." }),
    subject: Type.String({ description: "To what: `endpoint/3`." }),
    detail: Type.Unsafe<unknown>({
      ...Type.Record(Type.String(), Type.Unknown()),
      description: "What else is worth knowing, such as which settings changed. Never a secret.",
    }),
  },
  { title: "AuditRecord", description: "Something that was done on the provider's side." },
);

export const representAuditRecord = (record: StoredAuditRecord): Static<typeof AuditRecordSchema> => ({
  id: record.id,
  at: record.at.toISOString(),
  actor: { kind: record.actorKind, user_id: record.actorId, username: record.actorName },
  action: record.action,
  subject: record.subject,
  detail: record.detail,
});

export const auditRecordOperations: readonly Operation[] = [
  operation({
    id: "listAuditRecords",
    tag: "Audit log",
    title: "List what was done on the provider's side, newest first",
    description:
      "Who changed endpoints, settings, plans, fields, colleagues and tokens, and who retried, skipped, cancelled or deleted " +
      "deliveries. What raises an event is told by the events. For admins alone.",
    method: "GET",
    path: "/audit_records",
    action: "read-audit",
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(AuditRecordSchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after } }) {
      const page = { before: parseCursor(after, parseRowId), limit: limit + 1 };
      const records = await listAuditRecords(pool, provider.id, page);
      return representPage(records, limit, { represent: representAuditRecord, cursorOf: ({ id }) => String(id) });
    },
  }),
];
