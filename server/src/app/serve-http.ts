import { hkdfSync } from "node:crypto";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import compress from "@fastify/compress";
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from "fastify";
import { type TenantCache, defaultCell } from "#cells/index.ts";
import { accountManagementApi, unservedApi, unservedApis } from "#http/account-management-api/index.ts";
import { adminPortalPlugin } from "#http/admin-portal/index.ts";
import { apiDocs } from "#http/api-docs/index.ts";
import { bellwireApiPlugin } from "#http/bellwire-api/index.ts";
import { developerPortalPlugin } from "#http/developer-portal/index.ts";
import { monitored, operationsPlugin } from "#http/operations/index.ts";
import { requestBinPlugin } from "#http/request-bin/index.ts";
import { createFindAdminCaller } from "#http/shared/admin-caller.ts";
import { Downloads } from "#http/shared/operation.ts";
import { serveApiReference } from "#http/shared/api-reference.ts";
import { createBinForwarder } from "#http/shared/bin-requests.ts";
import {
  addResponseHeaders,
  connectionOptions,
  discardRefusedBodies,
  dropAbortedRequests,
  limitBodies,
  pathSegmentLengthMax,
  readNoBodyForHead,
  refuseUnreadablePaths,
  RequestTraces,
  rewriteUnreadablePath,
  schemaController,
} from "#http/shared/server-hooks.ts";
import { addDeliveryLag } from "#http/shared/delivery-lag.ts";
import { type CellRouting, addFindProviderHook } from "#http/shared/find-provider.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { requestLimits } from "#platform/limits.ts";
import { parseAllowedTargets, plainAddress } from "#platform/network/target-guard.ts";
import type { Tracing } from "#platform/telemetry/tracing.ts";
import { version } from "#platform/http.ts";
import type { Provider } from "#portal/providers/index.ts";
import { createOwnBins } from "#request-bin/index.ts";
import { readSigningSecrets } from "#webhooks/endpoints/index.ts";
import { listenError, limitConnections, readDescriptorLimit } from "./listening.ts";
import type { Scraped } from "./engine-supervisor.ts";
import { type TryOut, tryOutLinks } from "./first-start.ts";
import { createIdentityFetch } from "#http/shared/single-sign-on.ts";
import { hideAddressFrom } from "./cell-contexts.ts";
import type { Parts } from "./open-parts.ts";

interface HttpServing extends Omit<Parts, "metrics"> {
  readonly metrics: Scraped;
  readonly port: number;
  readonly tryOut: TryOut | undefined;
  readonly measureRequests: ((http: FastifyInstance) => void) | undefined;
  readonly otherCells: OtherCells | undefined;
  readonly isStopping: () => boolean;
}

/** Listens until it is closed. Closing drains open connections and lets requests in flight finish. */
export async function serveHttp({ config, keys, port, tryOut, ...parts }: HttpServing): Promise<AsyncDisposable> {
  const { host, baseDomain, retryWaitsSeconds, smtpUrl } = config;
  const http = await composeHttp({
    ...parts,
    baseDomain,
    retryWaitsSeconds,
    trustProxy: trustIn(config.trustedProxies),
    mailIsSent: smtpUrl !== undefined,
    cookieSecret: cookieSecretOf(keys),
    isTryOut: ({ id }) => tryOut?.providerId === id,
  });
  limitConnections(http, readDescriptorLimit(), { log: parts.log, nowMs: () => systemClock.monotonicMs() });
  try {
    await http.listen({ host, port });
  } catch (error) {
    await http.close();
    throw listenError(error, { host, port });
  }
  return { [Symbol.asyncDispose]: () => http.close() };
}

/** Parses the blocks of trusted proxies. */
export function trustIn(text: string): HttpParts["trustProxy"] {
  const parsed = parseAllowedTargets(text);
  if ("wrong" in parsed || parsed.blocks.length === 0) return false;
  return (address) => parsed.includes(plainAddress(address));
}

