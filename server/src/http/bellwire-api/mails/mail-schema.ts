import { Type } from "typebox";
import { Nullable, pageOf, pageQuery, Timestamp } from "../page-schema.ts";
import { answers } from "../route-schema.ts";

const Mail = Type.Object(
  {
    id: Type.Integer(),
    recipient: Type.String(),
    subject: Type.String(),
    text: Type.String({ description: "Plain text. Its links work as if they had been received." }),
    created_at: Timestamp,
    sent_at: Nullable(Timestamp),
    attempts_made: Type.Integer(),
    last_error: Nullable(Type.String({ description: "What the mail server said at the last attempt." })),
  },
  { title: "Mail", description: "A mail to a developer. Without a mail server it stays here." },
);

export const listMails = {
  tags: ["Mails"],
  operationId: "listMails",
  summary: "List the mails, newest first",
  description: "With their text, and whether they went out. For admins alone, since the links in them open accounts.",
  querystring: Type.Object(pageQuery),
  response: answers(pageOf(Mail)),
};
