import {
  deleteProviderUserRow,
  endSessionsOfUser,
  hasOtherAdmin,
  lockProviderUsers,
  recordAudit,
  type ProviderUser,
} from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";

import type { ProviderUserChange } from "./change-provider-user.ts";

/** Removes one of the provider's own users, with all access tokens. Undefined if there is no such user. */
export async function deleteProviderUser(
  pool: Pool,
  { provider, userId, by }: ProviderUserChange,
): Promise<{ readonly user: ProviderUser } | { readonly notAllowed: "last admin" } | undefined> {
  return pool.inTransaction(async (tx) => {
    const everybody = await lockProviderUsers(tx, provider.id);
    const user = everybody.find(({ id }) => id === userId);
    if (!user) return undefined;
    if (user.role === "admin" && !hasOtherAdmin(everybody, userId)) return { notAllowed: "last admin" };
    await endSessionsOfUser(tx, { providerId: provider.id, audience: "admin", userId });
    await deleteProviderUserRow(tx, provider.id, userId);
    const said = { action: "user.deleted", subject: `provider-user/${userId}`, detail: { username: user.username } };
    await recordAudit(tx, { providerId: provider.id, actor: by.actor, ...said });
    return { user };
  });
}