/** Derives the cookie secret from the newest key, so that rotation also invalidates old cookies. */
function cookieSecretOf([newest = Buffer.alloc(0)]: readonly Buffer[]): Buffer {
  return Buffer.from(hkdfSync("sha256", newest, "", "bellwire cookies", 32));
}

export interface HttpParts extends Pick<
  Parts,
  "passwords" | "clock" | "encryption" | "sender" | "urls" | "allowed" | "lookup"
> {
  readonly pool: Pool;
  readonly log: FastifyBaseLogger;
  readonly metrics: Scraped;
  readonly baseDomain: string | undefined;
  /** Returns whether the headers of a proxy with this address are trusted. False: those of none are. */
  readonly trustProxy: ((address: string) => boolean) | false;
  readonly retryWaitsSeconds: readonly number[];
  readonly mailIsSent: boolean;
  readonly cookieSecret: Buffer;
  /** Returns whether the provider's default endpoint still sends to the bin of the try-out. */
  readonly isTryOut: (provider: Provider) => boolean;
  /** Returns whether the process is stopping. */
  readonly isStopping: () => boolean;
  readonly measureRequests?: ((http: FastifyInstance) => void) | undefined;
  readonly tracing?: Tracing | undefined;
  /** The other cells. Undefined: the default one is the only one. */
  readonly otherCells?: OtherCells | undefined;
}

/** The parts of a cell's interfaces that differ between cells. */
export type CellHttpParts = Pick<HttpParts, "pool" | "clock" | "sender">;

export interface OtherCells {
  readonly tenants: TenantCache;
  /** Opens a cell. Rejects while its database does not respond. */
  readonly open: (cell: number) => Promise<CellHttpParts>;
  /** Returns true if the database of an open cell responds. */
  readonly isAnyReady: () => Promise<boolean>;
}

/** Times of a close, counted from its beginning. */
interface DrainTimes {
  /** How long open connections may stay idle. */
  readonly idleMs: number;
  /** A client may send its request or read its response slowly, or never. */
  readonly slowClientMs: number;
  /** A change may wait for a lock in the database. A cut connection would not say whether it was committed. */
  readonly answerMs: number;
}

/** An engine of the same process drains afterwards, within 12 s of the stop. */
const drainTimes = { idleMs: 1000, slowClientMs: 3000, answerMs: 8000 } as const satisfies DrainTimes;

/** A smaller response fits into one packet, compressed or not. */
const compressFromBytes = 1024;

/** The build output of `web`. */
const webFolder = fileURLToPath(new URL("../../../web/dist/", import.meta.url));

interface InterfaceParts extends HttpParts {
  readonly newId: () => string;
}

/** Composes all interfaces of the web role on one server, which does not listen yet. */
export async function composeHttp(parts: HttpParts): Promise<FastifyInstance> {
  const { pool, clock, metrics, baseDomain, isStopping, otherCells } = parts;
  const newId = createIdGenerator(clock);
  const http = openServer(parts, newId);
  logRequests(http, parts.log);
  const handlers = new RunningHandlers(drainTimes.answerMs);
  const drain = connectionDrain(drainTimes, handlers);
  drain.addHooks(http);
  parts.measureRequests?.(http);
  // Opt-in per route, because the size of a compressed response can reveal secrets.
  await http.register(compress, compression);
  // Monitoring does not know the host of a provider.
  await http.register(
    operationsPlugin({
      ...monitored(pool),
      metrics: baseDomain === undefined ? metrics : undefined,
      isStopping,
      servesOtherCell: otherCells?.isAnyReady,
    }),
  );
  const traces = parts.tracing && new RequestTraces(parts.tracing);
  const cells = otherCells && routeToCells(http, { ...parts, otherCells, newId, traces, handlers });
  await http.register(async (interfaces) => {
    traces?.begin(interfaces);
    traces?.follow(interfaces);
    addFindProviderHook(interfaces, { pool, clock, baseDomain, ...(cells && { cells }) });
    refuseUnreadablePaths(interfaces);
    addDeliveryLag(interfaces, { pool, clock });
    await registerInterfaces(interfaces, { ...parts, newId });
  });
  drain.waitLast(http);
  return http;
}

