import { Type } from "typebox";
import { parseRowId } from "#platform/ids.ts";
import { exampleTime, laterExampleTime, timeAt } from "#platform/times.ts";
import {
  deleteMessage,
  listMessages,
  listMessagesOfAccount,
  markMessageRead,
  type MessageInList,
  type MessagePosition,
  positionOf,
  readAccount,
  readMessage,
} from "#portal/accounts/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  representAs,
  representPage,
  Timestamp,
} from "./fields.ts";
import { type Call, noContent, noContentResponse, operation, type Operation, requireFound } from "./operation.ts";

const listedFields = {
  id: Type.Integer(),
  account_id: Type.Integer(),
  org_name: Type.String({ description: "The organization of the account." }),
  sender: Type.Enum(["provider", "account"], { description: "Who sent it: you or the account." }),
  author: Nullable(
    Type.String({
      description: "The username of who wrote it. Null for the provider key, and once the user is deleted.",
    }),
  ),
  subject: Type.String(),
  read_at: Nullable(Type.String({ ...Timestamp, description: "When the other side first read it." })),
  created_at: Timestamp,
};

const ListedMessageSchema = Type.Object(listedFields, {
  title: "ListedMessage",
  description: "A message between you and an account, without its text.",
});

const MessageSchema = Type.Object(
  { ...listedFields, body: Nullable(Type.String({ description: "Plain text." })) },
  { title: "Message", description: "A message between you and an account." },
);

const representListed = representAs(ListedMessageSchema);
const representMessage = representAs(MessageSchema);

const listed: MessageInList = {
  id: 74,
  accountId: 41,
  orgName: "Harbour Ltd",
  sender: "account",
  author: "mira",
  subject: "Prices of May",
  readAt: laterExampleTime,
  createdAt: exampleTime,
};
export const exampleListedMessage = representListed(listed);
export const exampleMessage = representMessage({ ...listed, body: "When do you know the prices of May?" });

const writeCursor = (message: MessageInList): string => {
  const { isUnread, createdAt, id } = positionOf(message);
  return `${isUnread ? "unread" : "read"}.${createdAt.getTime()}.${id}`;
};

/** Longer numbers are no times. */
const cursorPattern = /^(unread|read)\.(\d{1,13})\.(\d+)$/;

function parsePosition(text: string): MessagePosition | undefined {
  const [, state, ms = "", digits = ""] = cursorPattern.exec(text) ?? [];
  const id = parseRowId(digits);
  return id === undefined ? undefined : { isUnread: state === "unread", createdAt: timeAt(Number(ms)), id };
}

const representMessages = (messages: readonly MessageInList[], limit: number) =>
  representPage(messages, limit, { represent: representListed, cursorOf: writeCursor });

const params = Type.Object({ id: IdOf("the message") });

const referenceOf = ({ provider, params: { id } }: Call<{ readonly id: number }>) => ({
  providerId: provider.id,
  id,
  seenBy: { side: "provider" } as const,
});

export const messageOperations: readonly Operation[] = [
  operation({
    id: "listMessages",
    title: "List the messages from accounts or to accounts",
    description: "Unread messages from accounts are first, then the newest. The Account Management API sends messages.",
    method: "GET",
    path: "/messages",
    action: "read-portal",
    query: Type.Object({
      ...pageQuery,
      box: Type.Optional(
        Type.Enum(["received", "sent"], {
          default: "received",
          description: "`received`: from accounts. `sent`: to accounts.",
        }),
      ),
      unread: Type.Optional(
        Type.Boolean({ description: "True: only messages from accounts that none of your users has marked as read." }),
      ),
    }),
    responses: { 200: pageOf(ListedMessageSchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after, box = "received", unread } }) {
      const messages = await listMessages(pool, {
        providerId: provider.id,
        sender: box === "received" ? "account" : "provider",
        isUnreadOnly: unread,
        after: parseCursor(after, parsePosition),
        limit: limit + 1,
      });
      return representMessages(messages, limit);
    },
  }),
  operation({
    id: "listAccountMessages",
    title: "List the messages from and to an account, newest first",
    description: "Without those that you have deleted.",
    method: "GET",
    path: "/accounts/{id}/messages",
    action: "read-portal",
    params: Type.Object({ id: IdOf("the account") }),
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(ListedMessageSchema) },
    async handle({ pool }, { provider, params: { id: accountId }, query: { limit = pageLimit, after } }) {
      requireFound(await readAccount(pool, provider.id, accountId));
      const place = parseCursor(after, parsePosition);
      const page = { providerId: provider.id, accountId, after: place, limit: limit + 1 };
      return representMessages(await listMessagesOfAccount(pool, page), limit);
    },
  }),
  operation({
    id: "readMessage",
    title: "Read a message with its text",
    description: "Does not mark it as read.",
    method: "GET",
    path: "/messages/{id}",
    action: "read-portal",
    params,
    responses: { 200: MessageSchema },
    async handle({ pool }, call) {
      return representMessage(requireFound(await readMessage(pool, referenceOf(call))));
    },
  }),
  operation({
    id: "markMessageRead",
    title: "Mark a message from an account as read",
    description: "For all of your users. Has no effect on other messages.",
    method: "POST",
    path: "/messages/{id}/read",
    action: "change-portal",
    params,
    responses: noContentResponse,
    async handle({ pool }, call) {
      requireFound(await readMessage(pool, referenceOf(call)));
      await markMessageRead(pool, referenceOf(call), call.now);
      return noContent;
    },
  }),
  operation({
    id: "deleteMessage",
    title: "Delete a message",
    description: "The account keeps it until its own users delete it.",
    method: "DELETE",
    path: "/messages/{id}",
    action: "change-portal",
    params,
    responses: noContentResponse,
    async handle({ pool }, call) {
      if (!(await deleteMessage(pool, referenceOf(call), call.by))) throw new Problem("not-found");
      return noContent;
    },
  }),
];
