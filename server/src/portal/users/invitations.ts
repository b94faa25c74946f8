import {
  type ChangeContext,
  type DataSubject,
  type PasswordHasher,
  recordAudit,
  takeForDevelopers,
  requireWithinLimit,
} from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import { countLimits } from "#platform/limits.ts";
import { recordActivation } from "#portal/accounts/account-states.ts";
import { type Account, lockAccount } from "#portal/accounts/account.ts";
import type { AccountChange } from "#portal/accounts/change-account.ts";
import {
  type FieldErrors,
  type FieldInput,
  emailErrors,
  hasNoErrors,
  mergeErrors,
  readDocumentSettings,
} from "#portal/fields/index.ts";
import { insertMail, invitationMail, storedMailBytes } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { parseNewUser, type UserOutcome } from "./change-user.ts";
import {
  findTakenUserNames,
  insertUser,
  linkLifetime,
  newLinkCode,
  linkPerson,
  type Person,
  PersonTaken,
  personTakenErrors,
  readUser,
  textsOfUsersErrors,
  userEvent,
} from "./user.ts";

/** A mailed invitation to join an account. */
export interface Invitation {
  readonly id: number;
  readonly accountId: number;
  readonly email: string;
  /** Time of the last mail. */
  readonly sentAt: Date;
  /** The link is invalid from then on, until the invitation is sent again. */
  readonly expiresAt: Date;
  /** Null until the invitation is accepted. */
  readonly acceptedAt: Date | null;
  readonly createdAt: Date;
}

const invitationColumns = `id, account_id as "accountId", email, sent_at,
  sent_at + ${linkLifetime} as "expiresAt", accepted_at, created_at`;

const listInvitationsStatement = `select ${invitationColumns} from invitations where provider_id = $1 and account_id = $2 order by id`;

/** Lists the invitations of an account, oldest first, with accepted ones. */
export const listInvitations = (db: Database, providerId: number, accountId: number): Promise<Invitation[]> =>
  db.query<Invitation>(listInvitationsStatement, [providerId, accountId]);

// If two requests invite one address at once, the second waits for the first to commit and then inserts nothing.
const insertInvitationStatement = `
  insert into invitations (provider_id, account_id, email, code_digest, sent_at, created_at)
  values ($1, $2, $3, $4, $5, $5)
  on conflict do nothing
  returning ${invitationColumns}`;

const renewInvitationStatement = `
  update invitations
  set code_digest = $4, sent_at = $5
  where provider_id = $1 and account_id = $2 and id = $3 and accepted_at is null
    and (sent_at > to_timestamp($6::float8 / 1000)) is not true
  returning ${invitationColumns}`;

const isOpenInvitation = `provider_id = $1 and code_digest = $2 and accepted_at is null
    and sent_at > $3::timestamptz - ${linkLifetime}`;

const findInvitationStatement = `
  select ${invitationColumns}
  from invitations
  where ${isOpenInvitation}`;

/** Returns the invitation with this code, which works once, within 14 days. */
export async function findInvitation(
  db: Database,
  providerId: number,
  code: string,
  now: Date,
): Promise<Invitation | undefined> {
  const [invitation] = await db.query<Invitation>(findInvitationStatement, [providerId, secretDigest(code), now]);
  return invitation;
}

const findAcceptedStatement = `
  select ${invitationColumns} from invitations where provider_id = $1 and code_digest = $2 and accepted_at is not null`;

/** Returns the invitation that was accepted with this code. */
export async function findAcceptedInvitation(
  db: Database,
  providerId: number,
  code: string,
): Promise<Invitation | undefined> {
  const [invitation] = await db.query<Invitation>(findAcceptedStatement, [providerId, secretDigest(code)]);
  return invitation;
}

const acceptInvitationStatement = `update invitations set accepted_at = $3 where ${isOpenInvitation} returning id`;

interface InvitationContext extends AccountChange {
  /** Builds the link in the mail. */
  readonly urlOf: (code: string) => string;
}

type InvitationOutcome = { readonly invitation: Invitation } | { readonly refused: FieldErrors };

