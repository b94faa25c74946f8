import type { FastifyInstance, FastifyReply } from "fastify";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import { formatWait } from "#http/shared/sign-in.ts";
import { attemptLimits } from "#platform/limits.ts";
import { parseRowId } from "#platform/ids.ts";
import { nameInText } from "#platform/visible-text.ts";
import {
  deleteMessage,
  findSameMessage,
  listMessagesForDevelopers,
  markMessageRead,
  type Message,
  type MessageInList,
  readMessage,
  sendMessage,
} from "#portal/accounts/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { messageUrl } from "#portal/providers/index.ts";
import { addFormPage, earliestSubmissionMs, type FormField, showForm, withSubmittedValues } from "./forms.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  formatDate,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  requireDeveloper,
  showNotFound,
} from "./page.ts";

/** Adds the pages of the messages between the account and the provider. All users of the account read and write them. */
export function addMessagePages(http: FastifyInstance, portal: Portal): void {
  const limiter = createAttemptLimiter(portal, attemptLimits.messages);
  http.get("/messages", requireDeveloper(portal, showList("received")));
  http.get("/messages/sent", requireDeveloper(portal, showList("sent")));
  http.get("/messages/:id", requireDeveloper(portal, requireMessage(showMessage)));
  addFormPage(http, portal, {
    path: "/messages/new",
    show: showNewMessage,
    submit: (visit) => submitMessage(visit, limiter),
  });
  addFormPage(http, portal, {
    path: "/messages/:id/delete",
    show: requireMessage((visit) =>
      showForm(visit, {
        title: "Delete the message?",
        lead: `All users of your account lose “${nameInText(visit.message.subject)}”. ${nameInText(visit.request.provider.name)} keeps it.`,
        submit: "Delete message",
        isDestructive: true,
        back: boxOf(visit.message),
      }),
    ),
    submit: requireMessage(async (visit) => {
      const isDeleted = await deleteMessage(portal.pool, referenceOf(visit, visit.message.id), developerContext(visit));
      return isDeleted
        ? redirectWithNotice(visit.reply, boxOf(visit.message).href, "message-deleted")
        : showNotFound(visit.reply);
    }),
  });
}

/** Returns the list that has the message. */
const boxOf = ({ sender }: MessageInList): { readonly href: string; readonly text: string } =>
  sender === "provider" ? { href: "/messages", text: "Messages" } : { href: "/messages/sent", text: "Sent messages" };

const referenceOf = ({ request, developer }: DeveloperVisit, id: number) => ({
  providerId: request.provider.id,
  id,
  seenBy: { side: "account", accountId: developer.account.id } as const,
});

interface MessageVisit extends DeveloperVisit {
  readonly message: Message;
}

/** Loads the message in the path. */
const requireMessage =
  (page: (visit: MessageVisit) => Promise<FastifyReply>): DeveloperPage =>
  async (visit) => {
    const id = readPathId(visit.request);
    const message = id === undefined ? undefined : await readMessage(visit.portal.pool, referenceOf(visit, id));
    return message ? page({ ...visit, message }) : showNotFound(visit.reply);
  };

const showList =
  (box: "received" | "sent"): DeveloperPage =>
  async ({ portal, request, reply, developer }) => {
    const { id: providerId, timeZone } = request.provider;
    const sender = box === "received" ? "provider" : "account";
    const messages = await listMessagesForDevelopers(portal.pool, {
      providerId,
      accountId: developer.account.id,
      sender,
    });
    const name = box === "received" ? "Messages" : "Sent messages";
    const { title, rows, ...page } = listPage(request, name, messages, ({ subject }) => subject);
    return portal.showPage(request, reply, {
      template: "messages",
      title,
      developer,
      data: {
        ...page,
        messages: rows.map(({ id, subject, author, readAt, createdAt }) => ({
          id,
          subject,
          author: box === "sent" ? author : undefined,
          sent: formatDate(createdAt, timeZone),
          is_unread: box === "received" && readAt === null,
        })),
      },
    });
  };

async function showMessage(visit: MessageVisit): Promise<FastifyReply> {
  const { portal, request, reply, developer, message } = visit;
  const { id, sender, subject, body, author, readAt, createdAt } = message;
  const isNew = sender === "provider" && readAt === null && request.method === "GET";
  if (isNew) await markMessageRead(portal.pool, referenceOf(visit, id), portal.clock.now());
  const unread = Math.max(0, developer.unreadMessages - (isNew ? 1 : 0));
  return portal.showPage(request, reply, {
    template: "one-message",
    title: subject,
    developer: { ...developer, unreadMessages: unread },
    data: {
      box: boxOf(message),
      message: {
        id,
        subject,
        body,
        author,
        is_received: sender === "provider",
        sent: formatDate(createdAt, request.provider.timeZone),
      },
    },
  });
}

const subjectMax = 255;

const fieldsFor = (subject: string): readonly FormField[] => [
  { name: "subject", label: "Subject", type: "text", required: true, value: subject },
  { name: "body", label: "Message", type: "text", required: true, lines: 10 },
];

/** Shows the form for a new message, or for the answer to the one in the query. */
async function showNewMessage(
  visit: DeveloperVisit,
  rejected: { readonly errors?: FieldErrors; readonly status?: number } = {},
): Promise<FastifyReply> {
  const { portal, request } = visit;
  const answered = parseRowId(readForm(request.query)["answer"] ?? "");
  const message = answered && (await readMessage(portal.pool, referenceOf(visit, answered)));
  const provider = nameInText(request.provider.name);
  return showForm(visit, {
    title: message ? "Answer" : "New message",
    // A rejected answer is still one.
    address: message ? `/messages/new?answer=${message.id}` : undefined,
    lead: `${provider} gets it, and answers here.`,
    fields: withSubmittedValues(fieldsFor(message ? answerTo(message.subject) : ""), readForm(request.body)),
    submit: "Send message",
    back: { href: "/messages", text: "Messages" },
    ...rejected,
  });
}

/** Returns the subject of an answer. */
const answerTo = (subject: string): string =>
  /^re: /i.test(subject) ? subject : `Re: ${subject}`.slice(0, subjectMax).toWellFormed();

async function submitMessage(visit: DeveloperVisit, limiter: AttemptLimiter): Promise<FastifyReply> {
  const { portal, request, reply, developer } = visit;
  const { provider } = request;
  const by = developerContext(visit);
  const message = {
    provider,
    accountId: developer.account.id,
    sender: "account",
    values: readForm(request.body),
    urlOf: messageUrl(portal, provider),
    by,
    sameAfterMs: earliestSubmissionMs(request, by.now),
  } as const;
  // Before it counts as another message.
  if (await findSameMessage(portal.pool, message)) return redirectWithNotice(reply, "/messages/sent", "message-sent");
  const seconds = await limiter.secondsToWait(`${provider.id} ${developer.account.id}`);
  if (seconds > 0) {
    const errors = { base: [`Too many messages. Please try again ${formatWait(seconds)}.`] };
    return showNewMessage(visit, { errors, status: 429 });
  }
  const outcome = await sendMessage(portal.pool, message);
  if (!outcome) return showNotFound(reply);
  return "refused" in outcome
    ? showNewMessage(visit, { errors: outcome.refused })
    : redirectWithNotice(reply, "/messages/sent", "message-sent");
}
