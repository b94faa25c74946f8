import { isDeepStrictEqual } from "node:util";
import {
  type ChangeContext,
  changedFields,
  type ProviderUser,
  type ProductScope,
  createProviderUser,
  deleteProviderUserRow,
  endSessionsOfUsers,
  findSession,
  hasOtherAdmin,
  type PasswordHasher,
  lockIfPasswordUnchanged,
  lockProviderUsers,
  readProviderUser,
  recordAudit,
  signInProviderUser,
  updateProviderUserRow,
  requireWithinLimit,
} from "#access/index.ts";
import { type Database, type Pool, type Transaction, retryOnUniqueViolation } from "#platform/database/database.ts";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { countLimits } from "#platform/limits.ts";
import {
  type FieldErrors,
  type FieldInput,
  hasNoErrors,
  mergeErrors,
  plainText,
  refuseTransition,
} from "#portal/fields/index.ts";
import { readProducts } from "#portal/products/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { unlinkTeamMember } from "#portal/single-sign-on/index.ts";
import { confirmationOf, mailChangedCredentials, passwordErrors, textOf, userNameErrors } from "#portal/users/index.ts";

/** The provider user to change, and the origin of the change. */
interface ProviderUserChange {
  readonly provider: Provider;
  readonly userId: number;
  readonly by: ChangeContext;
}

type ProviderUserOutcome =
  | { readonly user: ProviderUser }
  | { readonly refused: FieldErrors }
  /** The provider would have no admin left. */
  | { readonly notAllowed: "only admin" };

type UserDecision =
  | { readonly user: ProviderUser; readonly passwordHash?: string | undefined }
  | { readonly refused: FieldErrors };

type DecideUser = (before: ProviderUser, users: readonly ProviderUser[]) => UserDecision;

interface DecidedChange extends ProviderUserChange {
  readonly decide: DecideUser;
  /** The cookie of the session that survives a new password. All others end. */
  readonly keptSession?: string | undefined;
  /** The hash of the password that the user has proved. It must not have changed since. */
  readonly provedHash?: string | undefined;
}

/**
 * Applies a decided change to one of the provider's own users and records an audit record, because they have no events.
 */
async function changeProviderUser(
  pool: Pool,
  { provider, userId, by, decide, keptSession, provedHash }: DecidedChange,
): Promise<ProviderUserOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const users = await lockProviderUsers(tx, provider.id);
    const before = users.find(({ id }) => id === userId);
    if (!before) return undefined;
    const proved = provedHash !== undefined && { providerId: provider.id, userId, passwordHash: provedHash };
    if (proved && !(await lockIfPasswordUnchanged(tx, proved))) return { refused: unproved };
    const parsed = decide(before, users);
    if ("refused" in parsed) return parsed;
    const { user, passwordHash } = parsed;
    if (isDeepStrictEqual(user, before) && passwordHash === undefined) return { user };
    if (isAdmin(before) && !isAdmin(user) && !hasOtherAdmin(users, userId)) return { notAllowed: "only admin" };

    const isOut = user.state !== "active";
    // Before the sessions, as in every such transaction: the opposite order could deadlock.
    const isHandedOver = givesAddress(by, before, user) && (await unlinkTeamMember(tx, provider.id, userId));
    if (isOut || isHandedOver || passwordHash !== undefined) {
      const keptCookieValue = isOut ? undefined : keptSession;
      await endSessionsOfUsers(tx, { providerId: provider.id, audience: "admin", userIds: [userId], keptCookieValue });
    }
    const { role, state, sections, serviceIds } = user;
    const changed = [...changedFields(before, user), ...(passwordHash === undefined ? [] : ["password"])];
    const detail = { changed, role, state, sections, serviceIds };
    const auditRecord = { action: "user.changed", subject: `provider-user/${userId}`, detail };
    await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...auditRecord });
    await mailChangedCredentials(tx, provider, { before, user, isNewPassword: passwordHash !== undefined }, by);
    return { user: await updateProviderUserRow(tx, provider.id, parsed, by.now) };
  });
}

/** Returns true if somebody else gives the user another address: the user may be another person's from now on. */
const givesAddress = ({ actor }: ChangeContext, before: ProviderUser, after: ProviderUser): boolean =>
  before.email !== after.email && !("userId" in actor && actor.userId === after.id);

const isAdmin = ({ role, state }: ProviderUser): boolean => role === "admin" && state === "active";

type UserChangeOutcome = Promise<ProviderUserOutcome | undefined>;

