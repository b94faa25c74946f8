import { endSessionsOfUsers, type PasswordHasher, recordAudit, takeForDevelopers } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import { isXmlText } from "#platform/xml.ts";
import { selectList } from "#platform/database/field-table.ts";
import { lockAccount } from "#portal/accounts/account.ts";
import { type FieldErrors, hasNoErrors, mergeErrors, refuseTransition } from "#portal/fields/index.ts";
import { activationMail, insertMail, lostPasswordMail, storedMailBytes } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { changeUser, passwordErrors, type UserChange } from "./change-user.ts";
import { confirmAddress, type User, linkLifetime, lockUser, newLinkCode, userFields } from "./user.ts";

interface ActivationSending extends UserChange {
  /** Builds the link in the mail. */
  readonly urlOf: (code: string) => string;
  /** In milliseconds. A link that was mailed after this time is kept: the form was sent twice. */
  readonly sameAfterMs?: number | undefined;
}

/**
 * Mails an activation link to a pending user, which invalidates earlier links. Returns undefined if the account has no
 * such user.
 */
export async function sendActivation(
  pool: Pool,
  { provider, accountId, userId, urlOf, by, sameAfterMs }: ActivationSending,
): Promise<{ readonly sentTo: string } | { readonly refused: FieldErrors } | undefined> {
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, providerId, accountId);
    const locked = account && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    const { state, email: recipient, username } = locked.user;
    if (state !== "pending") return refuseTransition("activate");
    if (recipient === null) return { refused: { email: ["can't be blank"] } };

    const code = newLinkCode();
    const values = [providerId, userId, secretDigest(code), by.now, sameAfterMs ?? null];
    const renewed = await tx.query(renewCodeStatement, values);
    if (renewed.length === 0) return { sentTo: recipient };
    const mail = activationMail({ provider, recipient, username, url: urlOf(code) });
    takeForDevelopers(tx, { providerId, ...by }, { account, bytes: storedMailBytes });
    await insertMail(tx, providerId, { ...mail, accountId }, by.now);
    const auditRecord = { action: "activation.sent", subject: `user/${userId}`, detail: { accountId } };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { sentTo: recipient };
  });
}

const renewCodeStatement = `
  update users
  set activation_code_digest = $3, activation_until = $4::timestamptz + ${linkLifetime}
  where provider_id = $1 and id = $2
    and (activation_code_digest is not null and activation_until > to_timestamp($5::float8 / 1000) + ${linkLifetime}) is not true
  returning id`;

const findByCodeStatement = `
  select account_id
  from users
  where provider_id = $1 and activation_code_digest = $2 and state = $4 and activation_until > $3`;

interface MailedCode {
  readonly digest: Buffer;
  /** `active` finds the user whom the code has activated, until another change of the user. */
  readonly state: "pending" | "active";
  readonly now: Date;
}

/** Returns the account of the user with this code, unless it expired. */
export async function findAccountOfCode(
  db: Database,
  providerId: number,
  { digest, state, now }: MailedCode,
): Promise<number | undefined> {
  const [found] = await db.query<{ accountId: number }>(findByCodeStatement, [providerId, digest, now, state]);
  return found?.accountId;
}

// The code stays, so that its link can say that it was used.
const activateByCodeStatement = `
  update users
  set state = 'active', activated_at = $3, confirmed_email = email, updated_at = $3
  where provider_id = $1 and activation_code_digest = $2 and state = 'pending' and activation_until > $3
  returning ${selectList(userFields)}`;

/** Activates the pending user with this code. A code works once. */
export async function activateByCode(
  tx: Transaction,
  providerId: number,
  codeDigest: Buffer,
  now: Date,
): Promise<User | undefined> {
  const [user] = await tx.query<User>(activateByCodeStatement, [providerId, codeDigest, now]);
  return user;
}

// Visitors trigger these mails, and strangers must not fill a mailbox: within five minutes, a further request sends nothing, and the
// earlier link remains valid. Both are served by users_email_idx.

// Users without a password and an identity have not signed up: their provider created them, and decides when to send them a mail.
const requestActivationStatement = `
  update users
  set activation_code_digest = $3, activation_until = $4::timestamptz + ${linkLifetime}
  where provider_id = $1 and lower(email) = lower($2) and state = 'pending'
    and (password_hash is not null
      or exists (select from identities where provider_id = users.provider_id and user_id = users.id))
    and (activation_code_digest is null
      or activation_until <= $4::timestamptz + ${linkLifetime} - interval '5 minutes')
  returning username, email, account_id`;

const requestPasswordStatement = `
  update users
  set lost_password_digest = $3, lost_password_until = $4::timestamptz + interval '1 hour'
  where provider_id = $1 and lower(email) = lower($2) and state = 'active'
    and (lost_password_digest is null or lost_password_until <= $4::timestamptz + interval '55 minutes')
  returning username, email, account_id`;

