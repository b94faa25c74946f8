import type { Database } from "#platform/database/database.ts";
import { findProviderByHost, type Provider, readFirstProvider } from "#portal/providers/index.ts";
import { WrongUsage } from "./command.ts";

/** The option that every command about a provider has. */
export const providerOption = { provider: { type: "string" } } as const;

/** The provider of a subdomain; without one the first, which on most installations is the only one. */
export async function findProvider(db: Database, subdomain: string | undefined): Promise<Provider> {
  if (subdomain === undefined) {
    const first = await readFirstProvider(db);
    if (!first) throw new WrongUsage("There is no provider yet. Start Bellwire once, or say: bellwire provider create");
    return first;
  }
  // The directory knows providers by their hosts; under which base domain does not matter here.
  const found = await findProviderByHost(db, { host: `${subdomain}.base`, baseDomain: "base" });
  if (found?.side !== "developer") throw new WrongUsage(`There is no provider with the subdomain ${subdomain}.`);
  return found.provider;
}
