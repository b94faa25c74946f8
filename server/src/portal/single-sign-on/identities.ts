import { type Audience, endSessionsOfUsers, recordAudit } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { confirmAddress, markClaimed } from "#portal/users/index.ts";
import type { AuthenticationProvider } from "./authentication-provider.ts";
import type { Identity } from "./identity-provider.ts";

/** A person of an identity provider. */
interface PersonKey {
  readonly providerId: number;
  readonly authenticationProvider: Pick<AuthenticationProvider, "id" | "name" | "updatedAt">;
  readonly subject: string;
}

// By the primary key. Each authentication provider belongs to one portal, so one of the columns is null.
const findLinkedStatement = `
  select coalesce(user_id, provider_user_id) as user_id
  from identities
  where provider_id = $1 and authentication_provider_id = $2 and subject = $3`;

/** Returns the id of the user that the person is linked to. */
export async function findLinkedUser(
  db: Database,
  { providerId, authenticationProvider, subject }: PersonKey,
): Promise<number | undefined> {
  const person = [providerId, authenticationProvider.id, subject];
  const [linked] = await db.query<{ userId: number }>(findLinkedStatement, person);
  return linked?.userId;
}

/**
 * A user whose address the identity provider has verified. `isOwn`: no other person can have the user, because its own mailbox
 * confirmed the address, or because the provider created the user and nobody could log in as it so far.
 */
interface UserOfAddress {
  readonly userId: number;
  readonly email: string;
  readonly isOwn: boolean;
}

// By users_email_idx. Without a confirmation, somebody else may have signed up with the address to wait for its owner. A link writes
// an empty text, so that such a user is nobody else's after the authentication provider was deleted either.
const isOwn = `(confirmed_email = email or (password_hash is null and confirmed_email is null))`;

const findByAddressStatement = `
  select id as user_id, email, ${isOwn} as is_own from users where provider_id = $1 and lower(email) = lower($2)`;

const asciiLower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Returns true for the same address. The database also takes the Kelvin sign for a k, which is another mailbox. */
const isSameAddress = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && asciiLower(one) === asciiLower(other);

/** Returns the developer with an address that the identity provider has verified. */
export async function findUserOfAddress(
  db: Database,
  providerId: number,
  { email, isEmailVerified }: Pick<Identity, "email" | "isEmailVerified">,
): Promise<UserOfAddress | undefined> {
  if (email === null || !isEmailVerified) return undefined;
  const [user] = await db.query<UserOfAddress>(findByAddressStatement, [providerId, email]);
  return user && isSameAddress(user.email, email) ? user : undefined;
}

// The lock makes a suspension, a deletion and a change of the address wait for this transaction; the first two then end its session.
const lockActiveStatements = {
  developer: `select from users where provider_id = $1 and id = $2 and state = 'active' for share`,
  admin: `select from provider_users where provider_id = $1 and id = $2 and state = 'active' for share`,
} as const satisfies Record<Audience, string>;

const useStatement = `
  update identities set used_at = $5
  where provider_id = $1 and authentication_provider_id = $2 and subject = $3
    and coalesce(user_id, provider_user_id) = $4
  returning subject`;

interface Link extends PersonKey {
  readonly audience: Audience;
  readonly userId: number;
  readonly now: Date;
}

/** Locks an active user and its link. Returns false if the user is inactive, or not the person's any more. */
export async function useIdentity(tx: Transaction, link: Link): Promise<boolean> {
  const { audience, providerId, authenticationProvider, subject, userId, now } = link;
  const active = await tx.query(lockActiveStatements[audience], [providerId, userId]);
  if (active.length === 0) return false;
  const person = [providerId, authenticationProvider.id, subject, userId, now];
  return (await tx.query(useStatement, person)).length > 0;
}

// A change or deletion of the authentication provider ends links, because it may have let anybody in. The lock makes it wait for this
// one, or this for it: a person whom it let in before is not linked. Programs know the time in milliseconds.
const insertStatement = `
  insert into identities (provider_id, authentication_provider_id, subject, user_id, provider_user_id, created_at, used_at)
  select provider_id, id, $3, $4::bigint, $5::bigint, $6::timestamptz, $6::timestamptz
  from authentication_providers
  where provider_id = $1 and id = $2 and date_trunc('milliseconds', updated_at) = $7
  for share
  on conflict do nothing
  returning subject`;

