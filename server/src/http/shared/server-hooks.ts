import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { ConnectionError, FastifyInstance, FastifyRequest, FastifyServerOptions } from "fastify";
import { requestLimits } from "#platform/limits.ts";
import { smallestNetwork } from "#platform/network/target-guard.ts";
import { nodeHttp } from "#platform/http.ts";
import type { RequestSpan, Tracing } from "#platform/telemetry/tracing.ts";
import { Problem, type ProblemCode, representProblem } from "./problem.ts";

interface ConnectionOptions {
  readonly newId: () => string;
  readonly headerSeconds?: number;
  readonly requestSeconds?: number;
  readonly idleSeconds?: number;
  readonly discardSeconds?: number;
}

/** Enough for a proxy to send what it has and to read the response. */
const discardSecondsDefault = 2;

/**
 * Returns options for `fastify()` that limit how long a request may take to arrive and a response may stay unread, and answer
 * requests that never become one. Fastify sets no time limit, and Node checks every 30 s only, so an unfinished body would hold
 * its connection until the client leaves. So would a download whose client has stopped reading, with megabytes of it in memory.
 */
export const connectionOptions = ({
  newId,
  headerSeconds = requestLimits.headerSeconds.max,
  requestSeconds = requestLimits.requestSeconds.max,
  idleSeconds = requestLimits.idleSeconds.max,
  discardSeconds = discardSecondsDefault,
}: ConnectionOptions) => ({
  connectionTimeout: idleSeconds * 1000,
  requestTimeout: requestSeconds * 1000,
  pluginTimeout: 0, // a start on a busy machine, or one that was frozen meanwhile, takes longer than Fastify's 10 s
  http: { headersTimeout: headerSeconds * 1000, connectionsCheckingInterval: Math.min(5000, requestSeconds * 250) },
  clientErrorHandler(this: FastifyInstance, error: ConnectionError, socket: Socket): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy(error);
      return;
    }
    const code = codeOfParserError[error.code];
    const problem = code ? new Problem(code, { cause: error }) : new Problem("request-unreadable", { detail: notHttp });
    const requestId = newId();
    this.log.debug({ err: error, requestId }, "no request could be read from a connection");
    socket.end(renderResponse(problem, requestId));
    discardRest(socket, discardSeconds);
  },
});

/**
 * An option of `fastify()`. An interface with schemas of requests sets its own validator: there is no default one. Responses are what
 * handlers return, whose types follow from the schemas; the tests of both APIs refuse a property that the document does not declare.
 * Fastify's serializers would load 250 modules for the first response, and compile a schema for the first one of each route.
 */
export const schemaController = {
  compilersFactory: {
    buildSerializer: () => () => JSON.stringify,
    buildValidator: () => () => {
      throw new Error("This interface has no validator.");
    },
  },
} satisfies FastifyServerOptions["schemaController"];

const notHttp = "The request is not valid HTTP/1.1.";

/** Errors of Node's HTTP server and its parser. All others mean that the bytes are not HTTP/1.1. */
const codeOfParserError: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
  HPE_HEADER_OVERFLOW: "headers-too-large",
};

