import { type ChangeContext, endSessionsOfUser, type PasswordHasher } from "#access/index.ts";
import { type Database, type Pool, type Transaction, retryOnUniqueViolation } from "#platform/database/database.ts";
import { countLimits, requireWithinLimit } from "#platform/limits.ts";
import { recordAccountEvents, requireChangesLeft } from "#portal/accounts/account-events.ts";
import { lockAccount } from "#portal/accounts/account.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
  applyFieldInput,
  hasNoErrors,
  mergeErrors,
  parseFieldInput,
  readDocumentSettings,
  refuseTransition,
} from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { confirmationOf, filterErrors, parseNewUser, passwordErrors, textOf, userNameErrors } from "./user-input.ts";
import {
  type LockedUser,
  type User,
  findTakenUserNames,
  insertUser,
  isLastAdmin,
  lockUser,
  updateUserRow,
  userChanges,
  userEvent,
} from "./user.ts";

/** Which user is to be changed, and who wants it. */
interface UserChange {
  readonly provider: Provider;
  readonly accountId: number;
  readonly userId: number;
  readonly by: ChangeContext;
}

type UserOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  | { readonly refused: FieldErrors };

type UserDecision =
  | { readonly user: User; readonly passwordHash?: string | undefined }
  | { readonly refused: FieldErrors };

type DecideUser = (
  locked: LockedUser,
  within: { readonly tx: Transaction; readonly settings: DocumentSettings },
) => Promise<UserDecision> | UserDecision;

/** Changes a user as decided and tells so, if anything changed. Undefined if the account has no such user. */
export async function changeUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
  decide: DecideUser,
): Promise<UserOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    const before = account && (await lockUser(tx, { providerId: provider.id, accountId, userId }));
    if (!before) return undefined;
    const wanted = await decide(before, { tx, settings });
    if ("refused" in wanted) return wanted;

    const previous = {
      ...userChanges(before.user, wanted.user),
      ...(wanted.passwordHash === undefined ? {} : { password: null }), // that it changed, never what it was
    };
    if (Object.keys(previous).length === 0) return { user: before.user, events: [] };
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    const user = await updateUserRow(tx, provider.id, wanted, by.now);
    const cause = { providerId: provider.id, ...by };
    return {
      user,
      events: await recordAccountEvents(tx, cause, account, [userEvent("user.updated", settings, user, previous)]),
    };
  });
}

interface UserCreation {
  readonly provider: Provider;
  readonly accountId: number;
  /** As they came, by field name, with `password`. */
  readonly values: FieldInput;
  readonly by: ChangeContext;
}

/** A new member of an account, who waits to be activated. Undefined if the provider has no such account. */
export async function createUser(
  pool: Pool,
  passwords: PasswordHasher,
  { provider, accountId, values, by }: UserCreation,
): Promise<UserOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const { fields, errors } = parseNewUser(settings, values, { writer: "program" });
  const isHashed = hasNoErrors(errors) && fields.password !== undefined;
  const passwordHash = isHashed ? await passwords.hash(fields.password, { providerId: provider.id }) : null;

  return pool.inTransaction(async (tx) => {
    const account = await lockAccount(tx, provider.id, accountId);
    if (!account) return undefined;
    if (!hasNoErrors(errors))
      return { refused: mergeErrors(errors, await findTakenUserNames(tx, provider.id, fields)) };
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    await requireWithinLimit(tx, countLimits.users, { providerId: provider.id, id: accountId });
    const { username, email, userFields } = fields;
    const user = await insertUser(
      tx,
      provider.id,
      {
        accountId,
        username,
        email,
        passwordHash,
        role: "member",
        state: "pending",
        activationCodeDigest: null,
        fields: userFields,
      },
      by.now,
    );
    if (!user) return { refused: mergeErrors(await findTakenUserNames(tx, provider.id, fields)) };
    const cause = { providerId: provider.id, ...by };
    return { user, events: await recordAccountEvents(tx, cause, account, [userEvent("user.created", settings, user)]) };
  });
}

export interface UserUpdate extends UserChange {
  /** As they came, by field name, `password` and `password_confirmation` among them. What is not named stays. */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  /** What somebody typed to prove that the details are their own. It is looked at unless it is undefined. */
  readonly currentPassword?: string | undefined;
  /** The cookie of the session that a new password leaves alone. It ends all others. */
  readonly keptSession?: string | undefined;
}

