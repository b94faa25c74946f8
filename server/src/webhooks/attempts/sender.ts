import { isIP } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { buildConnector, Dispatcher } from "undici";
import type { Clock } from "#platform/clock.ts";
import { resolveTarget } from "#platform/network/target-guard.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { answerLimits } from "./answer-limits.ts";
import { type AttemptRequest, headersOnWire, requestHeaders, Targets } from "./attempt-request.ts";
import { CurrentRequest, latencyOf, traceOf } from "./connection-trace.ts";
import { type ConnectorOptions, guardedConnector, Pool } from "./connector.ts";
import { Exchange, type NotMade, outcomeOfFailedLookup, outcomeOfNotMade } from "./exchange.ts";
import { Signer } from "./signature.ts";

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

export interface SenderOptions extends Omit<ConnectorOptions, "current" | "connectTimeoutMs"> {
  /** Such as `Bellwire/1.2.3`. */
  readonly userAgent: string;
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
    connector: guardedConnector({ ...options, current, connectTimeoutMs: connectTimeoutSeconds * 1000 }),
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
      body,
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

export interface PoolOptions {
  readonly connector: buildConnector.connector;
  /** Connections per origin. A request without a free one waits within its own time limit. */
  readonly connectionsMax: number;
  /** Origins with open connections. Beyond it, the least recently used one is closed once it is idle. */
  readonly originsMax: number;
}

/** Longer than the interval of requests to a busy receiver, shorter than the 5 s after which Node.js servers close. */
const idleConnectionMs = 4000;

/** Bounds how long a receiver keeps its old address, however busy its connections are. */
const connectionLifeMs = 5 * 60_000;

interface OpenPool {
  readonly pool: Pool;
  readonly life: NodeJS.Timeout;
}

/** Keep-alive connections by origin. An origin without connections is removed. */
export class ReceiverPools implements AsyncDisposable {
  readonly #open: LRUCache<string, OpenPool>;
  readonly #closing = new Set<Pool>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#open = new LRUCache({ max: options.originsMax, dispose: (open) => this.#close(open) });
  }

  /** Number of origins with connections. */
  get size(): number {
    return this.#open.size;
  }

  /** True if a connection to the origin is open: a request needs no look-up. */
  isConnected(origin: string): boolean {
    return (this.#open.peek(origin)?.pool.stats.connected ?? 0) > 0;
  }

  poolOf(origin: string): Pool {
    const known = this.#open.get(origin);
    if (known) return known.pool;
    const made = this.#make(origin);
    this.#open.set(origin, made);
    return made.pool;
  }

  /** Sends one request on a connection that is opened for it, and closed after it. */
  dispatchOnNewConnection(
    origin: string,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const pool = this.#makePool(origin, 1);
    pool.dispatch(request, handler);
    this.#closeAfterRequests(pool);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open.clear();
    await Promise.all([...this.#closing].map((pool) => pool.destroy()));
  }

  #make(origin: string): OpenPool {
    const pool = this.#makePool(origin, this.#options.connectionsMax);
    const forgetIdle = (): void => {
      const { connected, size } = pool.stats;
      if (connected === 0 && size === 0) this.#forget(origin, pool);
    };
    pool.on("disconnect", forgetIdle).on("connectionError", forgetIdle);
    // clientTtl of undici reads the clock for every connection and request: a tenth of all work at 64 connections.
    const life = setTimeout(() => this.#forget(origin, pool), connectionLifeMs).unref();
    return { pool, life };
  }

  #makePool(origin: string, connections: number): Pool {
    return new Pool(origin, {
      connect: this.#options.connector,
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: idleConnectionMs,
      maxHeaderSize: answerLimits.headerBytes,
      // An exchange has its own time limit for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** The next request to the origin opens a new pool. */
  #forget(origin: string, pool: Pool): void {
    if (this.#open.peek(origin)?.pool === pool) this.#open.delete(origin);
  }

  #close({ pool, life }: OpenPool): void {
    clearTimeout(life);
    this.#closeAfterRequests(pool);
  }

  #closeAfterRequests(pool: Pool): void {
    this.#closing.add(pool);
    void pool.close().finally(() => this.#closing.delete(pool));
  }
}

/** A request to a bin, the same as it would have got over the network. */
export interface BinDelivery {
  readonly method: "POST";
  readonly path: string;
  /** Without question mark. */
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/**
 * Request bins of this installation. Requests reach them within the process, so they need no permission of the target
 * guard.
 */
export interface OwnBins {
  /** Returns the bin id if the URL is one of a bin of this installation. */
  matches(url: URL): string | undefined;
  /** Returns the response of the bin; undefined if there is no such bin. `host` is that of the URL. */
  deliver(
    bin: { readonly binId: string; readonly host: string },
    request: BinDelivery,
  ): Promise<OwnBinAnswer | undefined>;
}

interface OwnBinAnswer {
  readonly status: number;
  readonly delayMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly retryAfterSeconds?: number;
}

export interface OwnBinAttempt {
  readonly binId: string;
  readonly host: string;
  readonly pathname: string;
  /** With question mark. */
  readonly query: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly timeoutSeconds: number;
}

async function deliverToOwnBin(
  { ownBins, clock }: { readonly ownBins: OwnBins; readonly clock: Clock },
  { binId, host, pathname, query, headers, body, timeoutSeconds }: OwnBinAttempt,
): Promise<AttemptOutcome> {
  const startedMs = clock.monotonicMs();
  const measured = (): Pick<AttemptOutcome, "latencyMs" | "trace"> => {
    const endedMs = clock.monotonicMs();
    const times = { startedMs, sentMs: startedMs, answeredMs: undefined, endedMs };
    const trace = { ...traceOf({ ...times, connection: undefined, isReused: false }), connection: "internal" } as const;
    return { latencyMs: latencyOf(trace), trace };
  };
  const request = {
    method: "POST",
    path: pathname,
    query: query.slice(1),
    headers: [...headersOnWire(headers, { host, bodyBytes: body.byteLength })],
    body,
  } as const;
  const answer = await ownBins.deliver({ binId, host }, request);
  if (answer && answer.delayMs >= timeoutSeconds * 1000) {
    await clock.sleep(timeoutSeconds * 1000);
    return { kind: "timed-out", afterSeconds: timeoutSeconds, phase: "answer", ...measured() };
  }
  if (answer && answer.delayMs > 0) await clock.sleep(answer.delayMs);
  return {
    kind: "answered",
    status: answer?.status ?? 404,
    headers: answer ? responseHeaders(answer) : {},
    body: answer?.body === undefined ? nothing : Buffer.from(answer.body),
    ...measured(),
  };
}

const nothing = new Uint8Array();

const responseHeaders = ({ headers = {}, retryAfterSeconds }: OwnBinAnswer): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
});
