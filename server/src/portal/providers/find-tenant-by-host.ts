import type { Database } from "#platform/database/database.ts";

/** What a host serves: the Developer Portal, the admin side, or, without a base domain, both. */
export type Side = "developer" | "admin" | "both";

export interface Tenant {
  readonly providerId: number;
  readonly side: Side;
}

// The directory lies outside of every cell, so it is asked on its own and never joined with a cell's tables.
const statement = `select provider_id as "providerId" from bellwire_directory.tenants where subdomain = $1`;

// The oldest provider: the one that every host means while there is no base domain.
const firstStatement = `select id as "providerId" from providers order by id limit 1`;

/** Hosts are asked for by whoever likes; those of real providers are some 100 bytes each. */
const rememberedMax = 10_000;

/**
 * Finds the provider that a host means, and which side of it. A subdomain leads to one provider for ever, and the first
 * provider stays the first, so whom it has found it does not look for again.
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
        ? await db.query<{ providerId: number }>(firstStatement)
        : await db.query<{ providerId: number }>(statement, [subdomain]);
    if (tenant && remembered.size < rememberedMax) remembered.set(subdomain, tenant.providerId);
    return tenant?.providerId;
  };

  return async (host) => {
    const named = baseDomain === undefined ? { subdomain: "", side: "both" as const } : readHost(host, baseDomain);
    const providerId = named && (await idOf(named.subdomain));
    return providerId === undefined ? undefined : { providerId, side: named?.side ?? "both" };
  };
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
