import { ownersOfPassword, type HashingFor } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { readAccount } from "#portal/accounts/index.ts";
import { findUsersByLogin, type User, type UserWithHash } from "#portal/users/index.ts";
import { wrongLogin } from "../shared/sign-in-form.ts";

/** What is said to somebody who proved to be the user, and may not come in all the same. */
const notYet = {
  user: {
    pending: "Please confirm your email address first: open the link in the mail that we sent you.",
    suspended: "Your sign-in is suspended.",
    email_unverified: "Please confirm your email address first: open the link in the mail that we sent you.",
  },
  account: {
    created: "Your account is not approved yet.",
    pending: "Your account is waiting for approval.",
    rejected: "Your account was not approved.",
    suspended: "Your account is suspended.",
    scheduled_for_deletion: "Your account is about to be deleted.",
  },
} as const;

export type SignIn =
  | { readonly user: User; readonly passwordHash: string; readonly isAmbiguous: boolean }
  | { readonly refused: string };

interface Login extends HashingFor {
  readonly login: string;
  readonly password: string;
  /** The only user whose password is tried. */
  readonly onlyUserId?: number | undefined;
}

/**
 * Unknown and wrong take the same time and say the same; the state is told to nobody but the user. Of two whom the login means
 * and whose password it is, the one who may come in does.
 */
export async function signInDeveloper(db: Database, { login, password, onlyUserId, ...by }: Login): Promise<SignIn> {
  const { providerId } = by;
  const meant = await findUsersByLogin(db, providerId, login);
  const tried = meant.filter(({ user }) => onlyUserId === undefined || user.id === onlyUserId);
  const owners = await ownersOfPassword(tried, password, by);
  const isAmbiguous = tried.length > 1;
  const judged = await Promise.all(
    owners.map(async (owner) => ({ ...(await judge(db, providerId, owner)), isAmbiguous })),
  );
  return judged.find((it) => "user" in it) ?? judged[0] ?? { refused: wrongLogin };
}

type Judged = { readonly user: User; readonly passwordHash: string } | { readonly refused: string };

async function judge(db: Database, providerId: number, { user, passwordHash }: UserWithHash): Promise<Judged> {
  if (user.state !== "active") return { refused: notYet.user[user.state] };
  const account = await readAccount(db, providerId, user.accountId);
  if (!account || passwordHash === null) return { refused: wrongLogin }; // deleted at this moment, with the user
  return account.state === "approved" ? { user, passwordHash } : { refused: notYet.account[account.state] };
}
