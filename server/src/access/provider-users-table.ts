import type { Database, Transaction } from "#platform/database/database.ts";
import type { Reach } from "./reach.ts";

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
  readonly serviceIds: Reach;
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
  readonly serviceIds?: Reach;
  readonly state?: ProviderUser["state"];
}

export const providerUserColumns = `id, username, email, role, sections, service_ids, state,
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
  const [first] = await findWithHashes(db, providerId, login);
  return first?.user;
}

/** Apart from the rest, so that the hash does not travel with the user. */
export interface ProviderUserWithHash {
  readonly user: ProviderUser;
  readonly passwordHash: string | null;
}

/** Everybody whom a login may mean. */
export async function findWithHashes(
  db: Database,
  providerId: number,
  login: string,
): Promise<readonly ProviderUserWithHash[]> {
  if (login.includes("\0")) return []; // PostgreSQL has no text with it, so nobody has such a name
  const rows = await db.query<ProviderUser & { passwordHash: string | null }>(findStatement, [providerId, login]);
  return rows.map(({ passwordHash, ...user }) => ({ user, passwordHash }));
}

// Whoever changes the password, suspends or deletes the user waits until this transaction ends, and then ends its session.
const holdPasswordStatement = `
  select from provider_users
  where provider_id = $1 and id = $2 and password_hash = $3 and state = 'active'
  for share`;

/** Whether the user may still sign in with the password that was looked at before this transaction. */
export const providerUserHoldsPassword = async (
  tx: Transaction,
  { providerId, userId, passwordHash }: { providerId: number; userId: number; passwordHash: string },
): Promise<boolean> => (await tx.query(holdPasswordStatement, [providerId, userId, passwordHash])).length > 0;

const changePasswordStatement = `
  update provider_users
  set password_hash = $3, updated_at = now()
  where provider_id = $1 and id = $2`;

export async function updatePasswordHash(
  tx: Transaction,
  { providerId, userId, passwordHash }: { providerId: number; userId: number; passwordHash: string },
): Promise<void> {
  await tx.query(changePasswordStatement, [providerId, userId, passwordHash]);
}
