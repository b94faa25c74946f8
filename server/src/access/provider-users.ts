import type { Database, Transaction } from "#platform/database/database.ts";
import { type ProductScope, notifyCallersChanged } from "./actor.ts";
import { type HashingFor, filterByPassword, type PasswordHasher } from "./passwords.ts";
import { endSessionsOfUser } from "./sessions.ts";

export type Role = "admin" | "member";

/** Somebody of the provider's own: signs in to the Admin Portal, owns access tokens. */
export interface ProviderUser {
  readonly id: number;
  readonly username: string;
  readonly email: string | null;
  readonly role: Role;
  /** What a member may do besides; an admin needs none. */
  readonly sections: readonly string[];
  /** The products that a member is narrowed to. */
  readonly serviceIds: ProductScope;
  readonly state: "pending" | "active" | "suspended";
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewProviderUser {
  readonly providerId: number;
  readonly username: string;
  readonly email?: string;
  /** Null: nobody signs in until an admin sets a password. */
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

/** A name or an address that is taken is a unique violation. */
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

// By user name or e-mail, in any case; a name that is another's e-mail comes first, and these two are all that there can be.
// Served by the two unique indexes on lower(username) and lower(email).
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

/** Apart from the rest, so that the hash does not travel with the user. */
export interface ProviderUserWithHash {
  readonly user: ProviderUser;
  readonly passwordHash: string | null;
}

/** Everybody whom a login may mean. */
async function findProviderUsersByLogin(
  db: Database,
  providerId: number,
  login: string,
): Promise<readonly ProviderUserWithHash[]> {
  if (login.includes("\0")) return []; // PostgreSQL has no text with it, so nobody has such a name
  const rows = await db.query<ProviderUser & { passwordHash: string | null }>(findStatement, [providerId, login]);
  return rows.map(({ passwordHash, ...user }) => ({ user, passwordHash }));
}

// Whoever changes the password, suspends or deletes the user waits until this transaction ends, and then ends its session.
const lockPasswordStatement = `
  select from provider_users
  where provider_id = $1 and id = $2 and password_hash = $3 and state = 'active'
  for share`;

/** Whether the user may still sign in with the password that was looked at before this transaction. */
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

/** Everybody who works for the provider, or those in a state or of a role; of one that does not exist, nobody. */
export const listProviderUsers = (
  db: Database,
  providerId: number,
  { state, role }: { state?: string | undefined; role?: string | undefined } = {},
): Promise<ProviderUser[]> => db.query<ProviderUser>(listStatement, [providerId, state ?? null, role ?? null]);

// All rows of the provider, in one order: of two admins who remove each other at once, one is first.
const lockStatement = `
  select ${providerUserColumns}
  from provider_users
  where provider_id = $1
  order by id
  for no key update`;

/** Everybody as they are, and as they stay until this transaction changes them or ends. */
export const lockProviderUsers = (tx: Transaction, providerId: number): Promise<ProviderUser[]> =>
  tx.query<ProviderUser>(lockStatement, [providerId]);

const lockForShareStatement = `select from provider_users where provider_id = $1 and id = $2 for key share`;

/** Whether the user is there, as it then is until this transaction ends. */
export const lockProviderUserForShare = async (tx: Transaction, providerId: number, id: number): Promise<boolean> =>
  (await tx.query(lockForShareStatement, [providerId, id])).length > 0;

/** Whether somebody who can sign in is an admin besides this one. */
export const hasOtherAdmin = (users: readonly ProviderUser[], id: number): boolean =>
  users.some((user) => user.id !== id && user.role === "admin" && user.state === "active");

const updateStatement = `
  update provider_users
  set username = $3, email = $4, role = $5, sections = $6, state = $7, updated_at = $8,
    password_hash = coalesce($9, password_hash), service_ids = $10
  where provider_id = $1 and id = $2
  returning ${providerUserColumns}`;

/** Writes what can be changed of a locked user. Without a hash, the password stays. */
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

const forgetProductStatement = `
  update provider_users
  set service_ids = array_remove(service_ids, $2)
  where provider_id = $1 and $2 = any(service_ids)`;

/** Nobody is narrowed to a product that is gone: who was to no other has nothing left. */
export async function forgetProduct(tx: Transaction, providerId: number, productId: number): Promise<void> {
  await tx.query(forgetProductStatement, [providerId, productId]);
  notifyCallersChanged(tx, providerId);
}

/** Its access tokens go with it. */
export async function deleteProviderUserRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(`delete from provider_users where provider_id = $1 and id = $2`, [providerId, id]);
  notifyCallersChanged(tx, providerId);
}

/** Also ends the user's sessions: whoever knew the old password is out. Hash before the transaction opens, it takes a while. */
export async function changeProviderUserPassword(
  tx: Transaction,
  change: { providerId: number; userId: number; passwordHash: string },
): Promise<void> {
  await updatePasswordHash(tx, change);
  await endSessionsOfUser(tx, { providerId: change.providerId, audience: "admin", userId: change.userId });
}

/** Where to write to the provider's admins: those who can sign in and have an address. */
export async function listAdminAddresses(db: Database, providerId: number): Promise<readonly string[]> {
  const admins = await listProviderUsers(db, providerId, { state: "active", role: "admin" });
  return admins.flatMap(({ email }) => (email === null ? [] : [email]));
}

interface Login extends HashingFor {
  readonly login: string;
  readonly password: string;
  /** The only user whose password is tried. */
  readonly onlyUserId?: number | undefined;
}

interface SignedIn {
  readonly user: ProviderUser;
  readonly passwordHash: string;
  readonly isAmbiguous: boolean;
}

/**
 * The user whose name (or e-mail) and password these are, also when the one is another's other. Unknown, wrong and suspended
 * take the same time and say the same.
 */
export async function signInProviderUser(
  db: Database,
  passwords: PasswordHasher,
  { login, password, onlyUserId, ...by }: Login,
): Promise<SignedIn | undefined> {
  const meant = await findProviderUsersByLogin(db, by.providerId, login);
  const tried = meant.filter(({ user }) => onlyUserId === undefined || user.id === onlyUserId);
  const owners = await filterByPassword(passwords, tried, password, by);
  const active = owners.find(({ user }) => user.state === "active");
  if (!active || active.passwordHash === null) return undefined;
  return { user: active.user, passwordHash: active.passwordHash, isAmbiguous: tried.length > 1 };
}
