import type { Database } from "#platform/database/database.ts";
import { isXmlText } from "#platform/document/xml-text.ts";

// Each is served by an index of its own: the primary key, users_username_idx, users_email_idx.
const statements = {
  id: `select account_id from users where provider_id = $1 and id = $2`,
  username: `select account_id from users where provider_id = $1 and lower(username) = lower($2)`,
  email: `select account_id from users where provider_id = $1 and lower(email) = lower($2)`,
} as const;

/** The account of the one user who has this id, this username or this e-mail address. */
export async function findAccountOfUser(
  db: Database,
  providerId: number,
  { by, value }: { readonly by: keyof typeof statements; readonly value: string | number },
): Promise<number | undefined> {
  if (!isXmlText(String(value))) return undefined; // nobody has it, and the database takes no zero byte
  const [found] = await db.query<{ accountId: number }>(statements[by], [providerId, value]);
  return found?.accountId;
}
