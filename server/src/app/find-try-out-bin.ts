import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { type Bin, createOwnBins, readBin } from "#request-bin/index.ts";
import { readDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import type { ProviderUrls } from "./provider-urls.ts";

interface FindNeeds {
  readonly pool: Pool;
  readonly encryption: Encryption;
  readonly urls: ProviderUrls;
}

/** The bin that a provider's default endpoint leads to, as long as nobody has set another URL. */
export async function findTryOutBin(
  { pool, encryption, urls }: FindNeeds,
  providerId: number,
): Promise<Bin | undefined> {
  const endpoint = await readDefaultEndpoint(pool, encryption, providerId);
  const url = endpoint && URL.parse(endpoint.url);
  const id = url ? createOwnBins({ pool, isOurs: urls.isOurs }).matches(url) : undefined;
  return id === undefined ? undefined : readBin(pool, { providerId, id });
}