/**
 * Links a person to a user, which is audited. Returns false if the person is linked already, or if the authentication provider was
 * changed after the person logged in.
 */
export async function linkIdentity(tx: Transaction, link: Link): Promise<boolean> {
  const { audience, providerId, authenticationProvider, subject, userId, now } = link;
  const users = audience === "admin" ? [null, userId] : [userId, null];
  const { id, updatedAt } = authenticationProvider;
  const linked = await tx.query(insertStatement, [providerId, id, subject, ...users, now, updatedAt]);
  if (linked.length === 0) return false;
  if (audience === "developer") await markClaimed(tx, providerId, userId);
  const user = audience === "admin" ? "provider-user" : "user";
  await recordAudit(tx, {
    providerId,
    actor: { kind: "system" },
    action: "identity.linked",
    subject: `${user}/${userId}`,
    detail: { authenticationProvider: authenticationProvider.name },
  });
  return true;
}

const unlinkClaimantsStatement = `
  delete from identities using users
  where users.provider_id = $1 and users.id = $2 and users.confirmed_email is distinct from users.email
    and identities.provider_id = users.provider_id and identities.user_id = users.id`;

/** Ends the links of a locked user whose address nobody has confirmed so far: whoever signed up with it may be somebody else. */
export const unlinkClaimants = (tx: Transaction, providerId: number, userId: number): Promise<unknown> =>
  tx.query(unlinkClaimantsStatement, [providerId, userId]);

const lockOwnStatement = `
  select email from users
  where provider_id = $1 and id = $2 and state = 'active' and lower(email) = lower($3) and ($4 or ${isOwn})
  for no key update`;

interface AddressLink extends Link {
  readonly email: string | null;
  /** The password has proved that the user is the person's. */
  readonly isProved?: boolean;
}

/** Links a person to the active user of its verified address. Returns false if the user is not surely the person's. */
export async function linkByAddress(tx: Transaction, link: AddressLink): Promise<boolean> {
  const { providerId, userId, email, isProved = false } = link;
  const [own] = await tx.query<{ email: string }>(lockOwnStatement, [providerId, userId, email, isProved]);
  if (!own || !isSameAddress(own.email, email) || !(await linkIdentity(tx, link))) return false;
  await confirmAddress(tx, providerId, userId);
  return true;
}

// By provider_users_email_idx.
const findTeamMemberStatement = `
  select id as user_id, email from provider_users where provider_id = $1 and lower(email) = lower($2)`;

/** Returns the user of the provider with an address that the identity provider has verified. Admins give users their addresses. */
export async function findTeamMember(
  db: Database,
  providerId: number,
  { email, isEmailVerified }: Pick<Identity, "email" | "isEmailVerified">,
): Promise<number | undefined> {
  if (email === null || !isEmailVerified) return undefined;
  const [user] = await db.query<{ userId: number; email: string }>(findTeamMemberStatement, [providerId, email]);
  return user && isSameAddress(user.email, email) ? user.userId : undefined;
}

const lockTeamMemberStatement = `
  select email from provider_users where provider_id = $1 and id = $2 and state = 'active' for share`;

/** Links a person to the active user of the provider with its verified address. Returns false if there is no such user any more. */
export async function linkTeamMember(tx: Transaction, link: Link & Pick<Identity, "email">): Promise<boolean> {
  const [own] = await tx.query<{ email: string | null }>(lockTeamMemberStatement, [link.providerId, link.userId]);
  return own !== undefined && isSameAddress(own.email, link.email) && linkIdentity(tx, link);
}

const unlinkTeamMemberStatement = `delete from identities where provider_id = $1 and provider_user_id = $2 returning 1`;

/** Ends the links of a locked user of the provider. Returns whether it had any. By identities_provider_user_idx. */
export const unlinkTeamMember = async (tx: Transaction, providerId: number, userId: number): Promise<boolean> =>
  (await tx.query(unlinkTeamMemberStatement, [providerId, userId])).length > 0;

