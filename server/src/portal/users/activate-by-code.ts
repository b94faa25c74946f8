import type { Database, Transaction } from "#platform/database/database.ts";

import type { User } from "./user.ts";
import { userColumns } from "./users-table.ts";

const findStatement = `
  select account_id
  from users
  where provider_id = $1 and activation_code_digest = $2 and state = 'pending' and activation_until > $3`;

/** The account of the pending user who was sent this code, as long as it counts. */
export async function findAccountOfCode(
  db: Database,
  providerId: number,
  codeDigest: Buffer,
  now: Date,
): Promise<number | undefined> {
  const [found] = await db.query<{ accountId: number }>(findStatement, [providerId, codeDigest, now]);
  return found?.accountId;
}

const activateStatement = `
  update users
  set state = 'active', activated_at = $3, activation_code_digest = null, updated_at = $3
  where provider_id = $1 and activation_code_digest = $2 and state = 'pending' and activation_until > $3
  returning ${userColumns}`;

/** Activates the pending user who was sent this code, which works once. */
export async function activateByCode(
  tx: Transaction,
  providerId: number,
  codeDigest: Buffer,
  now: Date,
): Promise<User | undefined> {
  const [user] = await tx.query<User>(activateStatement, [providerId, codeDigest, now]);
  return user;
}
