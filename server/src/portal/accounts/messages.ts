import {
  type ChangeContext,
  type DataSubject,
  countForDevelopers,
  recordAudit,
  requireLeftForDevelopers,
  requireWithinLimit,
} from "#access/index.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import { listSubscriptions } from "#portal/applications/subscriptions.ts";
import {
  type FieldErrors,
  type FieldInput,
  errorsOf,
  hasNoErrors,
  mergeErrors,
  parseText,
} from "#portal/fields/index.ts";
import { insertMailsToAdmins, insertNotificationMails, messageMail, notificationMails } from "#portal/mails/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { listUsers } from "#portal/users/user.ts";
import { type Account, lockAccount } from "./account.ts";
import type { AccountChange } from "./change-account.ts";

/** The two sides of a message. Each deletes it for itself. */
export type MessageSide = "provider" | "account";

/** A message between the provider and one of its accounts, in a list. */
export interface MessageInList {
  readonly id: number;
  readonly accountId: number;
  readonly orgName: string;
  readonly sender: MessageSide;
  /** The username of who wrote it. Null for a program with the provider key, and once the user is deleted. */
  readonly author: string | null;
  readonly subject: string;
  /** When the other side read it. */
  readonly readAt: Date | null;
  readonly createdAt: Date;
}

export interface Message extends MessageInList {
  readonly body: string | null;
}

const listColumns = `
  message.id, message.account_id, account.org_name, message.sender, message.subject, message.read_at, message.created_at,
  case message.sender
    when 'account' then (select username from users where provider_id = message.provider_id and id = message.user_id)
    else (select username from provider_users where provider_id = message.provider_id and id = message.user_id)
  end as author`;

const joinAccount = `
  join accounts as account on account.provider_id = message.provider_id and account.id = message.account_id`;

// The same as in messages_provider_idx.
const isUnread = `(sender = 'account' and read_at is null)`;

/** The place of a message in the provider's lists, which have unread messages of accounts first, and then the newest. */
export interface MessagePosition {
  readonly isUnread: boolean;
  readonly createdAt: Date;
  readonly id: number;
}

export const positionOf = ({ sender, readAt, createdAt, id }: MessageInList): MessagePosition => ({
  isUnread: sender === "account" && readAt === null,
  createdAt,
  id,
});

// Served by messages_provider_idx, which has the order. @indexed
const listOfProviderStatement = `
  select ${listColumns}
  from (
    select * from messages
    where provider_id = $1 and kept_by_provider and sender = $2 and ${isUnread} >= $3
      and (${isUnread}, created_at, id) < ($4, $5, $6)
    order by ${isUnread} desc, created_at desc, id desc
    limit $7
  ) as message ${joinAccount}
  order by (message.sender = 'account' and message.read_at is null) desc, message.created_at desc, message.id desc`;

// Served by messages_account_idx, which has the order. @indexed
const listOfAccountStatement = `
  select ${listColumns}
  from (
    select * from messages
    where provider_id = $1 and account_id = $2 and kept_by_provider and (created_at, id) < ($3, $4)
    order by created_at desc, id desc
    limit $5
  ) as message ${joinAccount}
  order by message.created_at desc, message.id desc`;

interface MessagePage {
  readonly providerId: number;
  /** The last message of the page before. */
  readonly after?: MessagePosition | undefined;
  readonly limit: number;
}

/** Before all messages of a list. */
const beginning = [true, "infinity", Number.MAX_SAFE_INTEGER];

const placeOf = (after: MessagePosition | undefined): readonly unknown[] =>
  after ? [after.isUnread, after.createdAt, after.id] : beginning;

/** Lists the messages that the provider has received or sent, or only the unread ones. */
export const listMessages = (
  db: Database,
  {
    providerId,
    sender,
    isUnreadOnly = false,
    after,
    limit,
  }: MessagePage & {
    readonly sender: MessageSide;
    readonly isUnreadOnly?: boolean | undefined;
  },
): Promise<MessageInList[]> =>
  db.query<MessageInList>(listOfProviderStatement, [providerId, sender, isUnreadOnly, ...placeOf(after), limit]);

