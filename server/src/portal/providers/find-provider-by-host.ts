import type { Database } from "#platform/database/database.ts";

import type { Provider } from "./provider.ts";
import { readFirstProvider, readProvider } from "./providers-table.ts";

/** What a host serves: the Developer Portal, the admin side, or, without a base domain, both. */
export type Side = "developer" | "admin" | "both";

// The directory lies outside of every cell, so it is asked on its own and never joined with a cell's tables.
const statement = `select provider_id as "providerId" from bellwire_directory.tenants where subdomain = $1`;

/** The provider that `host` means, and which side of it. Undefined for a host that is nobody's. */
export async function findProviderByHost(
  db: Database,
  { host, baseDomain }: { host: string; baseDomain?: string | undefined },
): Promise<{ provider: Provider; side: Side } | undefined> {
  if (baseDomain === undefined) {
    const provider = await readFirstProvider(db);
    return provider && { provider, side: "both" };
  }
  const named = readHost(host, baseDomain);
  if (!named) return undefined;
  const [tenant] = await db.query<{ providerId: number }>(statement, [named.subdomain]);
  const provider = tenant && (await readProvider(db, tenant.providerId));
  return provider && { provider, side: named.side };
}

/** `{subdomain}.BASE` is the Developer Portal, `{subdomain}-admin.BASE` the admin side. A port does not matter. */
export function readHost(
  host: string,
  baseDomain: string,
): { subdomain: string; side: "developer" | "admin" } | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  const ending = `.${baseDomain.toLowerCase()}`;
  if (!name.endsWith(ending)) return undefined;
  const label = name.slice(0, -ending.length);
  if (label === "" || label.includes(".")) return undefined;
  return label.endsWith("-admin")
    ? { subdomain: label.slice(0, -"-admin".length), side: "admin" }
    : { subdomain: label, side: "developer" };
}
