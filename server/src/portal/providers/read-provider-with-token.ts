import { digestOf, findTokenStatement, type AccessToken } from "#access/index.ts";
import { timeOfIso } from "#platform/clock/iso-time.ts";
import type { Database } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";

import type { Provider } from "./provider.ts";
import { providerColumns } from "./providers-table.ts";

// What every request begins with, in one round trip. Served by the primary key and the unique key on the token's digest.
const statement = `
  select ${providerColumns}, (select to_json(token) from (${findTokenStatement}) token) as token
  from providers
  where id = $1`;

export interface ProviderWithToken {
  readonly provider: Provider;
  /** Undefined if the value is no token of the provider that counts now. */
  readonly token: AccessToken | undefined;
}

/** A provider, and what an access token says that opens its doors. */
export async function readProviderWithToken(
  db: Database,
  { providerId, value, now }: { providerId: number; value: string | undefined; now: Date },
): Promise<ProviderWithToken | undefined> {
  const digest = value === undefined ? null : digestOf(value);
  const [row] = await db.query<Provider & { token: InJson<AccessToken> | null }>(statement, [providerId, digest, now]);
  if (!row) return undefined;
  const { token, ...provider } = row;
  return { provider, token: token ? tokenOfJson(token) : undefined };
}

const tokenOfJson = (token: InJson<AccessToken>): AccessToken => ({
  ...token,
  expiresAt: token.expiresAt === null ? null : timeOfIso(token.expiresAt),
});
