import type { Database } from "#platform/database/database.ts";

import { createFindTenant, type Side } from "./find-tenant-by-host.ts";
import type { Provider } from "./provider.ts";
import { readProvider } from "./providers-table.ts";

/** The provider that `host` means, and which side of it. Undefined for a host that is nobody's. */
export async function findProviderByHost(
  db: Database,
  { host, baseDomain }: { host: string; baseDomain?: string | undefined },
): Promise<{ provider: Provider; side: Side } | undefined> {
  const tenant = await createFindTenant(db, baseDomain)(host);
  const provider = tenant && (await readProvider(db, tenant.providerId));
  return provider && { provider, side: tenant.side };
}
