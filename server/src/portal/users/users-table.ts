import { timeOfIso } from "#platform/clock/iso-time.ts";
import type { Database, Transaction } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";
import { isXmlText } from "#platform/document/xml-text.ts";

import { linkLife } from "./link-life.ts";
import type { User } from "./user.ts";

export const userColumns = `id, account_id as "accountId", username, email, role, state, activated_at as "activatedAt",
  cas_identifier as "casIdentifier", open_id as "openId", fields, created_at as "createdAt", updated_at as "updatedAt"`;

/** A user that came as JSON inside of another row. */
export const userOfJson = (user: InJson<User>): User => ({
  ...user,
  activatedAt: user.activatedAt === null ? null : timeOfIso(user.activatedAt),
  createdAt: timeOfIso(user.createdAt),
  updatedAt: timeOfIso(user.updatedAt),
});

const readStatement = `select ${userColumns} from users where provider_id = $1 and id = $2`;

export async function readUser(db: Database, providerId: number, id: number): Promise<User | undefined> {
  const [user] = await db.query<User>(readStatement, [providerId, id]);
  return user;
}

// Served by users_account_idx.
const listStatement = `select ${userColumns} from users where provider_id = $1 and account_id = $2 order by id`;

/** The users of an account, oldest first. */
export const listUsers = (db: Database, providerId: number, accountId: number): Promise<User[]> =>
  db.query<User>(listStatement, [providerId, accountId]);

// Served by users_username_idx and users_email_idx. One person's name may be another's address: the name goes first, and these
// two are all that there can be.
const findByLoginStatement = `
  select ${userColumns}, password_hash as "passwordHash"
  from users
  where provider_id = $1 and (lower(username) = lower($2) or lower(email) = lower($2))
  order by lower(username) = lower($2) desc`;

export interface UserWithHash {
  readonly user: User;
  /** Null: signed up without a password, and cannot sign in yet. */
  readonly passwordHash: string | null;
}

/** Everybody who may sign in with this username or e-mail address. */
export async function findUsersByLogin(
  db: Database,
  providerId: number,
  login: string,
): Promise<readonly UserWithHash[]> {
  if (!isXmlText(login)) return []; // nobody could sign up so, and the database takes no zero byte
  const found = await db.query<User & { passwordHash: string | null }>(findByLoginStatement, [providerId, login]);
  return found.map(({ passwordHash, ...user }) => ({ user, passwordHash }));
}

// Two who take one name at once: the second waits for the first to commit, and then inserts nothing.
const insertStatement = `
  insert into users (provider_id, account_id, username, email, password_hash, role, state, activation_code_digest,
    activation_until, activated_at, fields, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $10::timestamptz + ${linkLife},
    case when $7 = 'active' then $10::timestamptz end, $9, $10, $10)
  on conflict do nothing
  returning ${userColumns}`;

export interface NewUser extends Pick<User, "accountId" | "username" | "email" | "role" | "fields"> {
  readonly state: "pending" | "active";
  readonly passwordHash: string | null;
  readonly activationCodeDigest: Buffer | null;
}

/** The new user, or undefined if the username or the e-mail address is taken. */
export async function insertUser(
  tx: Transaction,
  providerId: number,
  user: NewUser,
  now: Date,
): Promise<User | undefined> {
  const [inserted] = await tx.query<User>(insertStatement, [
    providerId,
    user.accountId,
    user.username,
    user.email,
    user.passwordHash,
    user.role,
    user.state,
    user.activationCodeDigest,
    user.fields,
    now,
  ]);
  return inserted;
}
