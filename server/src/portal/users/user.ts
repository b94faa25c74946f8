import { Type } from "typebox";
import type { AsJson, Database, Transaction } from "#platform/database/database.ts";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { randomBase32 } from "#platform/ids.ts";
import { parseIsoTime } from "#platform/times.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  assignments,
  auditedChanges,
  columnOf,
  documentProperties,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import type { AccountEvent } from "#portal/accounts/account-events.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldValues,
  fieldsToJson,
  representFields,
  type SettableTable,
  takenErrors,
  textsOfAllErrors,
} from "#portal/fields/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

/** A person in an account. The password hash is separate: see `findUsersByLogin`. */
export interface User {
  readonly id: number;
  readonly accountId: number;
  readonly username: string;
  readonly email: string | null;
  readonly role: "admin" | "member";
  readonly state: "pending" | "active" | "suspended" | "email_unverified";
  readonly activatedAt: Date | null;
  readonly casIdentifier: string | null;
  readonly openId: string | null;
  /** All fields except `username` and `email`. */
  readonly fields: FieldValues;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Lifetime of the links in activation mails and invitations: longer than a holiday. */
export const linkLifetime = "interval '14 days'";

/** Returns a new code for a mailed link. */
export const newLinkCode = (): string => randomBase32(32);

const stored = { insert: true, update: true } as const;

/** Add a property here and to `User`, its column in a migration, and its name to the reserved names of fields. */
export const userFields = {
  id: {},
  accountId: { insert: true },
  // Parsed as fields, whose definitions may limit their values.
  username: { ...stored, audited: true, set: { schema: Type.String(), required: true } },
  email: { ...stored, audited: true, set: { schema: Type.String() } },
  state: { ...stored, audited: true, document: "identity" },
  role: { ...stored, audited: true, document: "identity" },
  activatedAt: { update: true },
  casIdentifier: { document: "identity" },
  openId: { document: "identity" },
  fields: { ...stored, audited: "each" },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<User>;

/** Converts a user that was read as JSON inside another row. */
export const userOfJson = (user: AsJson<User>): User => ({
  ...user,
  activatedAt: user.activatedAt === null ? null : parseIsoTime(user.activatedAt),
  createdAt: parseIsoTime(user.createdAt),
  updatedAt: parseIsoTime(user.updatedAt),
});

const readUserStatement = `select ${selectList(userFields)} from users where provider_id = $1 and id = $2`;

export async function readUser(db: Database, providerId: number, id: number): Promise<User | undefined> {
  const [user] = await db.query<User>(readUserStatement, [providerId, id]);
  return user;
}

// Served by users_account_idx.
const listUsersStatement = `select ${selectList(userFields)} from users where provider_id = $1 and account_id = $2 order by id`;

/** Lists the users of an account, oldest first. */
export const listUsers = (db: Database, providerId: number, accountId: number): Promise<User[]> =>
  db.query<User>(listUsersStatement, [providerId, accountId]);

// A login can match one user's name and another user's email address. The match by name comes first; there are never
// more than two.
const findByLoginStatement = `
  select ${selectList(userFields)}, password_hash as "passwordHash"
  from users
  where provider_id = $1 and (lower(username) = lower($2) or lower(email) = lower($2))
  order by lower(username) = lower($2) desc`;

export interface UserWithHash {
  readonly user: User;
  /** Null for users without a password, who cannot log in yet. */
  readonly passwordHash: string | null;
}

/** Returns the users whose username or email address is `login`, with their password hashes. */
export async function findUsersByLogin(
  db: Database,
  providerId: number,
  login: string,
): Promise<readonly UserWithHash[]> {
  if (!isXmlText(login)) return []; // no user has such a name, and PostgreSQL rejects zero bytes
  const found = await db.query<User & { passwordHash: string | null }>(findByLoginStatement, [providerId, login]);
  return found.map(({ passwordHash, ...user }) => ({ user, passwordHash }));
}

// If two requests take one name at once, the second waits for the first to commit and then inserts nothing.
const insertUserStatement = `
  insert into users (provider_id, created_at, updated_at, password_hash, activation_code_digest, activation_until,
    activated_at, confirmed_email, ${insertColumns(userFields)})
  values ($1, $2, $2, $3, $4, $2::timestamptz + ${linkLifetime}, case when $5 = 'active' then $2::timestamptz end,
    $6, ${insertParameters(userFields, 7)})
  on conflict do nothing
  returning ${selectList(userFields)}`;

// Served by users_account_idx.
const lengthOfOthersStatement = `
  select coalesce(sum(length(fields::text)), 0)::float8 as length from users
  where provider_id = $1 and account_id = $2 and id <> $3`;

/** Returns an error if a new or changed user of a locked account has too long field values, together with all others of the account. */
export const textsOfUsersErrors = (
  tx: Transaction,
  providerId: number,
  { accountId, fields }: Pick<User, "accountId" | "fields">,
  before?: Pick<User, "id" | "fields">,
): Promise<FieldErrors> =>
  textsOfAllErrors("users", { after: fields, before: before?.fields }, async () => {
    const values = [providerId, accountId, before?.id ?? 0];
    const [others] = await tx.query<{ length: number }>(lengthOfOthersStatement, values);
    return others?.length ?? 0;
  });

/** The person of an identity provider for whom a user is created. Such a user needs no password. */
export interface Person {
  /** The address that the identity provider has verified. Null without one. */
  readonly verifiedEmail: string | null;
  /** Links the person to the new user. Returns false if the person has a user already. */
  readonly link: (tx: Transaction, userId: number) => Promise<boolean>;
}

/** Another request has created a user of the person. Thrown, so that the transaction rolls back. */
export class PersonTaken extends Error {
  override readonly name = "PersonTaken";
}

/** Links the person, if there is one, to a user that was just inserted. */
export async function linkPerson(tx: Transaction, person: Person | undefined, { id }: Pick<User, "id">): Promise<void> {
  if (person && !(await person.link(tx, id))) throw new PersonTaken("the person has a user already");
}

export const personTakenErrors: FieldErrors = { base: ["You have signed up already: log in."] };

export interface NewUser extends Pick<User, "accountId" | "username" | "email" | "role" | "fields"> {
  readonly state: "pending" | "active";
  readonly passwordHash: string | null;
  /** The digest of the code in an activation link. */
  readonly activationCodeDigest?: Buffer | undefined;
  /** The email address is surely the user's: a mailed link or an identity provider has proved it. */
  readonly hasConfirmedEmail?: boolean;
}

/** Returns the new user, or undefined if the username or email address is taken. */
export async function insertUser(
  tx: Transaction,
  providerId: number,
  user: NewUser,
  now: Date,
): Promise<User | undefined> {
  const { passwordHash, activationCodeDigest = null, state, email, hasConfirmedEmail = false } = user;
  const own = [passwordHash, activationCodeDigest, state, hasConfirmedEmail ? email : null];
  const values = [providerId, now, ...own, ...insertValues(userFields, user)];
  const [inserted] = await tx.query<User>(insertUserStatement, values);
  return inserted;
}

// Locks the user until the transaction ends. Every transaction locks the account before its users.
const lockUserStatement = `
  select ${selectList(userFields)}, password_hash
  from users
  where provider_id = $1 and account_id = $2 and id = $3
  for no key update`;

/** Locks and returns a user, who stays unchanged until this transaction changes it or ends. */
export async function lockUser(
  tx: Transaction,
  { providerId, accountId, userId }: { providerId: number; accountId: number; userId: number },
): Promise<UserWithHash | undefined> {
  const [locked] = await tx.query<User & { passwordHash: string | null }>(lockUserStatement, [
    providerId,
    accountId,
    userId,
  ]);
  if (!locked) return undefined;
  const { passwordHash, ...user } = locked;
  return { user, passwordHash };
}

// A new email address, password or state invalidates mailed links, so that a reader of an old mailbox cannot undo the
// change.
const updateUserStatement = `
  update users
  set ${assignments(userFields, 7)}, updated_at = $3, password_hash = coalesce($4, password_hash),
    activation_code_digest = case
      when $5 = 'pending' and email is not distinct from $6 and $4 is null then activation_code_digest end,
    lost_password_digest = case
      when $5 = 'active' and email is not distinct from $6 and $4 is null then lost_password_digest end
  where provider_id = $1 and id = $2
  returning ${selectList(userFields)}`;

/** Writes a locked user. Without a hash, the password stays. */
export async function updateUserRow(
  tx: Transaction,
  providerId: number,
  { user, passwordHash }: { user: User; passwordHash?: string | undefined },
  now: Date,
): Promise<User> {
  const { id, state, email } = user;
  const values = [providerId, id, now, passwordHash ?? null, state, email, ...updateValues(userFields, user)];
  const [updated] = await tx.query<User>(updateUserStatement, values);
  if (!updated) throw new Error(`User ${user.id} was gone although it was locked.`);
  return updated;
}

// Served by the primary key, users_username_idx and users_email_idx.
const findAccountStatements = {
  id: `select account_id from users where provider_id = $1 and id = $2`,
  username: `select account_id from users where provider_id = $1 and lower(username) = lower($2)`,
  email: `select account_id from users where provider_id = $1 and lower(email) = lower($2)`,
} as const;

/** Returns the account of the user with this id, username or email address. */
export async function findAccountOfUser(
  db: Database,
  providerId: number,
  { by, value: login }: { readonly by: keyof typeof findAccountStatements; readonly value: string | number },
): Promise<number | undefined> {
  if (!isXmlText(String(login))) return undefined; // no user has it, and PostgreSQL rejects zero bytes
  const [found] = await db.query<{ accountId: number }>(findAccountStatements[by], [providerId, login]);
  return found?.accountId;
}

// Served by users_username_idx and users_email_idx.
const findTakenNamesStatement = `
  select coalesce(bool_or(lower(username) = lower($2)), false) as username,
    coalesce(bool_or(lower(email) = lower($3)), false) as email
  from users
  where provider_id = $1 and (lower(username) = lower($2) or lower(email) = lower($3)) and id is distinct from $4`;

/**
 * Returns errors for a username or email address that another user of the provider has. `id` excludes the user that is
 * updated.
 */
export async function findTakenUserNames(
  db: Database,
  providerId: number,
  { username, email, id }: { username: string; email: string | null; id?: number },
): Promise<FieldErrors> {
  const [taken] = await db.query<{ username: boolean; email: boolean }>(findTakenNamesStatement, [
    providerId,
    username,
    email,
    id ?? null,
  ]);
  return { username: takenErrors(taken?.username), email: takenErrors(taken?.email) };
}

const confirmStatement = `update users set confirmed_email = email where provider_id = $1 and id = $2`;

/** Notes that the address of a locked user is surely the user's. */
export const confirmAddress = (tx: Transaction, providerId: number, id: number): Promise<unknown> =>
  tx.query(confirmStatement, [providerId, id]);

const markStatement = `
  update users set confirmed_email = '' where provider_id = $1 and id = $2 and confirmed_email is null`;

/** Notes that somebody has logged in as the user, whose address nobody has confirmed: it may be another person's. */
export const markClaimed = (tx: Transaction, providerId: number, id: number): Promise<unknown> =>
  tx.query(markStatement, [providerId, id]);

const hasPasswordStatement = `select from users where provider_id = $1 and id = $2 and password_hash is not null`;

/** Returns false for a user who logs in with an identity provider only. */
export const hasPassword = async (db: Database, providerId: number, id: number): Promise<boolean> =>
  (await db.query(hasPasswordStatement, [providerId, id])).length > 0;

// The lock makes changes of the password, suspension and deletion wait for this transaction; they then end its session.
const holdsPasswordStatement = `
  select from users
  where provider_id = $1 and id = $2 and password_hash = $3 and state = 'active'
  for share`;

/** Returns whether the user may still log in with the password that was verified before this transaction. */
export const holdsPassword = async (
  tx: Transaction,
  { providerId, userId, passwordHash }: { providerId: number; userId: number; passwordHash: string },
): Promise<boolean> => (await tx.query(holdsPasswordStatement, [providerId, userId, passwordHash])).length > 0;

// Needs no lock of its own: every removal or demotion of a user locks the account, so the second of two sees the result
// of the first.
const otherAdminStatement = `
  select id
  from users
  where provider_id = $1 and account_id = $2 and role = 'admin' and state <> 'suspended' and id <> $3
  limit 1`;

/**
 * Returns whether the account would lose its last admin without this user. Suspensions skip this check: a provider may
 * lock out the only user of an account, and undo it.
 */
export async function isLastAdmin(
  tx: Transaction,
  providerId: number,
  { accountId, id, role }: Pick<User, "accountId" | "id" | "role">,
): Promise<boolean> {
  return role === "admin" && (await tx.query(otherAdminStatement, [providerId, accountId, id])).length === 0;
}

/** Represents a user as in XML documents and webhooks. */
export function representUser(user: User, { provider, definitions }: DocumentSettings): Node {
  return record("user", [
    value("id", user.id),
    value("created_at", writeTimestamp(user.createdAt, provider.timeZone)),
    value("updated_at", writeTimestamp(user.updatedAt, provider.timeZone)),
    value("account_id", user.accountId),
    ...identityOf(user).map(([name, content]) => value(name, content)),
    ...representFields(definitions, "User", fieldValuesOf(user)),
  ]);
}

const identityOf = (user: User): readonly (readonly [string, string])[] =>
  documentProperties(userFields, "identity").flatMap((property) => {
    const content = user[property];
    return content === null ? [] : [[columnOf(userFields, property), content] as const];
  });

/** Represents a user as JSON. `adminUrl` is the origin that the client used. */
export function userToJson(user: User, { provider, definitions }: DocumentSettings, adminUrl: string): Json {
  const account = `${adminUrl}/admin/api/accounts/${user.accountId}`;
  return {
    user: {
      id: user.id,
      ...Object.fromEntries(identityOf(user)),
      created_at: writeTimestamp(user.createdAt, provider.timeZone),
      updated_at: writeTimestamp(user.updatedAt, provider.timeZone),
      links: [
        { rel: "account", href: account },
        { rel: "self", href: `${account}/users/${user.id}` },
      ],
      ...fieldsToJson(definitions, "User", fieldValuesOf(user)),
    },
  };
}

const fieldValuesOf = ({ username, email, fields }: User): FieldValues => ({
  ...fields,
  username,
  ...(email === null ? {} : { email }),
});

type UserEventType = Extract<AccountEvent["type"], `user.${string}`>;

/** Builds the event of a created, updated or deleted user. */
export const userEvent = (
  type: UserEventType,
  settings: DocumentSettings,
  user: User,
  previous?: Readonly<Record<string, unknown>>,
): AccountEvent => ({
  type,
  objectId: user.id,
  document: representUser(user, settings),
  ...(previous === undefined ? {} : { previous }),
});

/** Returns the previous values of a user's changed fields, by their names in documents. */
export const userChanges = (before: User, after: User): Readonly<Record<string, unknown>> =>
  auditedChanges(userFields, before, after);
