import { unescape as percentDecoded } from "node:querystring";
import { containsWords, type DataSubject, type PageRequest, readInParts } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type FoundPage, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { errorMessage } from "#platform/errors.ts";
import { lastRowId } from "#platform/ids.ts";

export interface NewMail {
  readonly recipient: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** A link in the text that works as a credential. Deleted from the outbox once the mail is sent. */
  readonly secretLink?: string;
  /** The account that the mail is about. */
  readonly accountId?: number;
}

export const mailStates = ["waiting", "sent", "failed"] as const;

/** A mail in the outbox. */
export interface Mail extends Omit<NewMail, "secretLink" | "accountId"> {
  readonly id: number;
  /** Failed: it is not tried again. */
  readonly state: (typeof mailStates)[number];
  readonly createdAt: Date;
  /** Null until it is sent. */
  readonly sentAt: Date | null;
  readonly attemptsMade: number;
  /** The error of the last attempt. */
  readonly lastError: string | null;
}

const insertMailStatement = `
  insert into mails (provider_id, recipient, subject, text, secret_link, created_at, due_at, account_id)
  values ($1, $2, $3, $4, $5, $6, $6, $7)`;

/** The bytes of a mail, with its entries in indexes and the row that it is about. */
export const storedMailBytes = 2048;

/** Inserts a mail into the outbox, in the transaction of the change that it reports. */
export async function insertMail(
  tx: Transaction,
  providerId: number,
  { recipient, subject, text, secretLink, accountId }: NewMail,
  now: Date,
): Promise<void> {
  await tx.query(insertMailStatement, [providerId, recipient, subject, text, secretLink ?? null, now, accountId]);
  tx.hintAfterCommit("mails", "");
}

interface AdminsOfAccount {
  readonly provider: { readonly id: number };
  readonly accountId: number;
  /** The users of the account. */
  readonly users: readonly { readonly role: string; readonly email: string | null; readonly username: string }[];
  readonly now: Date;
}

/** Mails the admins of a developer account that have an email address. */
export async function insertMailsToAdmins(
  tx: Transaction,
  { provider, accountId, users, now }: AdminsOfAccount,
  render: (admin: { readonly recipient: string; readonly username: string }) => NewMail,
): Promise<void> {
  const mails = users.flatMap(({ role, email: recipient, username }) =>
    role === "admin" && recipient !== null ? [{ ...render({ recipient, username }), accountId }] : [],
  );
  await Promise.all(mails.map((mail) => insertMail(tx, provider.id, mail, now))); // in one round trip
}

// A mail is not sent when it is three days old, and the next attempt of a refused one is due then. Held ones wait.
const willBeSent = `(mails.due_at = 'infinity' or greatest(mails.due_at, now()) < mails.created_at + interval '3 days')`;

const stateOfMail = `case when mails.sent_at is not null then 'sent' when ${willBeSent} then 'waiting' else 'failed' end`;

const mailColumns = `
  mails.id, mails.recipient, mails.subject, mails.created_at, mails.sent_at, mails.attempts_made, mails.last_error,
  ${stateOfMail} as state`;