// By identities_provider_user_idx. A change of the authentication provider makes it untested.
const testedStatement = `
  select count(*) > 0 as is_published,
    coalesce(bool_or(exists (
      select from identities
      where identities.provider_id = providers.provider_id and authentication_provider_id = providers.id
        and used_at >= providers.updated_at)), false) as is_tested
  from authentication_providers as providers
  where provider_id = $1 and account_type = 'provider' and published`;

/** Returns whether the Admin Portal offers an authentication provider, and whether somebody has signed in with it as it is now. */
export async function readSignInTest(
  db: Database,
  providerId: number,
): Promise<{ readonly isPublished: boolean; readonly isTested: boolean }> {
  const [test] = await db.query<{ isPublished: boolean; isTested: boolean }>(testedStatement, [providerId]);
  return test ?? { isPublished: false, isTested: false };
}

// The subject is a person's, so it is in no address of a page.
const linkId = `left(encode(sha256(convert_to(authentication_provider_id || ' ' || subject, 'UTF8')), 'hex'), 32)`;

// Whether the user can still log in without the link. By identities_user_idx.
const isRemovable = `(
  users.password_hash is not null or exists (
    select from identities as others
    join authentication_providers
      on authentication_providers.provider_id = others.provider_id
        and authentication_providers.id = others.authentication_provider_id
    where others.provider_id = identities.provider_id and others.user_id = identities.user_id
      and (others.authentication_provider_id, others.subject)
        <> (identities.authentication_provider_id, identities.subject)
      and published))`;

const listStatement = `
  select ${linkId} as id, authentication_providers.name, subject, identities.created_at, used_at,
    ${isRemovable} as is_removable
  from identities
  join authentication_providers
    on authentication_providers.provider_id = identities.provider_id
      and authentication_providers.id = authentication_provider_id
  join users on users.provider_id = identities.provider_id and users.id = identities.user_id
  where identities.provider_id = $1 and user_id = any($2::bigint[])
  order by identities.created_at, subject`;

/** A link to a person of an identity provider. */
export interface ListedIdentity {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** Of the authentication provider. */
  readonly name: string;
  readonly subject: string;
  readonly createdAt: Date;
  readonly usedAt: Date;
  /** False for the only way in which the user can log in. */
  readonly isRemovable: boolean;
}

/** Lists the persons that developers are linked to, with the names of their authentication providers. */
export const listIdentities = (
  db: Database,
  providerId: number,
  userIds: readonly number[],
): Promise<ListedIdentity[]> => db.query<ListedIdentity>(listStatement, [providerId, userIds]);

// A second removal and a log-in with the link wait for this one, which may leave only one way to log in.
const lockUserStatement = `select from users where provider_id = $1 and id = $2 for no key update`;

const findOwnStatement = `
  select ${isRemovable} as is_removable
  from identities
  join users on users.provider_id = identities.provider_id and users.id = identities.user_id
  where identities.provider_id = $1 and user_id = $2 and ${linkId} = $3`;

const unlinkStatement = `delete from identities where provider_id = $1 and user_id = $2 and ${linkId} = $3`;

/** A developer's own link, and the cookie of the session that removes it. */
interface OwnLink {
  readonly providerId: number;
  readonly userId: number;
  readonly id: string;
  readonly keptCookieValue: string | undefined;
}

/**
 * Removes a developer's own link, and ends the other sessions, which may have begun with it. Returns false if the user has no such link, and
 * "needed" if it is the only way to log in. As other actions of developers on themselves, this is not audited.
 */
export const unlinkIdentity = (
  pool: Pool,
  { providerId, userId, id, keptCookieValue }: OwnLink,
): Promise<boolean | "needed"> =>
  pool.inTransaction(async (tx) => {
    await tx.query(lockUserStatement, [providerId, userId]);
    const [own] = await tx.query<Pick<ListedIdentity, "isRemovable">>(findOwnStatement, [providerId, userId, id]);
    if (!own) return false;
    if (!own.isRemovable) return "needed";
    await tx.query(unlinkStatement, [providerId, userId, id]);
    await endSessionsOfUsers(tx, { providerId, audience: "developer", userIds: [userId], keptCookieValue });
    return true;
  });
