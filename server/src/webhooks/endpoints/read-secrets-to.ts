import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import { decryptSecrets, purposes } from "./endpoints-table.ts";

interface Row {
  readonly urlCipher: Buffer;
  readonly secretCipher: Buffer;
  readonly previousSecretCipher: Buffer | null;
}

// The path of a URL is not masked, so only candidates are decrypted.
const statement = `
  select url as "urlCipher", secret as "secretCipher",
    case when previous_secret_until > now() then previous_secret end as "previousSecretCipher"
  from endpoints
  where provider_id = $1 and deleted_at is null and position($2 in url_masked) > 0
  order by id`;

/** The secrets with which endpoints sign what they send to a URL with this path, which `leadsThere` recognises. */
export async function readSecretsTo(
  db: Database,
  encryption: Encryption,
  { providerId, path, leadsThere }: { providerId: number; path: string; leadsThere: (url: URL) => boolean },
): Promise<readonly string[]> {
  const rows = await db.query<Row>(statement, [providerId, path]);
  return rows.flatMap(({ urlCipher, secretCipher, previousSecretCipher }) => {
    const url = URL.parse(encryption.decrypt(purposes.url, urlCipher));
    return url && leadsThere(url) ? decryptSecrets(encryption, [secretCipher, previousSecretCipher]) : [];
  });
}