/** Undefined criteria match every mail. */
export interface MailFilter {
  /** Each must be in the recipient or the subject, in any case. */
  readonly words?: readonly string[] | undefined;
  readonly states?: readonly Mail["state"][] | undefined;
  /** The account that the mail is about. */
  readonly accountId?: number | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

// Reads the primary key backwards from the page before until the page is full.
const listMailsStatement = `
  select ${mailColumns}, text
  from mails
  cross join lateral (select lower(concat_ws(' ', mails.recipient, mails.subject)) as written offset 0) as searched
  where provider_id = $1 and id < coalesce($2::bigint, ${lastRowId}) and id >= coalesce($9::bigint, 0)
    and ${containsWords}
    and ($5::text[] is null or ${stateOfMail} = any($5))
    and ($6::bigint is null or account_id = $6)
    and ($7::timestamptz is null or created_at >= $7) and ($8::timestamptz is null or created_at < $8)
  order by id desc
  limit $3`;

// By primary key.
const endOfPartStatement = `
  select id, created_at as at from mails
  where provider_id = $1 and id < coalesce($2::bigint, ${lastRowId})
  order by id desc
  limit 1 offset $3`;

/** Lists the matching mails of the outbox, newest first. */
export function listMails(
  db: Database,
  providerId: number,
  { words, states, accountId, since, until, ...page }: MailFilter & PageRequest,
): Promise<FoundPage<Mail, number>> {
  return readInParts(db, { endStatement: endOfPartStatement, providerId, words, ...page }, (part) => {
    const values = [providerId, part.before, part.limit, words, states, accountId, since, until, part.end];
    return db.query<Mail>(listMailsStatement, values);
  });
}

// Counts mails of all providers; served by mails_due_idx.
const countWaitingMailsStatement = `
  select count(*) as count
  from (select from mails where sent_at is null and created_at > now() - interval '3 days' and ${willBeSent} limit 10000) waiting`;

/** Counts waiting mails of all providers, up to 10,000. */
export const countWaitingMails = async (db: Database): Promise<number> =>
  (await queryRow<{ count: number }>(db, countWaitingMailsStatement)).count;

// The oldest mail that was refused and will be tried again, and whether a later one was sent. One that is due for more than an hour has
// no engine. Served by mails_due_idx and mails_created_idx.
const refusedSinceStatement = `
  select extract(epoch from now() - refused.since)::float8 as seconds
  from (
    select min(created_at) as since
    from mails
    where sent_at is null and due_at > now() - interval '1 hour' and due_at < 'infinity' and last_error is not null and ${willBeSent}
  ) refused
  where refused.since is not null
    and not exists (select from mails later where later.created_at > refused.since and later.sent_at is not null)`;

/** Returns for how many seconds the mail server has refused every mail, of all providers; 0 if it accepts them, or has none. */
export async function measureRefusedMails(db: Database): Promise<number> {
  const [row] = await db.query<{ seconds: number }>(refusedSinceStatement);
  return row?.seconds ?? 0;
}

/** Passes a mail to the mail server. Rejects with a readable message if the server does not accept it. */
export type SendMail = (
  mail: Omit<NewMail, "secretLink" | "accountId"> & {
    readonly from: { name: string; address: string | null };
    /** The provider's support address. Null: replies go to the sender, which may be a no-reply address. */
    readonly replyTo: string | null;
    /** The same in each attempt. */
    readonly key: string;
  },
) => Promise<void>;

/** Thrown if the mail server says that the address cannot receive mails. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

interface ClaimedMail extends Omit<NewMail, "secretLink" | "accountId"> {
  readonly providerId: number;
  readonly id: number;
  readonly createdAt: Date;
  readonly attemptsMade: number;
  readonly providerName: string;
  readonly fromEmail: string | null;
  readonly supportEmail: string | null;
}

// Mails older than three days are not sent, even if the mail server is configured or repaired later. A claim moves the
// due time ten minutes ahead, so another process retries if this one dies. One mail at a time: others that wait behind a slow
// mail server would become due again, and two processes would send them. Compared with `=`: for `in`, PostgreSQL may run the subquery
// for each mail of an outbox that it takes for small, and claim all. Served by mails_due_idx.
const claimMailStatement = `
  update mails
  set due_at = $1::timestamptz + interval '10 minutes', attempts_made = attempts_made + 1
  from providers as provider
  where provider.id = mails.provider_id and (mails.provider_id, mails.id) = (
    select provider_id, id
    from mails
    where sent_at is null and due_at <= $1 and created_at > $1::timestamptz - interval '3 days'
      and provider_id not in (${leavingProviders})
    order by due_at
    limit 1
    for update skip locked)
  returning mails.provider_id, mails.id, recipient, subject, text, mails.created_at, attempts_made,
    provider.name as "providerName", provider.from_email, nullif(provider.support_email, '') as support_email`;

// The recipient has the link now, so it is removed from the outbox.
const markSentStatement = `
  update mails
  set sent_at = $3, last_error = null, secret_link = null,
    text = case when secret_link is null then text else replace(text, secret_link, '[link removed after sending]') end
  where provider_id = $1 and id = $2`;

// Nothing is sent three days after the creation, so a mail that is due then waits for no attempt.
const scheduleRetryStatement = `
  update mails
  set due_at = case when $4::integer is null then created_at + interval '3 days'
      else $3::timestamptz + make_interval(secs => $4) end,
    last_error = $5
  where provider_id = $1 and id = $2 and due_at < 'infinity'`;

/** Replies of mail servers may be long. */
const errorLength = 1000;

interface MailSending {
  readonly pool: Pool;
  readonly send: SendMail;
  readonly clock: Pick<Clock, "now" | "sleep">;
}

/** Sends a due mail, at least once, outside of any transaction. Returns whether there was one. */
export async function sendDueMail({ pool, send, clock }: MailSending): Promise<boolean> {
  const [mail] = await pool.query<ClaimedMail>(claimMailStatement, [clock.now()]);
  if (!mail) return false;
  const { providerId, id, recipient, subject, text, createdAt } = mail;
  try {
    const from = { name: mail.providerName, address: mail.fromEmail };
    await send({
      recipient,
      subject,
      text,
      from,
      replyTo: mail.supportEmail,
      key: `${createdAt.getTime()}.${providerId}.${id}`,
    });
  } catch (error) {
    const message = errorMessage(error).replaceAll("\0", " ").slice(0, errorLength).toWellFormed();
    const delay = error instanceof AddressRefused ? null : retryDelaySeconds(mail.attemptsMade);
    await pool.query(scheduleRetryStatement, [providerId, id, clock.now(), delay, message]);
    return true;
  }
  await recordSent(pool, mail, clock);
  return true;
}

/** Waits before each further try to record a sent mail: two minutes together, less than the mail is claimed for. */
const recordWaitsMs = [100, 1000, 5000, 10_000, 20_000, 40_000, 50_000];

/** Records that a mail was sent. A mail that is not recorded is sent again, so a lost connection must not prevent it. */
async function recordSent(pool: Pool, { providerId, id }: ClaimedMail, clock: MailSending["clock"]): Promise<void> {
  const sentAt = clock.now();
  for (const waitMs of recordWaitsMs) {
    try {
      await pool.query(markSentStatement, [providerId, id, sentAt]);
      return;
    } catch {
      await clock.sleep(waitMs);
    }
  }
  await pool.query(markSentStatement, [providerId, id, sentAt]);
}

const firstRetryDelaySeconds = 30;
const longestRetryDelaySeconds = 3600;

/** Returns 30 s after the first attempt, doubling with each attempt up to an hour. */
const retryDelaySeconds = (attemptsMade: number): number =>
  Math.min(firstRetryDelaySeconds * 2 ** (attemptsMade - 1), longestRetryDelaySeconds);

// Held after a restore, because they have probably been sent since (0013_database_switches.sql). Served by mails_due_idx.
const isHeld = `mails.sent_at is null and mails.due_at = 'infinity'`;

/** The held mails of a provider. */
export interface HeldMails {
  readonly providerId: number;
  readonly provider: string;
  readonly count: number;
  readonly oldest: Date;
}

const listHeldStatement = `
  select provider.id as provider_id, provider.subdomain as provider, count(*) as count, min(mails.created_at) as oldest
  from mails
  join providers provider on provider.id = mails.provider_id
  where ${isHeld} and ($1::bigint is null or mails.provider_id = $1)
  group by provider.id
  order by provider.id`;

/** Lists the mails that are held after a restore, of one provider or of all. */
export const listHeldMails = (db: Database, providerId?: number): Promise<HeldMails[]> =>
  db.query<HeldMails>(listHeldStatement, [providerId ?? null]);

/** Lets the held mails of a provider be sent. Returns their number. */
export async function releaseHeldMails(tx: Transaction, providerId: number, now: Date): Promise<number> {
  const released = `update mails set due_at = $2 where provider_id = $1 and ${isHeld} returning id`;
  tx.hintAfterCommit("mails", "");
  return (await tx.query(released, [providerId, now])).length;
}

/** Deletes the held mails of a provider. Returns their number. */
export const deleteHeldMails = async (tx: Transaction, providerId: number): Promise<number> =>
  (await tx.query(`delete from mails where provider_id = $1 and ${isHeld} returning id`, [providerId])).length;

// Rows of all providers, oldest first. Skips rows that another process locked. Unsent mails are kept for at least three
// days, because they are retried that long. Served by mails_created_idx.
const deleteOldMailsStatement = `
  delete from mails
  where (provider_id, id) in (
    select provider_id, id
    from mails
    where created_at < $1::timestamptz - make_interval(days => $2)
      and (sent_at is not null or created_at < $1::timestamptz - interval '3 days')
      and provider_id not in (${leavingProviders})
    order by created_at
    limit $3
    for update skip locked)
  returning id`;

/** Limits a transaction to about 10 ms. */
const deletedAtOnce = 1000;

/** Deletes up to 1,000 mails older than the retention and returns how many. Call it again until it returns 0. */
export const deleteOldMails = async (db: Database, now: Date, retentionDays: number): Promise<number> =>
  (await db.query(deleteOldMailsStatement, [now, retentionDays, deletedAtOnce])).length;

/** The mails of an account or of a user, by the account, the addresses and the names. */
interface MailsOfPerson extends DataSubject {
  /** Addresses and names. */
  readonly terms: readonly string[];
}

// Names in texts count only within the account: developers choose their names, and one may be called Hello. Reads the provider's mails.
const isOfPerson = `mails.provider_id = $1 and (
    ($3::bigint is null and mails.account_id = $2)
    or lower(mails.recipient) = any(select lower(term) from unnest($4::text[]) as term)
    or (mails.account_id = $2 and exists (
      select from unnest($4::text[]) as term
      where length(term) > 2 and (position(term in mails.text) > 0 or position(term in mails.subject) > 0))))`;

const eraseMailsStatement = `
  with unsent as (
    delete from mails where ${isOfPerson} and sent_at is null
  )
  update mails set recipient = 'erased', subject = 'Erased on request', text = '', last_error = null, secret_link = null
  where ${isOfPerson} and sent_at is not null`;

const personValues = ({ providerId, accountId, userId, terms }: MailsOfPerson): readonly unknown[] => [
  providerId,
  accountId,
  userId,
  terms,
];

/** Erases recipients and texts of sent mails, and deletes unsent ones. */
export async function eraseMails(tx: Transaction, person: MailsOfPerson): Promise<void> {
  await tx.query(eraseMailsStatement, personValues(person));
}

const listMailsOfPersonStatement = `
  select ${mailColumns}, '' as text
  from mails
  where ${isOfPerson} and id > $5
  order by id
  limit $6`;

/** Lists the mails of an account or a user without their texts, oldest first. */
export const listMailsOfPerson = (
  db: Database,
  { after, limit, ...person }: MailsOfPerson & { readonly after: number; readonly limit: number },
): Promise<Mail[]> => db.query<Mail>(listMailsOfPersonStatement, [...personValues(person), after, limit]);

/** A plain-text mail. */
interface OutgoingMail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly replyTo: string | null;
  readonly subject: string;
  readonly text: string;
  /** Identifies the mail, so that mailboxes can drop a second copy. */
  readonly key: string;
}

