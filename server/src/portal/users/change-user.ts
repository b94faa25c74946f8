import {
  type ChangeContext,
  countForDevelopers,
  endSessionsOfUsers,
  type PasswordHasher,
  requireWithinLimit,
} from "#access/index.ts";
import { type Database, type Pool, retryOnUniqueViolation, type Transaction } from "#platform/database/database.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import { recordAccountEvents, requireChangesLeft } from "#portal/accounts/account-events.ts";
import { lockAccount } from "#portal/accounts/account.ts";
import type { AccountChange } from "#portal/accounts/change-account.ts";
import {
  applyFieldInput,
  type DocumentSettings,
  emailErrors,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  type FieldWriter,
  hasNoErrors,
  mergeErrors,
  missingFields,
  parseFieldInput,
  plainText,
  readDocumentSettings,
  refuseTransition,
} from "#portal/fields/index.ts";
import { emailChangedMail, insertMail, passwordChangedMail, storedMailBytes } from "#portal/mails/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { readSubscriptions, type RecordedEvent } from "#webhooks/events/index.ts";
import {
  findTakenUserNames,
  insertUser,
  isLastAdmin,
  type UserWithHash,
  lockUser,
  markClaimed,
  textsOfUsersErrors,
  updateUserRow,
  type User,
  userChanges,
  userEvent,
} from "./user.ts";

/** The parsed values of a new user. */
export interface UserFields {
  readonly username: string;
  readonly email: string | null;
  readonly userFields: FieldValues;
  readonly password: string | undefined;
}

/**
 * Parses the values of a new user and returns all errors. Developers must choose a password, unless they log in at an
 * identity provider; only a sign-up by a program may omit the email address.
 */
export function parseNewUser(
  { provider, definitions }: DocumentSettings,
  input: FieldInput,
  {
    writer,
    isSignUp = false,
    hasPassword = true,
  }: { readonly writer: FieldWriter; readonly isSignUp?: boolean; readonly hasPassword?: boolean },
): { readonly fields: UserFields; readonly errors: FieldErrors } {
  const ofUser = { definitions, target: "User", writer, isSignUp } as const;
  const { changes, errors } = parseFieldInput(ofUser, input);
  const { username, email, ...userFields } = applyFieldInput({}, changes);
  const fields: UserFields = {
    username: textOf(username) ?? "",
    email: textOf(email) ?? null,
    userFields,
    password: hasPassword ? textOf(input["password"]) : undefined,
  };
  const wrong = mergeErrors(missingFields(ofUser, input), errors);
  const isForm = writer === "developer";
  return {
    fields,
    errors: mergeErrors(
      wrong,
      filterErrors(
        userNameErrors({ ...fields, email: fields.email ?? (isSignUp ? null : "") }),
        (name) => wrong[name] === undefined,
      ),
      hasPassword
        ? passwordErrors({
            password: fields.password,
            confirmation: confirmationOf(input) ?? (isForm ? "" : undefined),
            isRequired: isForm,
            lengthMin: provider.passwordLengthMin,
          })
        : {},
    ),
  };
}

/** Returns the password confirmation, also an empty one, because it differs from the password. */
export const confirmationOf = ({ password_confirmation: confirmation }: FieldInput): string | undefined =>
  confirmation === null ? undefined : plainText(confirmation);

/** Returns a text that is not empty. A JSON number counts as its text. */
export const textOf = (input: unknown): string | undefined => plainText(input) || undefined;

/** Drops errors of fields that do not match, for example "too short" for a missing field. */
const filterErrors = (errors: FieldErrors, isWanted: (name: string) => boolean): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([name]) => isWanted(name)));

const usernameLengthMin = 3;
const usernameLengthMax = 40;

const usernamePattern = /^[A-Za-z0-9.\-_@+]*$/;

/** What people read before they type one. */
export const usernameRule = `${usernameLengthMin} to ${usernameLengthMax} characters: letters from a to z, digits, and any of . - _ @ +`;

