import { listProviderUsers, type ProviderUser } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import type { Call } from "../operation.ts";

/** Whom of the provider's own users a caller sees within it: a member himself alone, as everywhere; others see all. */
export async function listUsersToShow(
  db: Database,
  { provider, caller: { actor, role } }: Pick<Call, "provider" | "caller">,
): Promise<readonly ProviderUser[]> {
  const users = await listProviderUsers(db, provider.id);
  return role === "member" ? users.filter(({ id }) => "userId" in actor && actor.userId === id) : users;
}