/** Invites an email address to an account, without an event. Returns undefined if the provider has no such account. */
export async function inviteUser(
  pool: Pool,
  { email: input, ...inviting }: InvitationContext & { readonly email: string },
): Promise<InvitationOutcome | undefined> {
  const { provider, accountId, by } = inviting;
  const email = input.trim();
  const wrong = emailErrors(email);
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    if (wrong.length > 0) return { refused: { email: wrong } };
    const { email: taken = [] } = await findTakenUserNames(tx, provider.id, { username: "", email });
    const refused = mergeErrors({ email: taken });
    if (!hasNoErrors(refused)) return { refused };

    await requireWithinLimit(tx, countLimits.invitations, { providerId: provider.id, id: accountId });
    const code = newLinkCode();
    const values = [provider.id, accountId, email, secretDigest(code), by.now];
    const [invitation] = await tx.query<Invitation>(insertInvitationStatement, values);
    if (!invitation) return { refused: { email: ["has already been invited"] } };
    await insertInvitationMail(tx, inviting, { invitation, account, code });
    await auditInvitation(tx, "created", invitation, inviting);
    return { invitation };
  });
}

interface Resending extends InvitationContext {
  readonly invitationId: number;
  /** In milliseconds. An invitation that was sent after this time is not sent again: the form was sent twice. */
  readonly sameAfterMs?: number | undefined;
}

/** Mails a new link, which invalidates earlier ones. Returns undefined if the account has no such invitation. */
export async function resendInvitation(
  pool: Pool,
  { invitationId, sameAfterMs, ...inviting }: Resending,
): Promise<InvitationOutcome | undefined> {
  const { provider, accountId, by } = inviting;
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    const code = newLinkCode();
    const values = [provider.id, accountId, invitationId, secretDigest(code), by.now, sameAfterMs ?? null];
    const [invitation] = await tx.query<Invitation>(renewInvitationStatement, values);
    if (!invitation) return explainUnsent(tx, { providerId: provider.id, accountId, id: invitationId });
    await insertInvitationMail(tx, inviting, { invitation, account, code });
    await auditInvitation(tx, "resent", invitation, inviting);
    return { invitation };
  });
}

/** Returns an open invitation, which the same form has just sent, or explains why another one cannot be sent again. */
async function explainUnsent(
  tx: Transaction,
  { providerId, accountId, id }: { providerId: number; accountId: number; id: number },
): Promise<InvitationOutcome | undefined> {
  const invitations = await listInvitations(tx, providerId, accountId);
  const invitation = invitations.find((each) => each.id === id);
  if (!invitation) return undefined;
  return invitation.acceptedAt === null
    ? { invitation }
    : { refused: { base: ["The invitation has already been accepted."] } };
}

async function insertInvitationMail(
  tx: Transaction,
  { provider, urlOf, by }: InvitationContext,
  { invitation, account, code }: { invitation: Invitation; account: Account; code: string },
): Promise<void> {
  const { id: accountId, orgName } = account;
  const { actor } = by;
  const inviter = actor.kind === "developer" ? await readUser(tx, provider.id, actor.userId) : undefined;
  takeForDevelopers(tx, { providerId: provider.id, ...by }, { account, bytes: storedMailBytes });
  const mail = invitationMail({
    provider,
    recipient: invitation.email,
    orgName,
    inviter: inviter?.username,
    url: urlOf(code),
  });
  await insertMail(tx, provider.id, { ...mail, accountId }, by.now);
}

interface Acceptance {
  readonly provider: Provider;
  /** The last part of the mailed link. */
  readonly code: string;
  /** Unparsed values by field name. `email` defaults to the invited address. */
  readonly values: FieldInput;
  /** Replaces the password. */
  readonly person?: Person | undefined;
  readonly now: Date;
}

/**
 * Creates the invited user as an active member, who is the actor of the event. As any first activation, this moves the
 * account out of the state `created`. Returns undefined if the code is unknown, expired or used.
 */
