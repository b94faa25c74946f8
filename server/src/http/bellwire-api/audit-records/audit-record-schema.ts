import { Type } from "typebox";
import { Nullable, pageOf, pageQuery, Timestamp } from "../page-schema.ts";
import { answers } from "../route-schema.ts";

const AuditRecord = Type.Object(
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

export const listAuditRecords = {
  tags: ["Audit log"],
  operationId: "listAuditRecords",
  summary: "List what was done on the provider's side, newest first",
  description:
    "Who changed endpoints, settings, plans, fields, colleagues and tokens, and who retried, skipped, cancelled or deleted " +
    "deliveries. What raises an event is told by the events. For admins alone.",
  querystring: Type.Object(pageQuery),
  response: answers(pageOf(AuditRecord)),
};