/** Lists the provider's messages to and from an account, newest first. */
export const listMessagesOfAccount = (
  db: Database,
  { providerId, accountId, after, limit }: MessagePage & { readonly accountId: number },
): Promise<MessageInList[]> =>
  db.query<MessageInList>(listOfAccountStatement, [providerId, accountId, ...placeOf(after).slice(1), limit]);

// Served by messages_account_idx.
const listForDevelopersStatement = `
  select ${listColumns}
  from messages as message ${joinAccount}
  where message.provider_id = $1 and message.account_id = $2 and message.sender = $3 and message.kept_by_account
  order by message.created_at desc, message.id desc
  limit $4`;

/** As many as an account may have, unless the provider deletes what the account keeps. */
const shownToDevelopers = countLimits.messagesToAccount.max;

/** Lists the messages that an account has received or sent, newest first. */
export const listMessagesForDevelopers = (
  db: Database,
  { providerId, accountId, sender }: { providerId: number; accountId: number; sender: MessageSide },
): Promise<MessageInList[]> =>
  db.query<MessageInList>(listForDevelopersStatement, [providerId, accountId, sender, shownToDevelopers]);

// By messages_unread_idx. @indexed
const countUnreadStatement = `
  select count(*) as count from messages
  where provider_id = $1 and account_id = $2 and sender = 'provider' and read_at is null and kept_by_account`;

/** Counts the messages that nobody of an account has read. */
export const countUnreadMessages = async (db: Database, providerId: number, accountId: number): Promise<number> =>
  (await queryRow<{ count: number }>(db, countUnreadStatement, [providerId, accountId])).count;

/** A message as one side sees it. An account sees only its own. */
export interface MessageReference {
  readonly providerId: number;
  readonly id: number;
  readonly seenBy: { readonly side: "provider" } | { readonly side: "account"; readonly accountId: number };
}

const isProviders = "provider_id = $1 and id = $2 and kept_by_provider and $3::bigint is null";
const isAccounts = "provider_id = $1 and id = $2 and kept_by_account and account_id = $3";

const readStatements = {
  provider: `
    select ${listColumns}, message.body from (select * from messages where ${isProviders}) as message ${joinAccount}`,
  account: `
    select ${listColumns}, message.body from (select * from messages where ${isAccounts}) as message ${joinAccount}`,
};

const valuesOf = ({ providerId, id, seenBy }: MessageReference): readonly unknown[] => [
  providerId,
  id,
  seenBy.side === "account" ? seenBy.accountId : null,
];

/** Returns a message, or undefined if this side has none of this id. */
export async function readMessage(db: Database, reference: MessageReference): Promise<Message | undefined> {
  const [message] = await db.query<Message>(readStatements[reference.seenBy.side], valuesOf(reference));
  return message;
}

const markReadStatements = {
  provider: `update messages set read_at = $4 where ${isProviders} and sender = 'account' and read_at is null`,
  account: `update messages set read_at = $4 where ${isAccounts} and sender = 'provider' and read_at is null`,
};

/** Records that the side that received the message has read it. */
export async function markMessageRead(db: Database, reference: MessageReference, now: Date): Promise<void> {
  await db.query(markReadStatements[reference.seenBy.side], [...valuesOf(reference), now]);
}

const hideStatements = {
  provider: `update messages set kept_by_provider = false where ${isProviders} returning kept_by_account as is_kept, account_id`,
  account: `update messages set kept_by_account = false where ${isAccounts} returning kept_by_provider as is_kept, account_id`,
};
const deleteStatement = "delete from messages where provider_id = $1 and id = $2";

/** Deletes a message for one side; the row, once both have deleted it. Returns false if this side has no such message. */
export const deleteMessage = (pool: Pool, reference: MessageReference, { actor }: ChangeContext): Promise<boolean> =>
  pool.inTransaction(async (tx) => {
    const { providerId, id, seenBy } = reference;
    // Its lock makes a deletion of the other side wait.
    const [hidden] = await tx.query<{ isKept: boolean; accountId: number }>(
      hideStatements[seenBy.side],
      valuesOf(reference),
    );
    if (!hidden) return false;
    if (!hidden.isKept) await tx.query(deleteStatement, [providerId, id]);
    const entry = { action: "message.deleted", subject: `message/${id}`, detail: { accountId: hidden.accountId } };
    await recordAudit(tx, { providerId, actor, ...entry });
    return true;
  });

// Sending

