import { createBin } from "#request-bin/index.ts";
import { eventSwitches, saveDefaultEndpoint, type EndpointNeeds } from "#webhooks/endpoints/index.ts";

/**
 * What lets a newcomer see his first webhook within a minute: a bin, and the default endpoint that sends everything
 * which happens in the Developer Portal there. Gives the bin's id.
 */
export async function setUpTryOut(needs: EndpointNeeds, providerId: number, publicUrl: string): Promise<string> {
  const bin = await needs.pool.inTransaction((tx) => createBin(tx, { providerId }));
  const switches = Object.fromEntries(eventSwitches.map(({ switchName }) => [switchName, true]));
  const change = { url: `${publicUrl}/bins/${bin.id}`, active: true, providerActions: false, switches };
  const saved = await saveDefaultEndpoint(needs, { providerId, change, actor: { kind: "system" } });
  if ("refused" in saved) throw new Error(`The try-out's endpoint was refused: ${JSON.stringify(saved.refused)}`);
  return bin.id;
}