const compression = { global: false, encodings: ["br", "gzip"], threshold: compressFromBytes } satisfies Parameters<
  typeof compress
>[1];

interface RoutedParts extends InterfaceParts {
  readonly otherCells: OtherCells;
  readonly traces: RequestTraces | undefined;
  readonly handlers: RunningHandlers;
}

/**
 * Hands requests over to the interfaces of other cells, each on a server of its own that does not listen. They are composed at the
 * first request. The server that accepted a request logs and measures it.
 */
function routeToCells(http: FastifyInstance, parts: RoutedParts): CellRouting {
  const { tenants, open } = parts.otherCells;
  const composed = new Map<number, Promise<FastifyInstance>>();
  const requestIds = new WeakMap<object, string>();

  const compose = async (cell: number): Promise<FastifyInstance> => {
    const ofCell = { ...parts, ...(await open(cell)), isTryOut: () => false };
    const { pool, clock, baseDomain, newId } = ofCell;
    const other = openServer(ofCell, newId, ({ raw }) => requestIds.get(raw));
    parts.handlers.addHooks(other);
    await other.register(compress, compression);
    await other.register(async (interfaces) => {
      parts.traces?.follow(interfaces);
      addFindProviderHook(interfaces, { pool, clock, baseDomain, cells: { own: cell, tenants, forward: undefined } });
      refuseUnreadablePaths(interfaces);
      addDeliveryLag(interfaces, { pool, clock });
      await registerInterfaces(interfaces, ofCell);
    });
    await other.ready();
    return other;
  };
  const find = (cell: number): Promise<FastifyInstance> => {
    const known = composed.get(cell) ?? compose(cell);
    composed.set(cell, known);
    known.catch(() => composed.delete(cell));
    return known;
  };

  // Streams must end before the server that accepted them stops.
  http.addHook("preClose", async () => {
    for (const other of await Promise.allSettled(composed.values())) {
      if (other.status === "fulfilled") await other.value.close();
    }
  });
  return {
    own: defaultCell,
    tenants,
    async forward(cell, request, reply) {
      const other = await find(cell);
      reply.hijack();
      requestIds.set(request.raw, request.id);
      request.raw.url = request.originalUrl; // the other server rewrites it again
      other.routing(request.raw, reply.raw);
    },
  };
}

function openServer(
  { log, trustProxy, urls }: HttpParts,
  newId: () => string,
  idOf: (request: { readonly raw: object }) => string | undefined = () => undefined,
): FastifyInstance {
  const http = fastify({
    ...connectionOptions({ newId }),
    bodyLimit: requestLimits.apiBodyBytes.max,
    trustProxy,
    genReqId: (raw) => idOf({ raw }) ?? newId(),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }), // logRequests below writes one line per request
    // Repeated slashes, as in Rails: clients of 3scale's API join a base URL that ends in a slash and a path.
    routerOptions: { maxParamLength: pathSegmentLengthMax, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    rewriteUrl: rewriteUnreadablePath,
    schemaController,
    return503OnClosing: false, // see connectionDrain
  });
  dropAbortedRequests(http);
  discardRefusedBodies(http);
  addResponseHeaders(http, { isHttps: urls.publicUrl.startsWith("https:") });
  readNoBodyForHead(http);
  return http;
}

function logRequests(http: FastifyInstance, log: FastifyBaseLogger): void {
  http.addHook("onResponse", async (request, reply) => {
    const { method, ip, routeOptions } = request;
    const line = {
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      tookMs: Math.round(reply.elapsedTime),
      ip,
      requestId: request.id,
      traceId: request.span?.traceId,
    };
    log.info(line, "request answered");
  });
}

