import type { Database } from "#platform/database/database.ts";
import type { HashingFor } from "./hash-password.ts";
import { ownersOfPassword } from "./owners-of-password.ts";
import { findWithHashes, type ProviderUser } from "./provider-users-table.ts";

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
  { login, password, onlyUserId, ...by }: Login,
): Promise<SignedIn | undefined> {
  const meant = await findWithHashes(db, by.providerId, login);
  const tried = meant.filter(({ user }) => onlyUserId === undefined || user.id === onlyUserId);
  const owners = await ownersOfPassword(tried, password, by);
  const active = owners.find(({ user }) => user.state === "active");
  if (!active || active.passwordHash === null) return undefined;
  return { user: active.user, passwordHash: active.passwordHash, isAmbiguous: tried.length > 1 };
}