/** Validates a username and an email address. */
export function userNameErrors({ username, email }: { username: string; email: string | null }): FieldErrors {
  const wrongName: string[] = [];
  if (username.length < usernameLengthMin) wrongName.push(`is too short (minimum is ${usernameLengthMin} characters)`);
  if (username.length > usernameLengthMax) wrongName.push(`is too long (maximum is ${usernameLengthMax} characters)`);
  if (!usernamePattern.test(username)) wrongName.push("use only letters, numbers, and .-_@+ please.");
  return { username: wrongName, email: email === null ? [] : emailErrors(email) };
}

const { max: lengthMax } = textLimits.password;

interface NewPassword {
  readonly password: string | undefined;
  /** Undefined if the form has no such field. */
  readonly confirmation: string | undefined;
  readonly isRequired: boolean;
  readonly lengthMin: number;
}

/** Validates a new password. */
export function passwordErrors({ password, confirmation, isRequired, lengthMin }: NewPassword): FieldErrors {
  if (password === undefined || password === "") return isRequired ? { password: ["can't be blank"] } : {};
  return {
    password: [
      ...(password.length < lengthMin ? [`is too short (minimum is ${lengthMin} characters)`] : []),
      ...(password.length > lengthMax ? [`is too long (maximum is ${lengthMax} characters)`] : []),
    ],
    password_confirmation: confirmation !== undefined && confirmation !== password ? ["doesn't match Password"] : [],
  };
}

/** The user to change, and the origin of the change. */
export interface UserChange extends AccountChange {
  readonly userId: number;
}

export type UserOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  | { readonly refused: FieldErrors };

type UserDecision =
  | { readonly user: User; readonly passwordHash?: string | undefined }
  | { readonly refused: FieldErrors };

type DecideUser = (
  locked: UserWithHash,
  within: { readonly tx: Transaction; readonly settings: DocumentSettings },
) => Promise<UserDecision> | UserDecision;

/**
 * Applies a decided change to a user and records the event, if anything changed. Returns undefined if the account has
 * no such user.
 */
export async function changeUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
  decide: DecideUser,
): Promise<UserOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  return pool.inTransaction(async (tx) => {
    // Locked in this order, in one round trip.
    const [account, before, subscriptions] = await Promise.all([
      lockAccount(tx, provider.id, accountId),
      lockUser(tx, { providerId: provider.id, accountId, userId }),
      readSubscriptions(tx, provider.id),
    ]);
    if (!account || !before) return undefined;
    const updated = await decide(before, { tx, settings });
    if ("refused" in updated) return updated;

    const previous = {
      ...userChanges(before.user, updated.user),
      ...(updated.passwordHash === undefined ? {} : { password: null }), // records that the password changed, never its value
    };
    if (Object.keys(previous).length === 0) return { user: before.user, events: [] };
    const passesLimit = updated.user.state === "suspended" && updated.user.state !== before.user.state;
    if (!passesLimit) requireChangesLeft(tx, { providerId: provider.id, ...by }, account);
    const user = await updateUserRow(tx, provider.id, updated, by.now);
    // A developer may choose the address of somebody else, who must not be led to this user by an identity provider.
    if (by.channel === "developer_portal" && user.email !== before.user.email)
      await markClaimed(tx, provider.id, user.id);
    const change = { before: before.user, user, isNewPassword: updated.passwordHash !== undefined, accountId };
    // Programs copy addresses and passwords from another system, which notifies people if anybody does.
    if (by.channel !== "api" && (await mailChangedCredentials(tx, provider, change, by)))
      countForDevelopers(tx, { providerId: provider.id, ...by }, { account, bytes: storedMailBytes });
    const cause = { providerId: provider.id, ...by, subscriptions, passesLimit };
    const event = userEvent("user.updated", settings, user, previous);
    return { user, events: await recordAccountEvents(tx, cause, account, [event]) };
  });
}

interface CredentialsChange {
  readonly before: { readonly username: string; readonly email: string | null; readonly state: string };
  readonly user: { readonly email: string | null };
  readonly isNewPassword: boolean;
  /** Undefined for one of the provider's own users. */
  readonly accountId?: number;
}

