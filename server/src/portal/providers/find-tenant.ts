import type { TenantCache } from "#cells/index.ts";

/** The part of the product that a host serves: the Developer Portal, the admin side, or both without a base domain. */
export type Side = "developer" | "admin" | "both";

/** The provider of a host, and its cell. */
export interface HostTenant {
  readonly providerId: number;
  readonly cell: number;
  readonly side: Side;
}

/** Creates a function that finds the provider of a host, its cell, and the side that the host serves. */
export const createFindTenant =
  (tenants: TenantCache, baseDomain: string | undefined) =>
  async (host: string): Promise<HostTenant | undefined> => {
    const named = readHost(host, baseDomain);
    const tenant = named && (await tenants.find(named.subdomain));
    return tenant && { providerId: tenant.providerId, cell: tenant.cell, side: named.side };
  };

/** Without a base domain, the first provider serves every host. */
const readHost = (
  host: string,
  baseDomain: string | undefined,
): { readonly subdomain: string | undefined; readonly side: Side } | undefined =>
  baseDomain === undefined ? { subdomain: undefined, side: "both" } : parseHost(host, baseDomain);

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