/**
 * Returns a subject that mail programs show as it was written. A name in it may look like an encoded word (RFC 2047), which they would
 * decode to another text. Nodemailer encodes only subjects with characters beyond ASCII, so an invisible word joiner is added.
 */
const asWritten = (subject: string): string => subject.replaceAll("=?", "=\u2060?");

export interface Mailer extends Disposable {
  /** Resolves when the mail server has accepted the mail; rejects with its message otherwise. */
  send(mail: OutgoingMail): Promise<void>;
}

const connectTimeoutMs = 30_000;
/**
 * Less than the time for which a process owns a mail in progress. Servers that check a mail's content before they accept it may
 * need minutes (RFC 5321, section 4.5.3.2.6), and one that is not waited for gets the mail again and again.
 */
const sendMsMax = 240_000;

// Enhanced status codes (RFC 3463) of an address that does not exist, is invalid or is closed. Other replies 5yz may be about the sender,
// its rights or the content, which an operator repairs.
const addressRefused = /^5..[ -]5\.(?:1\.(?:[1236]|10)|2\.1)\b/;
const enhancedCode = /^5..[ -]5\.\d/;

// Exim and others have no such codes: then only the words of a reply to RCPT tell an unknown address from a sender without rights.
const unknownAddress =
  /\b(?:no such (?:user|person|recipient|mailbox|address|account)|(?:unknown|invalid) (?:user|recipient|mailbox|address|account)|(?:user|recipient|mailbox|address|account) (?:is )?(?:unknown|not found|invalid|does(?: not|n't) exist)|unrouteable address)\b/i;

const isAddressRefused = (command: unknown, response: string): boolean =>
  addressRefused.test(response) ||
  (command === "RCPT TO" && /^55[013]/.test(response) && !enhancedCode.test(response) && unknownAddress.test(response));

const toRefusal = (error: unknown): unknown =>
  error instanceof Error &&
  "response" in error &&
  isAddressRefused("command" in error && error.command, String(error.response))
    ? new AddressRefused(error.message)
    : error;

/**
 * Sends mails through the server of an `smtp://` or `smtps://` URL. Uses STARTTLS if the server offers it. With `?requireTLS=true`
 * nothing is sent without, since whoever controls the network can remove the offer and read the password. Where clear text would do and
 * there is no password, the certificate is not verified (RFC 7435): mail servers have a self-signed one from their installation on.
 */
export async function openMailer(smtpUrl: string, sendTimeoutMs = sendMsMax): Promise<Mailer> {
  const { createTransport } = await import("nodemailer"); // most processes send no mail
  const { protocol, hostname, port, username, password, searchParams } = new URL(smtpUrl);
  const requireTLS = searchParams.get("requireTLS") === "true";
  const isOpportunistic = protocol === "smtp:" && username === "" && !requireTLS;
  const transport = createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    ...(port === "" ? {} : { port: Number(port) }),
    secure: protocol === "smtps:",
    requireTLS,
    tls: { rejectUnauthorized: !isOpportunistic },
    ...(username === "" ? {} : { auth: { user: percentDecoded(username), pass: percentDecoded(password) } }),
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: sendTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ from, to, replyTo, subject, text, key }) {
      const messageId = `<${key}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`;
      try {
        // Separate parts, so that no name or address is parsed as several.
        const answers = replyTo === null ? {} : { replyTo: { name: "", address: replyTo } };
        // Without this header, absence notices would be sent to the provider (RFC 3834).
        const headers = { "Auto-Submitted": "auto-generated" };
        const envelope = { from, to: { name: "", address: to }, ...answers };
        const mail = { ...envelope, subject: asWritten(subject), text, messageId, headers };
        await transport.sendMail({ ...mail, signal: AbortSignal.timeout(sendTimeoutMs) });
      } catch (error) {
        throw toRefusal(error);
      }
    },
    [Symbol.dispose]: () => transport.close(),
  };
}