/**
 * Mails a change of a user's email address to the former one, and any other change of the password to the user. Returns false if there
 * is nobody to notify.
 */
export async function mailChangedCredentials(
  tx: Transaction,
  provider: Provider,
  { before: { username, email: recipient, state }, user, isNewPassword, accountId }: CredentialsChange,
  { now }: Pick<ChangeContext, "now">,
): Promise<boolean> {
  // A pending user may be one whose address was mistyped.
  if (recipient === null || state === "pending") return false;
  const isNewAddress = !isSameText(recipient, user.email ?? "");
  if (!isNewAddress && !isNewPassword) return false;
  const render = isNewAddress ? emailChangedMail : passwordChangedMail;
  const mail = render({ provider, recipient, username, isOfTeam: accountId === undefined });
  await insertMail(tx, provider.id, { ...mail, ...(accountId !== undefined && { accountId }) }, now);
  return true;
}

const isSameText = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

interface UserCreation extends AccountChange {
  /** Unparsed values by field name, with `password`. */
  readonly values: FieldInput;
}

/** Creates a member of an account, in the state `pending`. Returns undefined if the provider has no such account. */
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
    requireChangesLeft(tx, { providerId: provider.id, ...by }, account);
    await requireWithinLimit(tx, countLimits.users, { providerId: provider.id, id: accountId });
    const { username, email, userFields } = fields;
    const tooLong = await textsOfUsersErrors(tx, provider.id, { accountId, fields: userFields });
    if (!hasNoErrors(tooLong)) return { refused: tooLong };
    const user = await insertUser(
      tx,
      provider.id,
      { accountId, username, email, passwordHash, role: "member", state: "pending", fields: userFields },
      by.now,
    );
    if (!user) return { refused: mergeErrors(await findTakenUserNames(tx, provider.id, fields)) };
    const cause = { providerId: provider.id, ...by };
    return { user, events: await recordAccountEvents(tx, cause, account, [userEvent("user.created", settings, user)]) };
  });
}

export interface UserUpdate extends UserChange {
  /**
   * Unparsed values by field name, with `password` and `password_confirmation`. Fields that are left out stay
   * unchanged.
   */
  readonly values: FieldInput;
  readonly writer: FieldWriter;
  /** The current password that the user typed. Undefined skips the check. */
  readonly currentPassword?: string | undefined;
  /** The cookie of the session that survives a new password. All others end. */
  readonly keptSession?: string | undefined;
}

/** The password that a change was proved with is not the user's any more. Nothing was changed. */
const provedAnother: UserOutcome = { refused: {} };

/** Changes a user's names, other fields or password. */
export async function updateUser(
  pool: Pool,
  passwords: PasswordHasher,
  update: UserUpdate,
): Promise<UserOutcome | undefined> {
  const { provider, userId, values, writer, currentPassword, keptSession } = update;
  const password = await parseNewPassword(pool, passwords, update);
  const decide: DecideUser = async ({ user: before, passwordHash }, { tx, settings }) => {
    if (currentPassword !== undefined && passwordHash !== password.before) return provedAnother;
    const { user, errors } = parseUserUpdate(settings, before, { values, writer });
    const wrong = [
      await findTakenUserNames(tx, provider.id, user),
      await textsOfUsersErrors(tx, provider.id, user, before),
    ];
    const refused = mergeErrors(errors, ...wrong, password.errors);
    if (!hasNoErrors(refused)) return { refused };
    if (password.hash !== undefined) {
      const ended = { providerId: provider.id, userIds: [userId], keptCookieValue: keptSession };
      await endSessionsOfUsers(tx, { ...ended, audience: "developer" });
    }
    return { user, passwordHash: password.hash };
  };
  const outcome = await retryOnUniqueViolation(() => changeUser(pool, update, decide));
  if (outcome !== provedAnother) return outcome;
  // A form that was submitted twice has set the new password already.
  return updateUser(pool, passwords, { ...update, currentPassword: textOf(values["password"]) ?? currentPassword });
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
  const { changes, errors } = parseFieldInput({ definitions, target: "User", writer, stored: old }, values);
  const { username, email: address, ...fields } = applyFieldInput(old, changes);
  const user = { ...before, username: textOf(username) ?? "", email: textOf(address) ?? null, fields };
  // A sign-up by a program may leave the email address out. Then a blank one is no change.
  const email = user.email ?? (before.email === null ? null : "");
  const wrongNames = filterErrors(userNameErrors({ username: user.username, email }), (name) =>
    Object.hasOwn(changes, name),
  );
  return { user, errors: mergeErrors(errors, wrongNames) };
}