/** Changes what a user is called, its other fields, or its password. */
export async function updateUser(
  pool: Pool,
  passwords: PasswordHasher,
  update: UserUpdate,
): Promise<UserOutcome | undefined> {
  const { provider, userId, values, writer, keptSession } = update;
  const password = await parseNewPassword(pool, passwords, update);
  const decide: DecideUser = async ({ user: before }, { tx, settings }) => {
    const { user, errors } = parseUserUpdate(settings, before, { values, writer });
    const refused = mergeErrors(errors, await findTakenUserNames(tx, provider.id, user), password.errors);
    if (!hasNoErrors(refused)) return { refused };
    if (password.hash !== undefined) {
      const ended = { providerId: provider.id, audience: "developer", userId, exceptCookieValue: keptSession } as const;
      await endSessionsOfUser(tx, ended);
    }
    return { user, passwordHash: password.hash };
  };
  return retryOnUniqueViolation(() => changeUser(pool, update, decide));
}

function parseUserUpdate(
  { definitions }: DocumentSettings,
  before: User,
  { values, writer }: Pick<UserUpdate, "values" | "writer">,
): { readonly user: User; readonly errors: FieldErrors } {
  const old = {
    ...before.fields,
    username: before.username,
    ...(before.email === null ? {} : { email: before.email }),
  };
  const { given, errors } = parseFieldInput({ definitions, target: "User", writer, held: old }, values);
  const { username, email, ...fields } = applyFieldInput(old, given);
  const wanted = { username: typeof username === "string" ? username : before.username, email: textOf(email) ?? null };
  const user = { ...before, ...wanted, fields };
  const wrongNames = filterErrors(userNameErrors({ ...wanted, email: wanted.email ?? "" }), (name) =>
    Object.hasOwn(given, name),
  );
  return { user, errors: mergeErrors(errors, wrongNames) };
}

const readPasswordHashStatement = `
  select password_hash from users where provider_id = $1 and account_id = $2 and id = $3`;

/** The hash of the new password, if there is to be one. Before the transaction opens: it takes a while. */
async function parseNewPassword(
  db: Database,
  passwords: PasswordHasher,
  { provider, accountId, userId, values, currentPassword }: UserUpdate,
): Promise<{ readonly hash?: string; readonly errors: FieldErrors }> {
  const [user] = await db.query<{ passwordHash: string | null }>(readPasswordHashStatement, [
    provider.id,
    accountId,
    userId,
  ]);
  const by = { providerId: provider.id };
  const isOwn = currentPassword === undefined || (await passwords.verify(user?.passwordHash, currentPassword, by));
  const password = textOf(values["password"]);
  const errors = mergeErrors(
    isOwn ? {} : { current_password: ["is incorrect"] },
    passwordErrors({
      password,
      confirmation: confirmationOf(values),
      isRequired: false,
      lengthMin: provider.passwordLengthMin,
    }),
  );
  if (password === undefined || !hasNoErrors(errors) || (await passwords.verify(user?.passwordHash, password, by)))
    return { errors };
  return { hash: await passwords.hash(password, by), errors };
}

/** Makes a user an admin of the account, or a member; the last admin stays one. */
export const changeUserRole = (
  pool: Pool,
  { role, ...change }: UserChange & { readonly role: User["role"] },
): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, async ({ user }, { tx }) =>
    role === "member" && (await isLastAdmin(tx, change.provider.id, user))
      ? { refused: { role: ["cannot be taken from the last admin"] } }
      : { user: { ...user, role } },
  );

/** Locks a user out, at once: whoever is signed in is no longer. */
export const suspendUser = (pool: Pool, change: UserChange): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, async ({ user }, { tx }) => {
    if (user.state !== "active" && user.state !== "suspended") return refuseTransition("suspend");
    await endSessionsOfUser(tx, { providerId: change.provider.id, audience: "developer", userId: user.id });
    return { user: { ...user, state: "suspended" } };
  });

/** Lets a suspended user in again. */
export const unsuspendUser = (pool: Pool, change: UserChange): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, ({ user }) =>
    user.state === "suspended" ? { user: { ...user, state: "active" } } : refuseTransition("unsuspend"),
  );

type DeletionOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  /** Nobody could invite, promote or remove anybody any more. */
  | { readonly notAllowed: "last admin" };

const deleteUserStatement = `delete from users where provider_id = $1 and id = $2`;

/** Removes a user for good. Undefined if the account has no such user. */
export async function deleteUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
): Promise<DeletionOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    // Of two admins who remove each other at once, the account's lock lets one be first.
    const account = await lockAccount(tx, providerId, accountId);
    const locked = account && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    const { user } = locked;
    if (await isLastAdmin(tx, providerId, user)) return { notAllowed: "last admin" };

    await endSessionsOfUser(tx, { providerId, audience: "developer", userId });
    await tx.query(deleteUserStatement, [providerId, userId]);
    const cause = { providerId, ...by };
    return { user, events: await recordAccountEvents(tx, cause, account, [userEvent("user.deleted", settings, user)]) };
  });
}