/** A visitor's request for a mail with a link. */
export interface MailedLinkRequest {
  readonly provider: Provider;
  readonly email: string;
  /** Builds the link in the mail. */
  readonly urlOf: (code: string) => string;
  readonly now: Date;
}

/** Mails an activation link to the pending user with this address. Callers cannot learn whether there is such a user. */
export const requestActivation = (pool: Pool, request: MailedLinkRequest): Promise<void> =>
  mailRequestedLink(pool, request, { statement: requestActivationStatement, mail: activationMail });

/** Mails a link for a new password to the active user with this address. Callers cannot learn whether there is such a user. */
export const requestNewPassword = (pool: Pool, request: MailedLinkRequest): Promise<void> =>
  mailRequestedLink(pool, request, { statement: requestPasswordStatement, mail: lostPasswordMail });

interface LinkMail {
  /** Stores the digest $3 of the link's code if provider $1 has a user with address $2 who may use the link. */
  readonly statement: string;
  readonly mail: typeof activationMail;
}

async function mailRequestedLink(
  pool: Pool,
  { provider, email, urlOf, now }: MailedLinkRequest,
  { statement, mail }: LinkMail,
): Promise<void> {
  if (!isXmlText(email)) return; // no user has such an address, and PostgreSQL rejects zero bytes
  await pool.inTransaction(async (tx) => {
    const code = newLinkCode();
    const values = [provider.id, email.trim(), secretDigest(code), now];
    const [user] = await tx.query<{ username: string; email: string; accountId: number }>(statement, values);
    if (!user) return;
    const rendered = mail({ provider, recipient: user.email, username: user.username, url: urlOf(code) });
    await insertMail(tx, provider.id, { ...rendered, accountId: user.accountId }, now);
  });
}

const findLostPasswordStatement = `
  select id, account_id as "accountId", username
  from users
  where provider_id = $1 and lost_password_digest = $2 and lost_password_until > $3 and state = 'active'`;

/** Returns the user with this mailed code, which works once, within an hour. */
export async function findLostPassword(
  db: Database,
  { providerId, code, now }: { providerId: number; code: string; now: Date },
): Promise<Pick<User, "id" | "accountId" | "username"> | undefined> {
  const [user] = await db.query<User>(findLostPasswordStatement, [providerId, secretDigest(code), now]);
  return user;
}

// The row is locked, so the second of two concurrent requests finds the code used.
const useCodeStatement = `
  update users
  set lost_password_digest = null, lost_password_until = null
  where provider_id = $1 and id = $2 and lost_password_digest = $3 and lost_password_until > $4 and state = 'active'
  returning id`;

interface PasswordReset {
  readonly provider: Provider;
  readonly code: string;
  readonly password: string;
  readonly confirmation: string;
  /** Ends the links of whoever has signed up with an address that nobody has confirmed. */
  readonly unlinkClaimants: (tx: Transaction, providerId: number, userId: number) => Promise<unknown>;
  readonly now: Date;
}

/**
 * Sets the password of the user with this mailed code, ends the user's sessions and unproved links, and records the event. The actor is
 * the system, because no one is signed in. Returns undefined if the code is unknown, expired or used.
 */
export async function resetPassword(
  pool: Pool,
  passwords: PasswordHasher,
  { provider, code, password, confirmation, unlinkClaimants, now }: PasswordReset,
): Promise<{ readonly user: User } | { readonly refused: FieldErrors } | undefined> {
  const lost = await findLostPassword(pool, { providerId: provider.id, code, now });
  if (!lost) return undefined;
  const newPassword = { password, confirmation, isRequired: true, lengthMin: provider.passwordLengthMin };
  const refused = mergeErrors(passwordErrors(newPassword));
  if (!hasNoErrors(refused)) return { refused };
  const passwordHash = await passwords.hash(password, { providerId: provider.id });
  const by = { actor: { kind: "system" }, channel: "developer_portal", now } as const;
  const change = { provider, accountId: lost.accountId, userId: lost.id, by };
  const outcome = await changeUser(pool, change, async ({ user }, { tx }) => {
    const used = await tx.query(useCodeStatement, [provider.id, user.id, secretDigest(code), now]);
    if (used.length === 0) return { refused: {} };
    await unlinkClaimants(tx, provider.id, user.id);
    await confirmAddress(tx, provider.id, user.id);
    await endSessionsOfUsers(tx, { providerId: provider.id, audience: "developer", userIds: [user.id] });
    return { user, passwordHash };
  });
  return outcome && "user" in outcome ? { user: outcome.user } : undefined;
}