interface NewMessage extends AccountChange {
  readonly sender: MessageSide;
  /** Unparsed: `subject` and `body`. */
  readonly values: FieldInput;
  /** Returns the address of a message in the Developer Portal. */
  readonly urlOf: (id: number) => string;
  /** In milliseconds. An equal message of the same user after this time is taken for this one: the form was sent twice. */
  readonly sameAfterMs?: number | undefined;
  /** Chosen by a provider that sends it to many accounts. An earlier message with it is taken for this one: the request was repeated. */
  readonly key?: string | undefined;
}

const insertStatement = `
  insert into messages (provider_id, account_id, sender, user_id, subject, body, created_at, key)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  returning id, account_id, sender, subject, body, read_at, created_at`;

type StoredMessage = Omit<Message, "orgName" | "author">;

// Served by messages_account_idx. @indexed
const readSameStatement = `
  select id, account_id, sender, subject, body, read_at, created_at
  from messages
  where provider_id = $1 and account_id = $2 and created_at > to_timestamp($3::float8 / 1000) and sender = $4 and user_id = $5
    and subject = $6 and body is not distinct from $7
  limit 1`;

/** Returns the message that an earlier submission of the same form has sent. */
export async function findSameMessage(db: Database, message: NewMessage): Promise<StoredMessage | undefined> {
  const { provider, accountId, sender, by, sameAfterMs } = message;
  if (sameAfterMs === undefined || !("userId" in by.actor)) return undefined;
  const { subject, body } = parseMessage(message);
  const values = [provider.id, accountId, sameAfterMs, sender, by.actor.userId, subject, body];
  const [same] = await db.query<StoredMessage>(readSameStatement, values);
  return same;
}

// Served by messages_account_idx. @indexed
const readByKeyStatement = `
  select id, account_id, sender, subject, body, read_at, created_at
  from messages
  where provider_id = $1 and account_id = $2 and sender = 'provider' and key = $3
  limit 1`;

/** Returns the message with a key that the provider has sent to an account. */
export async function findMessageByKey(
  db: Database,
  { providerId, accountId, key }: { providerId: number; accountId: number; key: string },
): Promise<StoredMessage | undefined> {
  const [message] = await db.query<StoredMessage>(readByKeyStatement, [providerId, accountId, key]);
  return message;
}

/** Returns what is wrong with a message of the provider, whoever gets it. */
export const messageErrors = (values: FieldInput): FieldErrors => parseMessage({ sender: "provider", values }).errors;

/** Stores a message and mails it to the other side. Returns undefined if the provider has no such account. */
export async function sendMessage(
  pool: Pool,
  message: NewMessage,
): Promise<{ readonly message: StoredMessage } | { readonly refused: FieldErrors } | undefined> {
  const { provider, accountId, sender, by, key } = message;
  const limit = sender === "provider" ? countLimits.messagesToAccount : countLimits.messagesFromAccount;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const { errors, subject, body } = parseMessage(message);
    if (!hasNoErrors(errors)) return { refused: errors };
    // The locked account keeps two submissions apart.
    const same =
      key === undefined
        ? await findSameMessage(tx, message)
        : await findMessageByKey(tx, { providerId: provider.id, accountId, key });
    if (same) return { message: same };
    requireLeftForDevelopers(tx, { providerId: provider.id, ...by }, account);
    await requireWithinLimit(tx, limit, { providerId: provider.id, id: accountId });
    const { actor, now } = by;
    const written = ["userId" in actor ? actor.userId : null, subject, body, now, key ?? null];
    const stored = await queryRow<StoredMessage>(tx, insertStatement, [provider.id, accountId, sender, ...written]);
    await (sender === "provider"
      ? mailAccount(tx, message, account, stored)
      : mailProvider(tx, message, account, stored));
    const entry = { action: "message.sent", subject: `message/${stored.id}`, detail: { accountId } };
    await recordAudit(tx, { providerId: provider.id, actor, ...entry });
    return { message: stored };
  });
}

/** The provider's answer has the subject that a developer chose, and is mailed to all admins of the account. */
const inOneLine = (subject: string): string =>
  subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replaceAll(/\p{Bidi_Control}/gu, "");