export async function acceptInvitation(
  pool: Pool,
  passwords: PasswordHasher,
  { provider, code, values, person, now }: Acceptance,
): Promise<UserOutcome | undefined> {
  const invited = await findInvitation(pool, provider.id, code, now);
  if (!invited) return undefined;
  const settings = await readDocumentSettings(pool, provider);
  const parsing = { writer: "developer", hasPassword: person === undefined } as const;
  const { fields, errors } = parseNewUser(settings, { email: invited.email, ...values }, parsing);
  const refused = mergeErrors(errors, await findTakenUserNames(pool, provider.id, fields));
  if (!hasNoErrors(refused)) return { refused };
  const { password } = fields;
  const passwordHash = password === undefined ? null : await passwords.hash(password, { providerId: provider.id });

  try {
    return await pool.inTransaction(async (tx) => {
      const account = await lockAccount(tx, provider.id, invited.accountId);
      if (!account) return undefined;
      const added = { accountId: account.id, fields: fields.userFields };
      const tooLong = await textsOfUsersErrors(tx, provider.id, added);
      if (!hasNoErrors(tooLong)) return { refused: tooLong };
      const accepted = await tx.query(acceptInvitationStatement, [provider.id, secretDigest(code), now]);
      if (accepted.length === 0) return undefined;
      await requireWithinLimit(tx, countLimits.users, { providerId: provider.id, id: account.id });
      const { username, email } = fields;
      // The link was mailed to the invited address.
      const hasConfirmedEmail = email === invited.email || email === (person?.verifiedEmail ?? invited.email);
      const member = { ...added, username, email, passwordHash, hasConfirmedEmail };
      const user = await insertUser(tx, provider.id, { ...member, role: "member", state: "active" }, now);
      if (!user) throw new NameTaken("the name was taken at the same time");
      await linkPerson(tx, person, user);
      const actor = { kind: "developer", userId: user.id } as const;
      const cause = { providerId: provider.id, actor, channel: "developer_portal", now } as const;
      const event = userEvent("user.created", settings, user);
      const { events } = await recordActivation(tx, settings, { before: account, event, cause });
      return { user, events };
    });
  } catch (error) {
    if (error instanceof PersonTaken) return { refused: personTakenErrors };
    if (error instanceof NameTaken)
      return { refused: mergeErrors(await findTakenUserNames(pool, provider.id, fields)) };
    throw error;
  }
}

/** Thrown, so that the transaction rolls back and the invitation stays open. */
class NameTaken extends Error {
  override readonly name = "NameTaken";
}

interface InvitationDeletion extends AccountChange {
  readonly invitationId: number;
}

const deleteInvitationStatement = `
  delete from invitations where provider_id = $1 and account_id = $2 and id = $3 returning ${invitationColumns}`;

/** Deletes an invitation, which invalidates its link. Returns undefined if the account has no such invitation. */
export async function deleteInvitation(
  pool: Pool,
  { provider, accountId, invitationId, by }: InvitationDeletion,
): Promise<{ readonly invitation: Invitation } | undefined> {
  return pool.inTransaction(async (tx) => {
    const values = [provider.id, accountId, invitationId];
    const [invitation] = await tx.query<Invitation>(deleteInvitationStatement, values);
    if (!invitation) return undefined;
    await auditInvitation(tx, "deleted", invitation, { provider, by });
    return { invitation };
  });
}

/** Records an audit record, because invitations have no events. */
const auditInvitation = (
  tx: Transaction,
  action: "created" | "resent" | "deleted",
  { id, accountId, email }: Invitation,
  { provider, by }: { readonly provider: Provider; readonly by: ChangeContext },
): Promise<void> =>
  recordAudit(tx, {
    providerId: provider.id,
    actor: by.actor,
    action: `invitation.${action}`,
    subject: `invitation/${id}`,
    detail: { accountId, email },
  });

const eraseInvitationsStatement = `
  delete from invitations
  where provider_id = $1 and account_id = $2
    and ($3::bigint is null or lower(email) = any(select lower(term) from unnest($4::text[]) as term))`;

/** Deletes the invitations to a user's addresses, or without a user all of an account. */
export async function eraseInvitations(
  tx: Transaction,
  { providerId, accountId, userId, terms }: DataSubject & { readonly terms: readonly string[] },
): Promise<void> {
  await tx.query(eraseInvitationsStatement, [providerId, accountId, userId, terms]);
}
