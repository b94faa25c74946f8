import type { Transaction } from "#platform/database/database.ts";

import type { User } from "./user.ts";
import { userColumns } from "./users-table.ts";

// Locks the user until the transaction ends. The account is locked before its users are, by everybody.
const lockStatement = `
  select ${userColumns}, password_hash
  from users
  where provider_id = $1 and account_id = $2 and id = $3
  for no key update`;

export interface LockedUser {
  readonly user: User;
  readonly passwordHash: string | null;
}

/** The user as it is, and as it stays until this transaction changes it or ends. */
export async function lockUser(
  tx: Transaction,
  { providerId, accountId, userId }: { providerId: number; accountId: number; userId: number },
): Promise<LockedUser | undefined> {
  const [locked] = await tx.query<User & { passwordHash: string | null }>(lockStatement, [
    providerId,
    accountId,
    userId,
  ]);
  if (!locked) return undefined;
  const { passwordHash, ...user } = locked;
  return { user, passwordHash };
}

// A mailed link is for the address and the password that the user had when it was sent: after a change of either it opens
// nothing, so that whoever reads an old mailbox cannot undo the change. Nor does it in another state than the one it is for.
const updateStatement = `
  update users
  set username = $3, email = $4, role = $5, state = $6, activated_at = $7, fields = $8, updated_at = $9,
    password_hash = coalesce($10, password_hash),
    activation_code_digest = case
      when $6 = 'pending' and email is not distinct from $4 and $10 is null then activation_code_digest end,
    lost_password_digest = case
      when $6 = 'active' and email is not distinct from $4 and $10 is null then lost_password_digest end
  where provider_id = $1 and id = $2
  returning ${userColumns}`;

/** Writes what can be changed of a locked user. Without a hash, the password stays. */
export async function updateUserRow(
  tx: Transaction,
  providerId: number,
  { user, passwordHash }: { user: User; passwordHash?: string | undefined },
  now: Date,
): Promise<User> {
  const [updated] = await tx.query<User>(updateStatement, [
    providerId,
    user.id,
    user.username,
    user.email,
    user.role,
    user.state,
    user.activatedAt,
    user.fields,
    now,
    passwordHash ?? null,
  ]);
  if (!updated) throw new Error(`User ${user.id} was gone although it was locked.`);
  return updated;
}
