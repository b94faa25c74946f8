import type { Database } from "#platform/database/database.ts";
import type { HashingFor } from "./hash-password.ts";
import { ownersOfPassword } from "./owners-of-password.ts";
import { findWithHashes, type ProviderUserWithHash } from "./provider-users-table.ts";

/**
 * The user whose name (or e-mail) and password these are, also when the one is another's other. Unknown, wrong and suspended
 * take the same time and say the same.
 */
export async function signInProviderUser(
  db: Database,
  { login, password, ...by }: HashingFor & { login: string; password: string },
): Promise<ProviderUserWithHash | undefined> {
  const owners = await ownersOfPassword(await findWithHashes(db, by.providerId, login), password, by);
  return owners.find(({ user }) => user.state === "active");
}
