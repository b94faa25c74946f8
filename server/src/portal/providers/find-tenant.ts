import type { Database } from "#platform/database/database.ts";
import { type Provider, readProvider } from "./provider.ts";

/** The part of the product that a host serves: the Developer Portal, the admin side, or both without a base domain. */
export type Side = "developer" | "admin" | "both";

export interface Tenant {
  readonly providerId: number;
  readonly side: Side;
}

// The directory is outside of every cell, so it is never joined with a cell's tables.
const findTenantStatement = `select provider_id from bellwire_directory.tenants where subdomain = $1`;

// The oldest provider serves every host if there is no base domain.
const firstProviderStatement = `select id as "providerId" from providers order by id limit 1`;

/** Anyone can send any host name, so only those of existing providers are cached, about 100 bytes each. */
const cachedSubdomainsMax = 10_000;

/**
 * Creates a function that finds the provider of a host, and the side that the host serves. Caches hits for ever,
 * because a subdomain never changes its provider and the first provider stays the first.
 */
export function createFindTenant(
  db: Database,
  baseDomain: string | undefined,
): (host: string) => Promise<Tenant | undefined> {
  const remembered = new Map<string, number>();
  const idOf = async (subdomain: string): Promise<number | undefined> => {
    const known = remembered.get(subdomain);
    if (known !== undefined) return known;
    const [tenant] =
      baseDomain === undefined
        ? await db.query<{ providerId: number }>(firstProviderStatement)
        : await db.query<{ providerId: number }>(findTenantStatement, [subdomain]);
    if (tenant && remembered.size < cachedSubdomainsMax) remembered.set(subdomain, tenant.providerId);
    return tenant?.providerId;
  };

  return async (host) => {
    const named = baseDomain === undefined ? { subdomain: "", side: "both" as const } : parseHost(host, baseDomain);
    const providerId = named && (await idOf(named.subdomain));
    return providerId === undefined ? undefined : { providerId, side: named?.side ?? "both" };
  };
}

/**
 * Parses a host: `{subdomain}.BASE` is the Developer Portal, `{subdomain}-admin.BASE` the admin side. Ignores the port.
 */
export function parseHost(
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

/** Returns the provider of a host and the side that the host serves, or undefined for an unknown host. */
export async function findProviderByHost(
  db: Database,
  { host, baseDomain }: { host: string; baseDomain?: string | undefined },
): Promise<{ provider: Provider; side: Side } | undefined> {
  const tenant = await createFindTenant(db, baseDomain)(host);
  const provider = tenant && (await readProvider(db, tenant.providerId));
  return provider && { provider, side: tenant.side };
}
