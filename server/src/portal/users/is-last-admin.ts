import type { Transaction } from "#platform/database/database.ts";

import type { User } from "./user.ts";

// Served by users_account_idx. No locks of its own: whoever makes an account's users less holds the account's lock, so of
// two at once the second sees what the first has left.
const otherAdminStatement = `
  select id
  from users
  where provider_id = $1 and account_id = $2 and role = 'admin' and state <> 'suspended' and id <> $3
  limit 1`;

/**
 * Whether nobody could invite, promote or remove anybody in the account any more, were this user none of its admins. A
 * suspension asks nobody: it is the provider's way to lock out also the only user of an account, and is taken back.
 */
export async function isLastAdmin(
  tx: Transaction,
  providerId: number,
  { accountId, id, role }: Pick<User, "accountId" | "id" | "role">,
): Promise<boolean> {
  return role === "admin" && (await tx.query(otherAdminStatement, [providerId, accountId, id])).length === 0;
}
