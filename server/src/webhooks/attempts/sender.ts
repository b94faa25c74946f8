import type { Clock } from "#platform/clock.ts";
import type { AllowedTargets, HideAddress, Lookup } from "#platform/network/target-guard.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { type AttemptRequest, requestHeaders } from "./attempt-request.ts";
import { guardedConnector } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { type OwnBins, deliverToOwnBin } from "./own-bins.ts";
import { ReceiverPools } from "./receiver-pools.ts";
import { Signer } from "./signature.ts";
import { Targets } from "./targets.ts";

export interface Sender {
  /** Makes one try and says what came of it. Rejects for bugs only, never for what a receiver or a network does. */
  send(request: AttemptRequest): Promise<AttemptOutcome>;
}

export interface SenderOptions {
  readonly clock: Clock;
  /** `Bellwire/1.2.3` */
  readonly userAgent: string;
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  /** Certificate authorities that receivers may use beside the well-known ones. */
  readonly caPem?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly hideAddress?: HideAddress;
  readonly ownBins?: OwnBins;
  readonly connectTimeoutSeconds?: number;
  /** Connections to one origin at once: as many as deliveries in flight, or they wait for each other. */
  readonly connectionsMax?: number;
  readonly originsMax?: number;
}

export function createSender(options: SenderOptions): Sender & AsyncDisposable {
  const { clock, userAgent, ownBins, connectTimeoutSeconds = 10 } = options;
  const signer = new Signer();
  const targets = new Targets((url) => ownBins?.matches(url));
  const pools = new ReceiverPools({
    connector: guardedConnector({
      allowed: options.allowed,
      lookup: options.lookup,
      connectTimeoutMs: connectTimeoutSeconds * 1000,
      caPem: options.caPem,
      proxyUrl: options.proxyUrl,
      hideAddress: options.hideAddress,
    }),
    connectionsMax: options.connectionsMax ?? 200,
    originsMax: options.originsMax ?? 1000,
  });

  const send = (request: AttemptRequest): Promise<AttemptOutcome> => {
    const target = targets.of(request.url);
    if (!target) return Promise.resolve(noUrl);
    const { origin, host, pathname, query, credentials, binId } = target;
    const headers = requestHeaders(request, { signer, userAgent, credentials });
    const { body, timeoutSeconds, mayStart } = request;
    if (ownBins && binId !== undefined) {
      return deliverToOwnBin({ ownBins, clock }, { binId, host, pathname, query, headers, body, timeoutSeconds });
    }
    const exchange = new Exchange({ clock, host, timeoutSeconds, connectTimeoutSeconds, mayStart });
    pools.poolOf(origin).dispatch({ method: "POST", path: pathname + query, headers, body }, exchange);
    return exchange.outcome;
  };
  return { send, [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose]() };
}

const noUrl: AttemptOutcome = {
  kind: "unreachable",
  code: "ERR_INVALID_URL",
  reason: "The endpoint's URL is not one that can be sent to.",
  latencyMs: 0,
};
