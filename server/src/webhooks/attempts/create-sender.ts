import type { Clock } from "#platform/clock/clock.ts";
import type { AllowedTargets } from "#platform/network/allowed-targets.ts";
import { systemLookup, type Lookup } from "#platform/network/resolve-target.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import type { AttemptRequest } from "./attempt-request.ts";
import { deliverToOwnBin, type OwnBins } from "./deliver-to-own-bin.ts";
import { Exchange } from "./exchange.ts";
import { guardedConnector } from "./guarded-connector.ts";
import { ReceiverPools } from "./receiver-pools.ts";
import { requestHeaders } from "./request-headers.ts";
import { Signer } from "./sign-request.ts";

export interface Sender {
  /** Makes one try and says what came of it. Rejects for bugs only, never for what a receiver or a network does. */
  send(request: AttemptRequest): Promise<AttemptOutcome>;
}

export interface SenderOptions {
  readonly clock: Clock;
  /** `Bellwire/1.2.3` */
  readonly userAgent: string;
  readonly allowed: AllowedTargets;
  readonly lookup?: Lookup;
  /** Certificate authorities that receivers may use beside the well-known ones. */
  readonly caPem?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly ownBins?: OwnBins;
  readonly connectTimeoutSeconds?: number;
  /** Connections to one origin at once: as many as deliveries in flight, or they wait for each other. */
  readonly connectionsMax?: number;
  readonly originsMax?: number;
}

export function createSender(options: SenderOptions): Sender & AsyncDisposable {
  const { clock, userAgent, ownBins, connectTimeoutSeconds = 10 } = options;
  const signer = new Signer();
  const pools = new ReceiverPools({
    connector: guardedConnector({
      allowed: options.allowed,
      lookup: options.lookup ?? systemLookup,
      connectTimeoutMs: connectTimeoutSeconds * 1000,
      caPem: options.caPem,
      proxyUrl: options.proxyUrl,
    }),
    connectionsMax: options.connectionsMax ?? 200,
    originsMax: options.originsMax ?? 1000,
  });

  const send = async (request: AttemptRequest): Promise<AttemptOutcome> => {
    const url = URL.parse(request.url);
    if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return noUrl;
    const headers = requestHeaders(request, { signer, userAgent, url });
    const { body, timeoutSeconds } = request;
    const binId = ownBins?.matches(url);
    if (ownBins && binId !== undefined) {
      return deliverToOwnBin({ ownBins, clock }, { binId, url, headers, body, timeoutSeconds });
    }
    const exchange = new Exchange({ clock, host: url.host, timeoutSeconds, connectTimeoutSeconds });
    pools.poolOf(url.origin).dispatch({ method: "POST", path: url.pathname + url.search, headers, body }, exchange);
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
