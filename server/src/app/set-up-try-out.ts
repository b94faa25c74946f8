import type { Provider } from "#portal/providers/index.ts";
import { type Bin, createBin } from "#request-bin/index.ts";
import { type EndpointNeeds, saveDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import { eventSwitches } from "#webhooks/events/index.ts";
import type { ProviderUrls } from "./provider-urls.ts";
import { binUrl } from "./try-out.ts";

/**
 * What lets a newcomer see his first webhook within a minute: a bin, and the default endpoint that sends everything
 * which happens in the Developer Portal there. Returns the bin.
 */
export async function setUpTryOut(
  needs: EndpointNeeds,
  provider: Pick<Provider, "id" | "subdomain">,
  urls: ProviderUrls,
): Promise<Bin> {
  const { id: providerId } = provider;
  const bin = await needs.pool.inTransaction((tx) => createBin(tx, { providerId }));
  const switches = Object.fromEntries(eventSwitches.map(({ switchName }) => [switchName, true]));
  const change = { url: binUrl(urls, provider, bin), active: true, providerActions: false, switches };
  const saved = await saveDefaultEndpoint(needs, { providerId, change, actor: { kind: "system" } });
  if ("refused" in saved) throw new Error(`The try-out's endpoint was refused: ${JSON.stringify(saved.refused)}`);
  return bin;
}
