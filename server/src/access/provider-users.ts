import type { Database, Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { type ProductScope, notifyCallersChanged } from "./permissions.ts";
import { endSessionsOfUsers, filterByPassword, type HashingFor, type PasswordHasher } from "./credentials.ts";

export type Role = "admin" | "member";

/** A user of the provider, who signs in to the Admin Portal and owns access tokens. */
export interface ProviderUser {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
  readonly role: Role;
  /** Sections of a member. Admins need none. */
  readonly sections: readonly string[];
  /** The product scope of a member. */
  readonly serviceIds: ProductScope;
  readonly state: "pending" | "active" | "suspended";
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewProviderUser {
  readonly providerId: number;
  readonly username: string;
  readonly email?: string;
  /** Null until an admin sets a password; the user cannot sign in before. */
  readonly passwordHash: string | null;
  readonly role: Role;
  readonly sections?: readonly string[];
  readonly serviceIds?: ProductScope;
  readonly state?: ProviderUser["state"];
}

const providerUserColumns = `id, username, email, role, sections, service_ids, state,
  created_at, updated_at`;

const insertStatement = `
  insert into provider_users (provider_id, username, email, password_hash, role, sections, state,
    service_ids)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  returning ${providerUserColumns}`;

/** Inserts a user. A taken name or address raises a unique violation. */
export async function createProviderUser(tx: Transaction, user: NewProviderUser): Promise<ProviderUser> {
  const [created] = await tx.query<ProviderUser>(insertStatement, [
    user.providerId,
    user.username,
    user.email ?? null,
    user.passwordHash,
    user.role,
    user.sections ?? [],
    user.state ?? "active",
    user.serviceIds ?? null,
  ]);
  if (!created) throw new Error("The database returned nothing for a new provider user.");
  return created;
}

const readStatement = `
  select ${providerUserColumns}
  from provider_users
  where provider_id = $1 and id = $2`;

export async function readProviderUser(
  db: Database,
  providerId: number,
  id: number,
): Promise<ProviderUser | undefined> {
  const [user] = await db.query<ProviderUser>(readStatement, [providerId, id]);
  return user;
}

// Finds at most two users, by user name and then by email, ignoring case. Served by the unique indexes on lower(username) and
// lower(email).
const findStatement = `
  select ${providerUserColumns}, password_hash
  from provider_users
  where provider_id = $1 and (lower(username) = lower($2) or lower(email) = lower($2))
  order by lower(username) = lower($2) desc`;

export async function findProviderUserByLogin(
  db: Database,
  providerId: number,
  login: string,
): Promise<ProviderUser | undefined> {
  const [first] = await findProviderUsersByLogin(db, providerId, login);
  return first?.user;
}

/** Reads the hash separately, so that user objects never contain it. */
export interface ProviderUserWithHash {
  readonly user: ProviderUser;
  readonly passwordHash: string | null;
}

/** Returns the users that a login may refer to. */
export async function findProviderUsersByLogin(
  db: Database,
  providerId: number,
  login: string,
): Promise<readonly ProviderUserWithHash[]> {
  if (login.includes("\0")) return []; // PostgreSQL texts cannot contain it
  const rows = await db.query<ProviderUser & { passwordHash: string | null }>(findStatement, [providerId, login]);
  return rows.map(({ passwordHash, ...user }) => ({ user, passwordHash }));
}

// Blocks password changes, suspension and deletion until this transaction ends; they then end its session.
const lockPasswordStatement = `
  select from provider_users
  where provider_id = $1 and id = $2 and password_hash = $3 and state = 'active'
  for share`;

/** Returns whether the user may still sign in with the password that was verified before this transaction. */
export const lockIfPasswordUnchanged = async (
  tx: Transaction,
  { providerId, userId, passwordHash }: { providerId: number; userId: number; passwordHash: string },
): Promise<boolean> => (await tx.query(lockPasswordStatement, [providerId, userId, passwordHash])).length > 0;

const changePasswordStatement = `
  update provider_users
  set password_hash = $3, updated_at = now()
  where provider_id = $1 and id = $2`;

async function updatePasswordHash(
  tx: Transaction,
  { providerId, userId, passwordHash }: { providerId: number; userId: number; passwordHash: string },
): Promise<void> {
  await tx.query(changePasswordStatement, [providerId, userId, passwordHash]);
}

const listStatement = `
  select ${providerUserColumns}
  from provider_users
  where provider_id = $1 and ($2::text is null or state = $2) and ($3::text is null or role = $3)
  order by id`;

/** Lists the provider's users, optionally of one state or role. */
export const listProviderUsers = (
  db: Database,
  providerId: number,
  { state, role }: { state?: string | undefined; role?: string | undefined } = {},
): Promise<ProviderUser[]> => db.query<ProviderUser>(listStatement, [providerId, state ?? null, role ?? null]);

// Locks all of the provider's users in one order, so that two admins cannot remove each other at once.
const lockStatement = `
  select ${providerUserColumns}
  from provider_users
  where provider_id = $1
  order by id
  for no key update`;

/** Locks and returns the provider's users until this transaction ends. */
export const lockProviderUsers = (tx: Transaction, providerId: number): Promise<ProviderUser[]> =>
  tx.query<ProviderUser>(lockStatement, [providerId]);

const lockForShareStatement = `select from provider_users where provider_id = $1 and id = $2 for key share`;

/** Locks the user until this transaction ends. Returns whether it exists. */
export const lockProviderUserForShare = async (tx: Transaction, providerId: number, id: number): Promise<boolean> =>
  (await tx.query(lockForShareStatement, [providerId, id])).length > 0;

/** Returns whether another admin can sign in. */
export const hasOtherAdmin = (users: readonly ProviderUser[], id: number): boolean =>
  users.some((user) => user.id !== id && user.role === "admin" && user.state === "active");

const updateStatement = `
  update provider_users
  set username = $3, email = $4, role = $5, sections = $6, state = $7, updated_at = $8,
    password_hash = coalesce($9, password_hash), service_ids = $10
  where provider_id = $1 and id = $2
  returning ${providerUserColumns}`;

/** Updates a locked user. Without a hash, the password stays. */
export async function updateProviderUserRow(
  tx: Transaction,
  providerId: number,
  { user, passwordHash }: { user: ProviderUser; passwordHash?: string | undefined },
  now: Date,
): Promise<ProviderUser> {
  const { id, username, email, role, sections, state, serviceIds } = user;
  const values = [providerId, id, username, email, role, sections, state, now, passwordHash ?? null, serviceIds];
  const [updated] = await tx.query<ProviderUser>(updateStatement, values);
  if (!updated) throw new Error(`User ${id} was gone although it was locked.`);
  notifyCallersChanged(tx, providerId);
  return updated;
}

// Locks in the order of `lockStatement`: an update alone takes its rows in the order of their places in the table.
const forgetProductStatement = `
  with members as (
    select id from provider_users where provider_id = $1 and $2 = any(service_ids) order by id for no key update
  )
  update provider_users
  set service_ids = array_remove(service_ids, $2)
  from members
  where provider_id = $1 and provider_users.id = members.id`;

/** Removes a deleted product from all product scopes. A scope may become empty. */
export async function forgetProduct(tx: Transaction, providerId: number, productId: number): Promise<void> {
  await tx.query(forgetProductStatement, [providerId, productId]);
  notifyCallersChanged(tx, providerId);
}

/** Deletes a user with its access tokens. */
export async function deleteProviderUserRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(`delete from provider_users where provider_id = $1 and id = $2`, [providerId, id]);
  notifyCallersChanged(tx, providerId);
}

/** Changes a password and ends the user's sessions. Hash before the transaction, as hashing is slow. */
export async function changeProviderUserPassword(
  tx: Transaction,
  change: { providerId: number; userId: number; passwordHash: string },
): Promise<void> {
  await updatePasswordHash(tx, change);
  await endSessionsOfUsers(tx, { providerId: change.providerId, audience: "admin", userIds: [change.userId] });
}

/** Returns the addresses of the provider's admins who can sign in and have one. */
export async function listAdminAddresses(db: Database, providerId: number): Promise<readonly string[]> {
  const admins = await listProviderUsers(db, providerId, { state: "active", role: "admin" });
  return admins.flatMap(({ email }) => (email === null ? [] : [email]));
}

interface Login extends HashingFor {
  readonly login: string;
  readonly password: string;
  /** Restricts the sign-in to this user. */
  readonly onlyUserId?: number | undefined;
}

interface SignedIn {
  readonly user: ProviderUser;
  readonly passwordHash: string;
  readonly isAmbiguous: boolean;
}

/**
 * Returns the user with this name or email and this password. Unknown, wrong and suspended take the same time and give the same
 * result.
 */
export async function signInProviderUser(
  db: Database,
  passwords: PasswordHasher,
  { login, password, onlyUserId, ...by }: Login,
): Promise<SignedIn | undefined> {
  const named = await findProviderUsersByLogin(db, by.providerId, login);
  const tried = named.filter(({ user }) => onlyUserId === undefined || user.id === onlyUserId);
  const owners = await filterByPassword(passwords, tried, password, by);
  const active = owners.find(({ user }) => user.state === "active");
  if (!active || active.passwordHash === null) return undefined;
  return { user: active.user, passwordHash: active.passwordHash, isAmbiguous: tried.length > 1 };
}

export const scopes = ["account_management", "cms", "finance", "policy_registry", "stats"] as const;
export type Scope = (typeof scopes)[number];

export type Permission = "ro" | "rw";

/** A valid token, with the permissions of its owner. */
export interface AccessToken {
  readonly id: number;
  readonly name: string;
  readonly userId: number;
  readonly role: Role;
  readonly sections: readonly string[];
  readonly serviceIds: ProductScope;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt: Date | null;
}

export interface NewAccessToken {
  readonly providerId: number;
  readonly userId: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt?: Date;
  /** Chosen by the operator; random if omitted. */
  readonly value?: string;
}

const valueBytes = 48;

/** 96 hexadecimal digits, like 3scale's. */
export const newTokenValue = (): string => randomHex(valueBytes);

const insertTokenStatement = `
  insert into access_tokens (provider_id, user_id, name, digest, scopes, permission, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7)
  returning id`;

/** Creates a token. Only its digest is stored, so this response is the only one with the value. */
export async function createAccessToken(
  tx: Transaction,
  token: NewAccessToken,
): Promise<{ id: number; value: string }> {
  const value = token.value ?? newTokenValue();
  const rows = await tx.query<{ id: number }>(insertTokenStatement, [
    token.providerId,
    token.userId,
    token.name,
    secretDigest(value),
    token.scopes,
    token.permission,
    token.expiresAt ?? null,
  ]);
  const [row] = rows;
  if (!row) throw new Error("The database returned no id for a new access token.");
  return { id: row.id, value };
}

// Finds the token of provider $1 with digest $2 at time $3, unless it is expired or its owner may not sign in.
// Served by the unique key on digest.
export const findTokenStatement = `
  select token.id, token.name, token.user_id as "userId", owner.role, owner.sections,
    owner.service_ids as "serviceIds", token.scopes, token.permission, token.expires_at as "expiresAt"
  from access_tokens as token
  join provider_users as owner on owner.provider_id = token.provider_id and owner.id = token.user_id
  where token.digest = $2 and token.provider_id = $1
    and (token.expires_at is null or token.expires_at > $3)
    and owner.state = 'active'`;

export async function findAccessToken(
  db: Database,
  { providerId, value, now }: { providerId: number; value: string; now: Date },
): Promise<AccessToken | undefined> {
  const [token] = await db.query<AccessToken>(findTokenStatement, [providerId, secretDigest(value), now]);
  return token;
}

/** An access token without its value, which is not stored. */
export interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

const tokenColumns = `id, name, scopes, permission, expires_at, created_at`;

interface TokenOwner {
  readonly providerId: number;
  readonly userId: number;
}

const listTokensStatement = `
  select ${tokenColumns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and ($3::text is null or position(lower($3) in lower(name)) > 0)
  order by id`;

/** Lists a user's tokens, oldest first; with a name, those whose name contains it. */
export const listAccessTokens = (
  db: Database,
  { providerId, userId }: TokenOwner,
  name?: string,
): Promise<StoredToken[]> => db.query<StoredToken>(listTokensStatement, [providerId, userId, name ?? null]);

const readTokenStatement = `
  select ${tokenColumns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and (id::text = $3 or digest = $4)`;

/** Finds the user's token with this id or this value. */
export async function readOwnAccessToken(
  db: Database,
  { providerId, userId }: TokenOwner,
  idOrValue: string,
): Promise<StoredToken | undefined> {
  if (idOrValue.includes("\0")) return undefined; // PostgreSQL texts cannot contain it
  const [token] = await db.query<StoredToken>(readTokenStatement, [
    providerId,
    userId,
    idOrValue,
    secretDigest(idOrValue),
  ]);
  return token;
}

const deleteStatement = `delete from access_tokens where provider_id = $1 and user_id = $2 and id = $3 returning id`;

/** Deletes a token. Returns whether the user had it. */
export async function deleteAccessToken(
  tx: Transaction,
  { providerId, userId }: TokenOwner,
  id: number,
): Promise<boolean> {
  const deleted = await tx.query(deleteStatement, [providerId, userId, id]);
  notifyCallersChanged(tx, providerId);
  return deleted.length > 0;
}