export const changeProviderUserRole = (
  pool: Pool,
  { role, ...change }: ProviderUserChange & { readonly role: ProviderUser["role"] },
): UserChangeOutcome => changeProviderUser(pool, { ...change, decide: (user) => ({ user: { ...user, role } }) });

export const activateProviderUser = (pool: Pool, change: ProviderUserChange): UserChangeOutcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) =>
      user.state === "pending" ? { user: { ...user, state: "active" } } : refuseTransition("activate"),
  });

/** Suspends a user and ends all sessions of that user. */
export const suspendProviderUser = (pool: Pool, change: ProviderUserChange): UserChangeOutcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) =>
      user.state === "pending" ? refuseTransition("suspend") : { user: { ...user, state: "suspended" } },
  });

export const unsuspendProviderUser = (pool: Pool, change: ProviderUserChange): UserChangeOutcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) =>
      user.state === "suspended" ? { user: { ...user, state: "active" } } : refuseTransition("unsuspend"),
  });

/** Sections that a member can have access to, by their API names. */
export const memberSections = [
  "portal",
  "finance",
  "partners",
  "monitoring",
  "settings",
  "plans",
  "policy_registry",
] as const;

export interface Permissions {
  /** Undefined leaves the sections unchanged. Unknown names are dropped. */
  readonly sections?: readonly string[] | undefined;
  /** Null for all products. Ids of unknown products are dropped. */
  readonly serviceIds?: ProductScope | undefined;
}

/** Changes a member's sections and products. They do not limit admins. */
export async function changeProviderUserPermissions(
  pool: Pool,
  { permissions, ...change }: ProviderUserChange & { readonly permissions: Permissions },
): Promise<Awaited<UserChangeOutcome>> {
  const known = await dropUnknownPermissions(pool, change.provider.id, permissions);
  return changeProviderUser(pool, { ...change, decide: (user) => ({ user: { ...user, ...known } }) });
}

/** Drops unknown sections and products, as 3scale does, and returns the stored form. */
async function dropUnknownPermissions(
  db: Database,
  providerId: number,
  { sections, serviceIds }: Permissions,
): Promise<Partial<Pick<ProviderUser, "sections" | "serviceIds">>> {
  return {
    ...(sections && { sections: memberSections.filter((section) => sections.includes(section)) }),
    ...(serviceIds !== undefined && {
      serviceIds: serviceIds && (await dropUnknownProducts(db, providerId, serviceIds)),
    }),
  };
}

// A product that is deleted before the change stays in the list, without effect.
async function dropUnknownProducts(
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<readonly number[]> {
  const products = await readProducts(db, providerId, ids);
  return products.map(({ id }) => id).toSorted((a, b) => a - b);
}

/** Deletes one of the provider's own users with all access tokens. Returns undefined if there is no such user. */
export async function deleteProviderUser(
  pool: Pool,
  { provider, userId, by }: ProviderUserChange,
): Promise<{ readonly user: ProviderUser } | { readonly notAllowed: "last admin" } | undefined> {
  return pool.inTransaction(async (tx) => {
    const users = await lockProviderUsers(tx, provider.id);
    const user = users.find(({ id }) => id === userId);
    if (!user) return undefined;
    if (user.role === "admin" && !hasOtherAdmin(users, userId)) return { notAllowed: "last admin" };
    // With the links to persons, before the sessions, as in every such transaction: the opposite order could deadlock.
    await deleteProviderUserRow(tx, provider.id, userId);
    await endSessionsOfUsers(tx, { providerId: provider.id, audience: "admin", userIds: [userId] });
    const auditRecord = {
      action: "user.deleted",
      subject: `provider-user/${userId}`,
      detail: { username: user.username },
    };
    await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...auditRecord });
    return { user };
  });
}

interface ParsedProviderUser {
  readonly username: string;
  readonly email: string | null;
  /** Undefined if the input has none. */
  readonly password: string | undefined;
}

/** Parses a user's names and password. Names that the input omits are those of `before`. */
function parseProviderUser(values: FieldInput, before?: ProviderUser): ParsedProviderUser {
  const text = (name: string): string | undefined => {
    const input = values[name];
    return input === null ? undefined : plainText(input)?.trim();
  };
  const email = text("email") ?? before?.email ?? "";
  return {
    username: text("username") ?? before?.username ?? "",
    email: email === "" ? null : email,
    password: textOf(values["password"]),
  };
}

interface ProviderUserRules {
  readonly values: FieldInput;
  readonly passwordLengthMin: number;
  /** The user that is updated. */
  readonly before?: ProviderUser;
}

