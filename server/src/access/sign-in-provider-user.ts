import type { Database } from "#platform/database/database.ts";
import { verifyPassword } from "./hash-password.ts";
import { findWithHash, type ProviderUser } from "./provider-users-table.ts";

/** The user whose name (or e-mail) and password these are. Unknown, wrong and suspended take the same time and say the same. */
export async function signInProviderUser(
  db: Database,
  { providerId, login, password }: { providerId: number; login: string; password: string },
): Promise<ProviderUser | undefined> {
  const found = await findWithHash(db, providerId, login);
  const isRight = await verifyPassword(found?.passwordHash, password);
  return found && isRight && found.user.state === "active" ? found.user : undefined;
}