const readPasswordHashStatement = `
  select password_hash from users where provider_id = $1 and account_id = $2 and id = $3`;

/**
 * Validates the new password and hashes it, if there is one. Runs before the transaction opens, because hashing takes
 * 25 to 60 ms.
 */
async function parseNewPassword(
  db: Database,
  passwords: PasswordHasher,
  { provider, accountId, userId, values, currentPassword }: UserUpdate,
): Promise<{ readonly before: string | null; readonly hash?: string; readonly errors: FieldErrors }> {
  const [user] = await db.query<{ passwordHash: string | null }>(readPasswordHashStatement, [
    provider.id,
    accountId,
    userId,
  ]);
  const before = user?.passwordHash ?? null;
  const by = { providerId: provider.id };
  const isOwn = currentPassword === undefined || (await passwords.verify(before, currentPassword, by));
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
  if (password === undefined || !hasNoErrors(errors) || (await passwords.verify(before, password, by)))
    return { before, errors };
  return { before, hash: await passwords.hash(password, by), errors };
}

/** Makes a user an admin or a member of the account. The last admin cannot become a member. */
export const changeUserRole = (
  pool: Pool,
  { role, ...change }: UserChange & { readonly role: User["role"] },
): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, async ({ user }, { tx }) =>
    role === "member" && (await isLastAdmin(tx, change.provider.id, user))
      ? { refused: { role: ["cannot be taken from the last admin"] } }
      : { user: { ...user, role } },
  );

/** Suspends a user and ends all sessions of that user. */
export const suspendUser = (pool: Pool, change: UserChange): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, async ({ user }, { tx }) => {
    if (user.state !== "active" && user.state !== "suspended") return refuseTransition("suspend");
    await endSessionsOfUsers(tx, { providerId: change.provider.id, audience: "developer", userIds: [user.id] });
    return { user: { ...user, state: "suspended" } };
  });

/** Reactivates a suspended user. */
export const unsuspendUser = (pool: Pool, change: UserChange): Promise<UserOutcome | undefined> =>
  changeUser(pool, change, ({ user }) =>
    user.state === "suspended" ? { user: { ...user, state: "active" } } : refuseTransition("unsuspend"),
  );

type DeletionOutcome =
  | { readonly user: User; readonly events: readonly RecordedEvent[] }
  /** The account would have no admin left. */
  | { readonly notAllowed: "last admin" };

// Locks the links to persons, too. As in every transaction that ends links, the sessions follow: the opposite order could deadlock.
const deleteUserStatement = `delete from users where provider_id = $1 and id = $2`;

/** Deletes a user. Returns undefined if the account has no such user. */
export async function deleteUser(
  pool: Pool,
  { provider, accountId, userId, by }: UserChange,
): Promise<DeletionOutcome | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const providerId = provider.id;
  return pool.inTransaction(async (tx) => {
    // If two admins delete each other at once, the account's lock makes one the first.
    const account = await lockAccount(tx, providerId, accountId);
    const locked = account && (await lockUser(tx, { providerId, accountId, userId }));
    if (!locked) return undefined;
    const { user } = locked;
    if (await isLastAdmin(tx, providerId, user)) return { notAllowed: "last admin" };

    await tx.query(deleteUserStatement, [providerId, userId]);
    await endSessionsOfUsers(tx, { providerId, audience: "developer", userIds: [userId] });
    const cause = { providerId, ...by, passesLimit: true };
    return { user, events: await recordAccountEvents(tx, cause, account, [userEvent("user.deleted", settings, user)]) };
  });
}
