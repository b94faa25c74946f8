import { digestOf } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";

const statement = `select id from providers where id = $1 and provider_key_digest = $2`;

/** The provider's id if `value` is its provider key. */
export async function findProviderByKey(
  db: Database,
  providerId: number,
  value: string,
): Promise<{ id: number } | undefined> {
  const [provider] = await db.query<{ id: number }>(statement, [providerId, digestOf(value)]);
  return provider;
}