/** Composes the parts of request bins that both of their interfaces use. Engines forward waiting requests, this process only on demand. */
function composeWorkbench(
  interfaces: FastifyInstance,
  { pool, clock, encryption, sender, urls, log }: InterfaceParts,
  bins: ReturnType<typeof createOwnBins>,
) {
  const forwarder = createBinForwarder({
    pool,
    clock,
    sender,
    isOurs: urls.isOurs,
    onError: (err) => log.warn({ err }, "a request of a bin could not be forwarded"),
  });
  interfaces.addHook("onClose", () => forwarder[Symbol.asyncDispose]());
  const secretsOfBin = ({ providerId, id }: { readonly providerId: number; readonly id: string }) =>
    readSigningSecrets(pool, encryption, {
      providerId,
      path: `/bins/${id}`,
      matches: (url) => bins.matches(url) === id,
    });
  return { secretsOfBin, forwarder, isOurs: urls.isOurs };
}

async function registerInterfaces(interfaces: FastifyInstance, parts: InterfaceParts): Promise<void> {
  const { pool, passwords, clock, newId, encryption, sender, urls } = parts;
  const findAdminCaller = createFindAdminCaller({ pool, clock });
  const bins = createOwnBins({ pool, isOurs: urls.isOurs });
  const targets = {
    allowed: parts.allowed,
    lookup: parts.lookup,
    isOwnBin: (url: URL) => bins.matches(url) !== undefined,
    hideAddress: hideAddressFrom(parts.baseDomain, parts.log),
  };
  const endpoints = { pool, encryption, targets, retryWaitsSeconds: parts.retryWaitsSeconds };
  const workbench = composeWorkbench(interfaces, parts, bins);
  const developerPortalUrl = urls.developerPortal;
  const adminPortalUrl = urls.adminPortal;

  await interfaces.register(
    requestBinPlugin({ ...workbench, pool, clock, targets, originOf: ({ provider }) => adminPortalUrl(provider) }),
  );
  limitBodies(interfaces); // after the bins, which have their own limits
  const apiNeeds = { ...endpoints, clock, findAdminCaller, downloads: new Downloads(), version };
  await interfaces.register(
    accountManagementApi({
      ...apiNeeds,
      passwords,
      adminPortalUrl,
      developerPortalUrl,
      noReplyAddress: urls.noReplyAddress,
    }),
    { prefix: "/admin/api" },
  );
  for (const prefix of unservedApis) await interfaces.register(unservedApi, { prefix });
  await interfaces.register(
    bellwireApiPlugin({ ...apiNeeds, ...workbench, newId, sender, adminPortalUrl, developerPortalUrl }),
    { prefix: "/api/v1" },
  );
  await registerPortals(interfaces, parts);
}

/** Registers the pages of both portals, and the API documentation. */
async function registerPortals(interfaces: FastifyInstance, parts: InterfaceParts): Promise<void> {
  const { pool, passwords, clock, encryption, sender, urls, cookieSecret, mailIsSent } = parts;
  const portal = {
    pool,
    passwords,
    clock,
    encryption,
    fetchIdentity: createIdentityFetch(sender),
    cookieSecret,
    secureCookies: urls.publicUrl.startsWith("https:"),
    adminPortalUrl: urls.adminPortal,
    developerPortalUrl: urls.developerPortal,
    mailIsSent,
    tryOut: (provider: Provider) => (parts.isTryOut(provider) ? tryOutLinks(urls, provider) : undefined),
  };
  const apiReference = await serveApiReference(interfaces, "/api-reference");
  await interfaces.register(apiDocs({ ...portal, apiReference }));
  await interfaces.register(adminPortalPlugin({ ...portal, webFolder }));
  await interfaces.register(developerPortalPlugin({ ...portal, apiReference }));
}

/** The requests whose handlers still run, and may use the database: also those whose clients have gone. */
export class RunningHandlers {
  readonly #replies = new Set<FastifyReply>();
  readonly #maxMs: number;
  #onEnd: (() => void) | undefined;

