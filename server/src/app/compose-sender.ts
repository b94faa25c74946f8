import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { AllowedTargets, HideAddress, Lookup } from "#platform/network/target-guard.ts";
import { createOwnBins } from "#request-bin/index.ts";
import { type Sender, createSender } from "#webhooks/attempts/index.ts";
import type { ProviderUrls } from "./provider-urls.ts";
import { version } from "./version.ts";

export interface SenderParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly urls: ProviderUrls;
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  readonly caPem: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly hideAddress?: HideAddress;
  readonly inFlightMax: number;
}

/** The one way out, for the engine and for pings. Our own bins are handed what is sent to them without the network. */
export function composeSender({ pool, clock, urls, inFlightMax, ...network }: SenderParts): Sender & AsyncDisposable {
  return createSender({
    ...network,
    clock,
    userAgent: `Bellwire/${version}`,
    connectionsMax: inFlightMax,
    ownBins: createOwnBins({ pool, isOurs: urls.isOurs }),
  });
}