/** Renders a whole HTTP response, for connections on which there is no request to reply to. */
function renderResponse(problem: Problem, requestId: string): string {
  const body = JSON.stringify(representProblem(problem, requestId));
  const lines = [
    `HTTP/1.1 ${problem.status} ${nodeHttp.STATUS_CODES[problem.status]}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    "connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/**
 * Reads and discards what a client still sends, and closes the connection once it has ended its side, or after `seconds`. A connection
 * that is closed with unread bytes is reset, by which a client or a proxy that is still sending loses the response.
 */
function discardRest(socket: Socket, seconds: number): void {
  const timer = setTimeout(() => socket.destroy(), seconds * 1000).unref();
  socket.once("close", () => clearTimeout(timer));
  // Node's parser reads the socket natively until there is another listener of data.
  socket.on("data", () => {});
  socket.removeAllListeners("data").removeAllListeners("end").resume();
}

/**
 * Keeps the connection of a body that is refused while it arrives, and discards the rest within the time limit of the request. Fastify
 * would close it; with unread bytes that is a reset, by which a proxy that is still sending loses the response and answers 502.
 */
export function discardRefusedBodies(http: FastifyInstance): void {
  http.addHook("onSend", async (_request, reply) => {
    if (reply.statusCode === 413) reply.removeHeader("connection");
  });
}

/** One year, as browsers' preload lists require. */
const strictTransportSecurity = "max-age=31536000";

/**
 * Adds the headers that every response carries. A response without its own Cache-Control is private, so no browser and no proxy
 * stores it. `isHttps`: the server is reached by https only.
 */
export function addResponseHeaders(http: FastifyInstance, { isHttps }: { readonly isHttps: boolean }): void {
  http.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    if (isHttps) reply.header("strict-transport-security", strictTransportSecurity);
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
}

/** Closes a streamed body that answers HEAD. Fastify would read all of it for nothing, up to a million rows of an export. */
export function readNoBodyForHead(http: FastifyInstance): void {
  http.addHook("onSend", async (request, _reply, payload: unknown) => {
    if (request.method !== "HEAD" || !(payload instanceof Readable)) return payload;
    payload.destroy();
    return Readable.from([]);
  });
}

/**
 * Drops requests whose client reset the connection before they were read. Their socket has no address any more, so no limit
 * can count them. Reading the address here makes Node keep it for the whole request.
 */
export function dropAbortedRequests(http: FastifyInstance): void {
  http.addHook("onRequest", async (request, reply) => {
    if (request.socket.remoteAddress !== undefined) return;
    request.log.debug({ method: request.method, requestId: request.id }, "client closed its connection early");
    reply.hijack();
    request.raw.destroy();
  });
}

/**
 * Refuses a request that names two hosts: in several Host headers (RFC 9112 §3.2), or in its target and a Host header (§3.2.2). We read
 * the first header; a proxy in front may read the other name and check its rules for another provider.
 */
export function requireOneHost({ raw, originalUrl }: Pick<FastifyRequest, "raw" | "originalUrl">): void {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === "host").length > 1)
    throw new Problem("request-unreadable", { detail: "The request has more than one Host header. Send one." });
  const target = originalUrl.startsWith("/") ? null : URL.parse(originalUrl);
  if (target && target.host !== URL.parse(`${target.protocol}//${raw.headers.host}`)?.host)
    throw new Problem("request-unreadable", {
      detail: "The request's target names another host than its Host header.",
    });
}

/**
 * The longest path segment that a route accepts, for Fastify's `maxParamLength`. The longest of a route is an application key of 255
 * characters with an extension: 770 characters if each of the key is percent-encoded.
 */
export const pathSegmentLengthMax = 1000;

/**
 * Rewrites a path that Fastify would refuse before routing, in its own format: invalid percent-encoding, or a segment that is
 * too long. The rewritten path reaches its plugin, which refuses it in the plugin's format. For Fastify's `rewriteUrl`.
 */
export function rewriteUnreadablePath({ url = "/" }: { readonly url?: string | undefined }): string {
  if (!url.includes("%") && url.length <= pathSegmentLengthMax) return url;
  const [path = ""] = url.split(/[?#]/, 1);
  if (isDecodable(path) && !hasLongSegment(path)) return url;
  return path.split("/").map(truncateSegment).join("/").replaceAll("%", "%25") + url.slice(path.length);
}

/** Refuses rewritten paths. Register it after the provider is found, because error pages are the provider's. */
export function refuseUnreadablePaths(http: FastifyInstance): void {
  http.addHook("onRequest", async ({ url, originalUrl }) => {
    if (url === originalUrl) return;
    const [path = ""] = originalUrl.split(/[?#]/, 1);
    throw isDecodable(path)
      ? new Problem("not-found") // no name or id is that long
      : new Problem("request-unreadable", { detail: "The path cannot be read: its percent-encoding is not UTF-8." });
  });
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

const hasLongSegment = (path: string): boolean =>
  path.split("/").some((segment) => segment.length > pathSegmentLengthMax);

/** Truncates to a fifth, so that the segment stays short when its percent signs are encoded. The extension selects the format. */
function truncateSegment(segment: string): string {
  if (segment.length <= pathSegmentLengthMax) return segment;
  const [extension = ""] = /\.\w{1,8}$/.exec(segment) ?? [];
  return `${segment.slice(0, pathSegmentLengthMax / 5)}${extension}`;
}

declare module "fastify" {
  interface FastifyRequest {
    /** The span of the request, if traces are on, on the server that accepted it. */
    span?: RequestSpan | undefined;
  }
}

/** Records a span for each request, in the trace of its `traceparent`, if it has one. */
export class RequestTraces {
  readonly #tracing: Tracing;
  readonly #spans = new WeakMap<IncomingMessage, RequestSpan>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Begins spans on the server that accepts requests. Call it before other hooks are added, so that the spans cover them. */
  begin(http: FastifyInstance): void {
    http.decorateRequest("span");
    http.addHook("onRequest", async (request) => {
      const { method, routeOptions, protocol: scheme, hostname: host, raw } = request;
      request.span = this.#tracing.beginRequest({
        method,
        route: routeOptions.url,
        scheme,
        host,
        headers: raw.headers,
      });
      this.#spans.set(raw, request.span);
    });
    http.addHook("onResponse", async (request, reply) => request.span?.end(reply.statusCode));
  }

  /**
   * Lets transactions belong to their requests, also on a server that gets them from another one. Body parsers call back outside of
   * the request's asynchronous context, so it begins after them.
   */
  follow(http: FastifyInstance): void {
    http.addHook("preValidation", (request, _reply, done) => {
      const span = this.#spans.get(request.raw);
      if (!span) return done();
      span.providerFound(request.provider.id);
      this.#tracing.runInRequest(span, done);
    });
  }
}

interface BodyInFlight {
  /** The network, or the provider. */
  readonly sender: string;
  readonly bytes: number;
}

interface BodyLimits {
  /** Bytes of all bodies together. */
  readonly max: number;
  readonly ofSenderMax: number;
}

type Sent = Pick<FastifyRequest, "raw">;

/** Counts the bytes of bodies that are arriving, or in memory on their way to the database. */
export class BodiesInFlight {
  readonly #limits: BodyLimits;
  readonly #reserved = new Map<Sent["raw"], BodyInFlight>();
  readonly #ofSenders = new Map<string, number>();
  #bytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  reserve({ raw }: Sent, body: BodyInFlight): boolean {
    const { sender, bytes } = body;
    const ofSender = (this.#ofSenders.get(sender) ?? 0) + bytes;
    if (ofSender > this.#limits.ofSenderMax || this.#bytes + bytes > this.#limits.max) return false;
    this.#reserved.set(raw, body);
    this.#ofSenders.set(sender, ofSender);
    this.#bytes += bytes;
    return true;
  }

  /** Frees the request's reservation. Further calls do nothing. */
  release({ raw }: Sent): void {
    const body = this.#reserved.get(raw);
    if (!body) return;
    const ofSender = (this.#ofSenders.get(body.sender) ?? 0) - body.bytes;
    if (ofSender > 0) this.#ofSenders.set(body.sender, ofSender);
    else this.#ofSenders.delete(body.sender);
    this.#bytes -= body.bytes;
    this.#reserved.delete(raw);
  }
}

/** Returns the maximum for a body of unknown length. Longer bodies are refused unread. */
export function expectedBodyBytes({ headers }: Pick<FastifyRequest, "headers">, max: number): number {
  if (headers["transfer-encoding"] !== undefined) return max;
  const length = Number(headers["content-length"] ?? 0);
  return Math.min(length || 0, max);
}

/** No more than the buffers of a connection. Forms and nearly all requests to the APIs are smaller. */
const smallBodyBytes = 16 * 1024;

const tooManyOfStrangers =
  "Too many large bodies are arriving. Send the access token in the Authorization header, or try again.";
const tooManyOfProvider = "Too many large bodies are arriving for this provider. Try again.";

/**
 * Limits the memory of large bodies, which may take a minute to arrive. Those of strangers are read before their sender is known, because
 * they may contain the credentials. Requests with a valid access token in a header or the query are known before: they have room of their
 * own, which no provider can use up for others: without a limit, a hundred of one provider killed a process with 256 MB. Applies to what is
 * added to `http` afterwards.
 */
export function limitBodies(http: FastifyInstance): void {
  const ofStrangers = new BodiesInFlight({
    max: requestLimits.strangersBodyBytes.max,
    ofSenderMax: requestLimits.strangersBodyBytesOfNetwork.max,
  });
  const ofCallers = new BodiesInFlight({
    max: requestLimits.callersBodyBytes.max,
    ofSenderMax: requestLimits.callersBodyBytesOfProvider.max,
  });
  http.addHook("onRequest", async (request, reply) => {
    const bytes = expectedBodyBytes(request, request.routeOptions.bodyLimit ?? requestLimits.apiBodyBytes.max);
    if (bytes <= smallBodyBytes) return;
    const isKnown = request.tokenRead?.token !== undefined;
    const bodies = isKnown ? ofCallers : ofStrangers;
    const sender = isKnown ? String(request.provider.id) : smallestNetwork(request.ip);
    if (!bodies.reserve(request, { sender, bytes }))
      throw new Problem("too-many-requests", {
        detail: isKnown ? tooManyOfProvider : tooManyOfStrangers,
        retryAfterSeconds: 1,
      });
    reply.raw.once("close", () => bodies.release(request));
  });
  // The body has been read. A response may take longer.
  http.addHook("preHandler", async (request) => {
    ofStrangers.release(request);
    ofCallers.release(request);
  });
}