/** Validates parsed values without comparing them to other users. */
function providerUserErrors(
  parsed: ParsedProviderUser,
  { values, passwordLengthMin, before }: ProviderUserRules,
): FieldErrors {
  const { username = [], email = [] } = userNameErrors({ ...parsed, email: parsed.email ?? "" });
  return mergeErrors(
    // The first admin has no email address, and a name that the operator chose: neither may prevent other changes.
    { username: parsed.username === before?.username ? [] : username },
    { email: parsed.email === before?.email ? [] : email },
    { cas_identifier: values["cas_identifier"] ? ["is not supported"] : [] },
    passwordErrors({
      password: parsed.password,
      confirmation: confirmationOf(values),
      isRequired: false,
      lengthMin: passwordLengthMin,
    }),
  );
}

/** Hashes the password if there are no errors. Runs before the transaction opens, because hashing takes 25 to 60 ms. */
const hashIfValid = async (
  passwords: PasswordHasher,
  errors: FieldErrors,
  { password, providerId }: { readonly password: string | undefined; readonly providerId: number },
): Promise<string | undefined> =>
  password !== undefined && hasNoErrors(errors) ? passwords.hash(password, { providerId }) : undefined;

/** Returns errors for names that another provider user has. */
function takenNameErrors(
  users: readonly ProviderUser[],
  { username, email }: ParsedProviderUser,
  id?: number,
): FieldErrors {
  const others = users.filter((user) => user.id !== id);
  const taken = "has already been taken";
  return {
    username: others.some((user) => isSameName(user.username, username)) ? [taken] : [],
    email: email !== null && others.some((user) => user.email !== null && isSameName(user.email, email)) ? [taken] : [],
  };
}

const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

interface ProviderUserCreation {
  readonly provider: Provider;
  /** `username`, `email`, and optionally `password`. */
  readonly values: FieldInput;
  readonly permissions?: Permissions;
  readonly by: ChangeContext;
}

type CreationOutcome = { readonly user: ProviderUser } | { readonly refused: FieldErrors };

/** Creates a member among the provider's own users, in the state `pending`. */
export async function addProviderUser(
  pool: Pool,
  passwords: PasswordHasher,
  { provider, values, permissions = {}, by }: ProviderUserCreation,
): Promise<CreationOutcome> {
  const parsed = parseProviderUser(values);
  const wrong = providerUserErrors(parsed, { values, passwordLengthMin: provider.passwordLengthMin });
  const passwordHash =
    (await hashIfValid(passwords, wrong, { password: parsed.password, providerId: provider.id })) ?? null;
  const known = await dropUnknownPermissions(pool, provider.id, permissions);
  const add = async (tx: Transaction): Promise<CreationOutcome> => {
    await requireWithinLimit(tx, countLimits.teamMembers, { providerId: provider.id });
    const refused = mergeErrors(wrong, takenNameErrors(await lockProviderUsers(tx, provider.id), parsed));
    if (!hasNoErrors(refused)) return { refused };
    const { username, email } = parsed;
    const user = await createProviderUser(tx, {
      providerId: provider.id,
      username,
      ...(email === null ? {} : { email }),
      passwordHash,
      role: "member",
      state: "pending",
      ...known,
    });
    const auditRecord = { action: "user.created", subject: `provider-user/${user.id}`, detail: { username } };
    await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...auditRecord });
    return { user };
  };
  return retryOnUniqueViolation(() => pool.inTransaction(add));
}

interface ProviderUserUpdate extends ProviderUserChange {
  /** `username`, `email`, `password`. Values that are left out stay unchanged. */
  readonly values: FieldInput;
  readonly permissions?: Permissions;
  /** The current password that the user typed, to prove that nobody else makes this change. Undefined skips the check. */
  readonly currentPassword?: string | undefined;
  /** The cookie of the session that makes the change, and survives a new password. All others end. */
  readonly keptSession?: string | undefined;
}

