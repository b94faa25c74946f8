import type { Transaction } from "#platform/database/database.ts";
import { updatePasswordHash } from "./provider-users-table.ts";
import { endSessionsOfUser } from "./sessions-table.ts";

/** Also ends the user's sessions: whoever knew the old password is out. Hash before the transaction opens, it takes a while. */
export async function changeProviderUserPassword(
  tx: Transaction,
  change: { providerId: number; userId: number; passwordHash: string },
): Promise<void> {
  await updatePasswordHash(tx, change);
  await endSessionsOfUser(tx, { providerId: change.providerId, audience: "admin", userId: change.userId });
}
