import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import { decryptEndpoint, type EndpointCiphers } from "./endpoints-table.ts";

type Row = Omit<EndpointCiphers, "headersCipher">;

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
  return rows.flatMap((row) => {
    const { url: text, secrets } = decryptEndpoint(encryption, { ...row, headersCipher: null });
    const url = URL.parse(text);
    return url && leadsThere(url) ? secrets : [];
  });
}
