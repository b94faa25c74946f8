import type { Transaction } from "#platform/database/database.ts";

// Whoever changes the password, suspends or deletes the user waits until this transaction ends, and then ends its session.
const statement = `
  select from users
  where provider_id = $1 and id = $2 and password_hash = $3 and state = 'active'
  for share`;

/** Whether the user may still log in with the password that was looked at before this transaction. */
export const holdsPassword = async (
  tx: Transaction,
  { providerId, userId, passwordHash }: { providerId: number; userId: number; passwordHash: string },
): Promise<boolean> => (await tx.query(statement, [providerId, userId, passwordHash])).length > 0;
