import { parseRowId } from "#platform/ids.ts";
import { Type } from "typebox";
import { exampleTime, laterExampleTime } from "#platform/times.ts";
import { listMails, mailStates } from "#portal/mails/index.ts";
import { Moment, several } from "#webhooks/search/index.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  parseMoments,
  parseQueryWords,
  representAs,
  representPage,
  Timestamp,
  Words,
} from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

const MailSchema = Type.Object(
  {
    id: Type.Integer(),
    state: Type.Enum([...mailStates], {
      description:
        "A waiting mail is tried for three days. A failed one is not tried again: they are over, or the mail server says that the address does not exist.",
    }),
    recipient: Type.String(),
    subject: Type.String(),
    text: Type.String({ description: "Plain text. Its links are valid." }),
    created_at: Timestamp,
    sent_at: Nullable(Timestamp),
    attempts_made: Type.Integer(),
    last_error: Nullable(Type.String({ description: "The response of the mail server to the last attempt." })),
  },
  { title: "Mail", description: "A mail to a developer or an admin. Without a mail server, mails stay in this list." },
);

const representMail = representAs(MailSchema);

export const exampleMail = representMail({
  id: 91,
  state: "sent",
  recipient: "mira@harbour.example",
  subject: "Your application was rejected",
  text: "Your application Ferry times was rejected.",
  createdAt: exampleTime,
  sentAt: laterExampleTime,
  attemptsMade: 1,
  lastError: null,
});

export const mailOperations: readonly Operation[] = [
  operation({
    id: "listMails",
    title: "List the mails, newest first",
    description: "With their texts and states. For admins only, because links in mails give access to accounts.",
    method: "GET",
    path: "/mails",
    // The links in mails open accounts, so members and read-only tokens may not read them.
    action: "administer-portal",
    query: Type.Object({
      ...pageQuery,
      q: Words("the recipient or the subject"),
      state: several(Type.Enum([...mailStates]), "Mails in this state."),
      account_id: Type.Optional(IdOf("the account that the mail is about")),
      since: Type.Optional(Moment("Mails from this time on")),
      until: Type.Optional(Moment("Mails before this time")),
    }),
    responses: { 200: pageOf(MailSchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after, q, state, account_id, ...span }, now }) {
      const mails = await listMails(pool, provider.id, {
        words: parseQueryWords(q),
        states: state,
        accountId: account_id,
        ...parseMoments(span, ["since", "until"], now),
        before: parseCursor(after, parseRowId),
        limit: limit + 1,
      });
      return representPage(mails, limit, { represent: representMail, cursorOf: ({ id }) => String(id) });
    },
  }),
];