/** Changes the names or the password of one of the provider's own users. */
export async function updateProviderUser(
  pool: Pool,
  passwords: PasswordHasher,
  { values, permissions = {}, currentPassword, ...change }: ProviderUserUpdate,
): Promise<ProviderUserOutcome | undefined> {
  const { provider, userId } = change;
  const found = await readProviderUser(pool, provider.id, userId);
  if (!found) return undefined;
  const rules = { values, passwordLengthMin: provider.passwordLengthMin };
  const { password } = parseProviderUser(values);
  const proof = await proveUser(pool, passwords, {
    user: found,
    proof: currentPassword === undefined ? undefined : { currentPassword, session: change.keptSession },
    providerId: provider.id,
    now: change.by.now,
  });
  const wrong = mergeErrors(
    providerUserErrors(parseProviderUser(values, found), { ...rules, before: found }),
    proof.refused,
  );
  const passwordHash = await hashIfValid(passwords, wrong, { password, providerId: provider.id });
  const known = await dropUnknownPermissions(pool, provider.id, permissions);
  const decide: DecideUser = (before, users) => {
    const parsed = parseProviderUser(values, before);
    const wrongNow = providerUserErrors(parsed, { ...rules, before });
    const refused = mergeErrors(proof.refused, wrongNow, takenNameErrors(users, parsed, userId));
    if (!hasNoErrors(refused)) return { refused };
    return { user: { ...before, ...known, username: parsed.username, email: parsed.email }, passwordHash };
  };
  return retryOnUniqueViolation(() => changeProviderUser(pool, { ...change, decide, provedHash: proof.hash }));
}

/** How a user in a session proves that nobody else sits at the browser. */
export interface SessionProof {
  /** The current password that the user typed. */
  readonly currentPassword: string;
  /** The cookie of the session. */
  readonly session: string | undefined;
}

interface ProofToVerify {
  readonly providerId: number;
  readonly user: ProviderUser;
  /** Undefined skips the check, for programs. */
  readonly proof: SessionProof | undefined;
  readonly now: Date;
}

/** Users without a password prove by a session of at most this age that they can sign in. */
const recentSignInMs = 10 * 60 * 1000;

const signedInLongAgo: FieldErrors = {
  base: ["You sign in without a password. Sign out and in again, then make this change within 10 minutes"],
};

export const unproved: FieldErrors = { current_password: ["is incorrect"] };

/**
 * Verifies the current password by a sign-in, and returns its hash. Runs before the transaction opens, because hashing takes 25 to
 * 60 ms.
 */
export async function proveUser(
  pool: Pool,
  passwords: PasswordHasher,
  { providerId, user, proof, now }: ProofToVerify,
): Promise<{ readonly hash?: string; readonly refused: FieldErrors }> {
  if (proof === undefined) return { refused: {} };
  if (!(await signsInWithPassword(pool, providerId, user.id))) {
    const session = { providerId, audience: "admin", cookieValue: proof.session ?? "", now } as const;
    const { createdAt } = (await findSession(pool, session)) ?? {};
    const isRecent = createdAt !== undefined && now.getTime() - createdAt.getTime() <= recentSignInMs;
    return { refused: isRecent ? {} : signedInLongAgo };
  }
  const login = { providerId, login: user.username, password: proof.currentPassword, onlyUserId: user.id };
  const known = await signInProviderUser(pool, passwords, login);
  return known ? { hash: known.passwordHash, refused: {} } : { refused: unproved };
}

// Nobody has to remember a password that `enforce_sso` refuses.
const signsInWithPasswordStatement = `
  select exists (
    select from provider_users
    join providers on providers.id = provider_users.provider_id
    where provider_id = $1 and provider_users.id = $2 and password_hash is not null and not enforce_sso
  ) as signs_in`;

/** Returns whether one of the provider's own users has a password and may sign in with it. */
export async function signsInWithPassword(db: Database, providerId: number, userId: number): Promise<boolean> {
  const [answer] = await db.query<{ signsIn: boolean }>(signsInWithPasswordStatement, [providerId, userId]);
  return answer?.signsIn ?? false;
}

/** Represents one of the provider's own users as XML. */
export function representProviderUser(user: ProviderUser, provider: Provider): Node {
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return record("user", [
    value("id", user.id),
    value("created_at", time(user.createdAt)),
    value("updated_at", time(user.updatedAt)),
    value("account_id", provider.id),
    value("state", user.state),
    value("role", user.role),
    value("username", user.username),
    ...(user.email === null ? [] : [value("email", user.email)]),
    record("extra_fields", []),
  ]);
}

export function providerUserToJson(user: ProviderUser, provider: Provider, adminUrl: string): Json {
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return {
    user: {
      id: user.id,
      state: user.state,
      role: user.role,
      created_at: time(user.createdAt),
      updated_at: time(user.updatedAt),
      links: [{ rel: "self", href: `${adminUrl}/admin/api/users/${user.id}` }],
      username: user.username,
      ...(user.email === null ? {} : { email: user.email }),
    },
  };
}
