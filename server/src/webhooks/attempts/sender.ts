import { isIP } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import { type AllowedTargets, type HideAddress, type Lookup, resolveTarget } from "#platform/network/target-guard.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { type AttemptRequest, requestHeaders } from "./attempt-request.ts";
import { CurrentRequest } from "./connection-trace.ts";
import { guardedConnector } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { type NotMade, outcomeOfFailedLookup, outcomeOfNotMade } from "./outcome-of-error.ts";
import { type OwnBins, deliverToOwnBin } from "./own-bins.ts";
import { ReceiverPools } from "./receiver-pools.ts";
import { Signer } from "./signature.ts";
import { Targets } from "./targets.ts";

export interface Sender {
  readonly userAgent: string;
  /**
   * Resolves the host of the URL, so that an attempt that follows finds the result in the resolver's cache. Returns nothing for
   * an address or a request bin of this installation.
   */
  resolve(url: string): Promise<void> | undefined;
  /**
   * Makes one attempt, unless this process lacks descriptors or ports for a connection. Rejects only for bugs, never for
   * anything that a receiver or a network does.
   */
  send(request: AttemptRequest): Promise<AttemptOutcome | NotMade>;
}

/** A request that is no delivery: sent with the method and headers that are given, and unsigned. */
export interface GivenRequest {
  readonly url: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly timeoutSeconds: number;
}

export interface GivenRequestSender {
  /** Sends one request with the guard, name resolver, connections and limits of deliveries. Never follows a redirect. */
  sendGiven(request: GivenRequest): Promise<AttemptOutcome>;
}

export interface SenderOptions {
  readonly clock: Clock;
  /** Such as `Bellwire/1.2.3`. */
  readonly userAgent: string;
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  /** Additional certificate authorities. */
  readonly caPem?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly hideAddress?: HideAddress;
  readonly ownBins?: OwnBins;
  readonly connectTimeoutSeconds?: number;
  /** Connections per origin: as many as slots, or deliveries wait for each other. */
  readonly connectionsMax?: number;
  readonly originsMax?: number;
}

export function createSender(options: SenderOptions): Sender & GivenRequestSender & AsyncDisposable {
  const { clock, userAgent, ownBins, connectTimeoutSeconds = 10 } = options;
  const signer = new Signer();
  const targets = new Targets((url) => ownBins?.matches(url));
  const current = new CurrentRequest();
  const failedLookups = new FailedLookups(options);
  const pools = new ReceiverPools({
    connector: guardedConnector({
      clock,
      current,
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

  const send = (request: AttemptRequest): Promise<AttemptOutcome | NotMade> => {
    const target = targets.of(request.url);
    if (!target) return Promise.resolve(noUrl);
    const { origin, host, hostname, pathname, query, credentials, binId } = target;
    const failedAs = binId === undefined ? failedLookups.codeOf(hostname) : undefined;
    if (failedAs !== undefined && !pools.isConnected(origin)) return nextTurn(outcomeOfFailedLookup(failedAs, host));
    const headers = requestHeaders(request, { signer, userAgent, credentials });
    const { body, timeoutSeconds, mayStart } = request;
    if (ownBins && binId !== undefined) {
      return deliverToOwnBin({ ownBins, clock }, { binId, host, pathname, query, headers, body, timeoutSeconds });
    }
    const sent = { method: "POST", path: pathname + query, headers, body };
    const repeat = (lost: Exchange): void =>
      current.during(lost, () => pools.dispatchOnNewConnection(origin, sent, lost));
    const exchange = new Exchange({ clock, host, timeoutSeconds, connectTimeoutSeconds, mayStart, current, repeat });
    current.during(exchange, () => pools.poolOf(origin).dispatch(sent, exchange));
    return exchange.outcome;
  };
  const resolve = (url: string): Promise<void> | undefined => {
    const target = targets.of(url);
    if (!target || target.binId !== undefined) return undefined;
    const { hostname } = target;
    if (hostname.startsWith("[") || isIP(hostname) !== 0) return undefined;
    return failedLookups.resolve(hostname);
  };
  const sendGiven = createGivenSender({ clock, targets, pools, current, connectTimeoutSeconds });
  return { userAgent, resolve, send, sendGiven, [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose]() };
}

interface GivenSenderParts {
  readonly clock: Clock;
  readonly targets: Targets;
  readonly pools: ReceiverPools;
  readonly current: CurrentRequest;
  readonly connectTimeoutSeconds: number;
}

const createGivenSender =
  ({ clock, targets, pools, current, connectTimeoutSeconds }: GivenSenderParts): GivenRequestSender["sendGiven"] =>
  ({ url, method, headers, body, timeoutSeconds }) => {
    const target = targets.of(url);
    if (!target || target.binId !== undefined) return Promise.resolve(noUrl);
    const { origin, host, pathname, query, credentials } = target;
    const exchange = new Exchange({ clock, host, timeoutSeconds, connectTimeoutSeconds, current });
    const sent = {
      method,
      path: pathname + query,
      headers:
        credentials === undefined ? [...headers] : [...withoutAuthorization(headers), "authorization", credentials],
      body: body.byteLength > 0 ? body : null,
    };
    current.during(exchange, () => pools.poolOf(origin).dispatch(sent, exchange));
    return exchange.outcome.then((outcome) => (outcome.kind === "not-made" ? outcomeOfNotMade(outcome) : outcome));
  };

/** A request has one such header at most (RFC 9110 §11.6.2): that of the URL's user information, if it has any. */
const withoutAuthorization = (headers: readonly string[]): readonly string[] =>
  headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== "authorization");

/** How long attempts fail after a failed look-up: as long as an engine takes a name as resolved. */
const failedMs = 1000;
const failedNamesMax = 1000;

/**
 * Names whose look-up has just failed. An attempt there needs no signature, connection pool or socket, which take 0.7 ms of
 * the event loop: 200 names that time out together would hold it up for half a second.
 */
class FailedLookups {
  readonly #options: Pick<SenderOptions, "clock" | "allowed" | "lookup">;
  readonly #failed = new LRUCache<string, { readonly code: string; readonly untilMs: number }>({ max: failedNamesMax });

  constructor(options: Pick<SenderOptions, "clock" | "allowed" | "lookup">) {
    this.#options = options;
  }

  /** Looks the name up. Never rejects. */
  async resolve(hostname: string): Promise<void> {
    const target = await resolveTarget(hostname, this.#options).catch(() => undefined); // the attempt reports a bug
    if (target && "unresolvable" in target)
      this.#failed.set(hostname, { code: target.unresolvable, untilMs: this.#options.clock.monotonicMs() + failedMs });
    else this.#failed.delete(hostname);
  }

  /** Returns the code of a look-up that has just failed. */
  codeOf(hostname: string): string | undefined {
    const failed = this.#failed.get(hostname);
    return failed && this.#options.clock.monotonicMs() < failed.untilMs ? failed.code : undefined;
  }
}

const noUrl: AttemptOutcome = {
  kind: "unreachable",
  code: "ERR_INVALID_URL",
  reason: "The endpoint's URL is not one that can be sent to.",
  latencyMs: 0,
};