/** Programs may send a message without a body, as in 3scale. */
function parseMessage({ sender, values }: Pick<NewMessage, "sender" | "values">) {
  const read = {
    subject: parseText(values, "subject"),
    body: parseText(values, "body", textLimits.field.max),
  };
  const { subject, body } = read;
  const isRequired = { subject: true, body: sender === "account" };
  const blank = (name: keyof typeof read): readonly string[] =>
    isRequired[name] && !read[name].value && read[name].wrong.length === 0 ? ["can't be blank"] : [];
  const errors = mergeErrors(errorsOf(read), { subject: blank("subject"), body: blank("body") });
  return {
    errors,
    subject: inOneLine(subject.value ?? ""),
    body: values["body"] === null ? null : (body.value ?? null),
  };
}

/** The admins of the account get it, unless the account is suspended, as in 3scale. */
async function mailAccount(
  tx: Transaction,
  { provider, urlOf, by: { now } }: NewMessage,
  { id: accountId, state }: Account,
  { id, subject, body }: StoredMessage,
): Promise<void> {
  if (state === "suspended") return;
  const users = await listUsers(tx, provider.id, accountId);
  await insertMailsToAdmins(tx, { provider, accountId, users, now }, (admin) =>
    messageMail({ ...admin, provider, subject, body, url: urlOf(id) }),
  );
}

/** The bytes of a row beside its text. */
const storedMessageBytes = 512;

async function mailProvider(
  tx: Transaction,
  { provider, by }: NewMessage,
  account: Account,
  { id, subject, body }: StoredMessage,
): Promise<void> {
  const bytes = storedMessageBytes + Buffer.byteLength(`${subject}${body ?? ""}`);
  countForDevelopers(tx, { providerId: provider.id, ...by }, { account, bytes });
  const productIds = (await listSubscriptions(tx, provider.id, account.id)).map(({ productId }) => productId);
  const mail = notificationMails.message_received({ account, message: { id, subject, body }, productIds });
  await insertNotificationMails(tx, { provider, account, by }, [mail]);
}

// Personal data

// The messages of an account, or those that a user has written. Served by messages_account_idx.
const isOfPerson = `
  message.provider_id = $1 and message.account_id = $2
    and ($3::bigint is null or (message.sender = 'account' and message.user_id = $3))`;

const listOfPersonStatement = `
  select ${listColumns}, message.body
  from messages as message ${joinAccount}
  where ${isOfPerson} and message.id > $4
  order by message.id
  limit $5`;

/** Lists messages of a person by their ids, with their texts. */
export const listMessagesOfPerson = (
  db: Database,
  { providerId, accountId, userId, after, limit }: DataSubject & { readonly after: number; readonly limit: number },
): Promise<Message[]> => db.query<Message>(listOfPersonStatement, [providerId, accountId, userId, after, limit]);

// Names in texts of others count, too, as in mails.
const eraseStatement = `
  delete from messages as message
  where ${isOfPerson}
    or (message.provider_id = $1 and message.account_id = $2 and exists (
      select from unnest($4::text[]) as term
      where length(term) > 2 and (position(term in message.subject) > 0 or position(term in message.body) > 0)))`;

/** Deletes the messages that a person has written, or that name them. Those of a deleted account are gone with it. */
export async function eraseMessages(
  tx: Transaction,
  { providerId, accountId, userId, terms }: DataSubject & { readonly terms: readonly string[] },
): Promise<void> {
  await tx.query(eraseStatement, [providerId, accountId, userId, terms]);
}

// Representation

/** A message as it is represented: one that was refused has neither id nor times. */
type RepresentedMessage = Pick<Message, "body"> & {
  readonly id: number | null;
  readonly subject: string | null;
  readonly state: "sent" | "unsent";
};

export const representMessage = ({ id, body, subject, state }: RepresentedMessage): Node =>
  record("message", [value("id", id), value("body", body), value("subject", subject), value("state", state)]);

/** Represents a message as JSON, without nulls. */
export function messageToJson(message: RepresentedMessage, createdAt: Date | null, { timeZone }: Provider): Json {
  const { id, body, subject, state } = message;
  const at = createdAt && writeTimestamp(createdAt, timeZone);
  return {
    message: {
      ...(id === null ? {} : { id }),
      ...(body === null ? {} : { body }),
      ...(subject === null ? {} : { subject }),
      state,
      ...(at === null ? {} : { created_at: at, updated_at: at }),
    },
  };
}