  /** @param maxMs How long a handler may run after its client has gone. */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** Call it before the routes are registered. */
  addHooks(http: FastifyInstance): void {
    http.addHook("onRequest", async (_request, reply) => {
      this.#replies.add(reply);
      reply.raw.once("close", () => {
        if (reply.sent) this.#end(reply);
        // The end is not seen if the handler returns nothing: to a client that has gone, nothing is sent then.
        else setTimeout(() => this.#end(reply), this.#maxMs).unref();
      });
    });
    http.addHook("onSend", async (_request, reply) => this.#end(reply));
  }

  /** Resolves when none is left. Call it when no more requests are accepted. */
  async ended(): Promise<void> {
    if (this.#replies.size > 0) await new Promise<void>((resolve) => (this.#onEnd = resolve));
  }

  /** Waits for none of them any longer. */
  abandon(): void {
    for (const reply of this.#replies) this.#end(reply);
  }

  #end(reply: FastifyReply): void {
    this.#replies.delete(reply);
    if (this.#replies.size === 0) this.#onEnd?.();
  }
}

interface Drain {
  addHooks(http: FastifyInstance): void;
  waitLast(http: FastifyInstance): void;
}

/**
 * Closes an HTTP server without errors for clients. While it closes, each response says `connection: close`, and requests on
 * open connections are still served. The server stops when no connection is left or after `idleMs`, and then waits for requests
 * in flight. Call `addHooks` before the routes are registered and `waitLast` after them: streams must end first.
 */
export function connectionDrain({ idleMs, slowClientMs, answerMs }: DrainTimes, handlers: RunningHandlers): Drain {
  /** The last response of each connection. */
  const responses = new Map<Socket, ServerResponse>();
  const empty = new AbortController();
  let isClosing = false;

  const stopWaitingIfEmpty = (): void => {
    if (isClosing && responses.size === 0) empty.abort();
  };
  const cutSlowClients = (server: Server): void => {
    const slow = [...responses].filter(([, response]) => !isBeingAnswered(response));
    if (slow.length === responses.size) server.closeAllConnections();
    else for (const [socket] of slow) socket.destroy();
  };
  const cutAll = (server: Server): void => {
    server.closeAllConnections();
    handlers.abandon();
  };
  return {
    addHooks(http) {
      handlers.addHooks(http);
      http.addHook("onRequest", async ({ raw: { socket } }, reply) => {
        const isNew = !responses.has(socket);
        responses.set(socket, reply.raw);
        if (!isNew) return;
        socket.once("close", () => {
          responses.delete(socket);
          stopWaitingIfEmpty();
        });
      });
      // Fastify itself sets the header on requests after the close has begun.
      http.addHook("onSend", async (_request, reply) => {
        if (isClosing) reply.header("connection", "close");
      });
      http.addHook("preClose", async () => {
        isClosing = true;
        stopWaitingIfEmpty();
        setTimeout(() => cutSlowClients(http.server), slowClientMs).unref();
        setTimeout(() => cutAll(http.server), answerMs).unref();
      });
      http.addHook("onClose", () => handlers.ended());
    },
    waitLast(http) {
      http.register(async (last) => {
        last.addHook("preClose", async () => {
          await systemClock.sleep(idleMs, empty.signal);
          await readPending();
        });
      });
    },
  };
}

/**
 * Lets the event loop accept the connections and read the requests that have arrived while it was busy: those that are closed unread are
 * reset, and a proxy must not repeat their requests. An accepted connection is read in the turn that follows.
 */
async function readPending(): Promise<void> {
  for (let turn = 1; turn <= 2; turn += 1) await setImmediate();
}

/** Returns whether the request has arrived and its response has not begun: it waits for the server, not for the client. */
const isBeingAnswered = (response: ServerResponse): boolean => response.req.complete && !response.headersSent;
