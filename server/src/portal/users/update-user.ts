import { endSessionsOfUser, hashPassword, verifyPassword } from "#access/index.ts";
import { againIfTaken } from "#platform/database/again-if-taken.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import {
  hasNoErrors,
  mergeErrors,
  parseFieldInput,
  applyFieldInput,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
} from "#portal/fields/index.ts";

import { changeUser, type Decide, type UserChange, type UserOutcome } from "./change-user.ts";
import { findTakenNames } from "./find-taken-names.ts";
import { confirmationIn, onlyWhere, textOf } from "./judge-new-user.ts";
import { judgeNames, judgePassword } from "./judge-user.ts";
import type { User } from "./user.ts";

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
export async function updateUser(pool: Pool, update: UserUpdate): Promise<UserOutcome | undefined> {
  const { provider, userId, values, writer, keptSession } = update;
  const password = await judgeNewPassword(pool, update);
  const decide: Decide = async ({ user: before }, { tx, settings }) => {
    const { user, errors } = judgeUpdate(settings, before, { values, writer });
    const refused = mergeErrors(errors, await findTakenNames(tx, provider.id, user), password.errors);
    if (!hasNoErrors(refused)) return { refused };
    if (password.hash !== undefined) {
      const ended = { providerId: provider.id, audience: "developer", userId, exceptCookieValue: keptSession } as const;
      await endSessionsOfUser(tx, ended);
    }
    return { user, passwordHash: password.hash };
  };
  return againIfTaken(() => changeUser(pool, update, decide));
}

function judgeUpdate(
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
  const wrongNames = onlyWhere(judgeNames({ ...wanted, email: wanted.email ?? "" }), (name) =>
    Object.hasOwn(given, name),
  );
  return { user, errors: mergeErrors(errors, wrongNames) };
}

const hashStatement = `
  select password_hash from users where provider_id = $1 and account_id = $2 and id = $3`;

/** The hash of the new password, if there is to be one. Before the transaction opens: it takes a while. */
async function judgeNewPassword(
  db: Database,
  { provider, accountId, userId, values, currentPassword }: UserUpdate,
): Promise<{ readonly hash?: string; readonly errors: FieldErrors }> {
  const [user] = await db.query<{ passwordHash: string | null }>(hashStatement, [provider.id, accountId, userId]);
  const by = { providerId: provider.id };
  const isOwn = currentPassword === undefined || (await verifyPassword(user?.passwordHash, currentPassword, by));
  const password = textOf(values["password"]);
  const errors = mergeErrors(
    isOwn ? {} : { current_password: ["is incorrect"] },
    judgePassword({
      password,
      confirmation: confirmationIn(values),
      isRequired: false,
      lengthMin: provider.passwordLengthMin,
    }),
  );
  if (password === undefined || !hasNoErrors(errors) || (await verifyPassword(user?.passwordHash, password, by)))
    return { errors };
  return { hash: await hashPassword(password, by), errors };
}
