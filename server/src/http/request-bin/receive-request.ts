import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BodiesInFlight, expectedBodyBytes } from "#http/shared/server-hooks.ts";
import { formatBytes } from "#http/shared/bin-requests.ts";
import { Problem, problemOfError } from "#http/shared/problem.ts";
import type { Clock } from "#platform/clock.ts";
import { createFairQueue, QueueFull } from "#platform/fair-queue.ts";
import { requireDiskSpace } from "#platform/database/database.ts";
import { binLimits, type RateLimit } from "#platform/bin-and-stream-limits.ts";
import { nodeHttp } from "#platform/http.ts";
import { smallestNetwork } from "#platform/network/target-guard.ts";
import { type BinResponse, hasBin, receiveRequest, requestOverheadBytes } from "#request-bin/index.ts";
import { LRUCache } from "lru-cache";
import type { BinParams, RequestBinNeeds } from "./viewer.ts";

const ofBin = binLimits.bytesOfBin;
const rateText = `This bin accepts ${formatBytes(ofBin.max)} at once, then ${formatBytes(ofBin.perSecond)} a second.`;

/** Accepts any method, content type and bytes without parsing them, up to the size limit. */
export function addReceiveRoute(http: FastifyInstance, { pool, clock }: RequestBinNeeds): void {
  acceptEveryMethod(http);
  http.removeAllContentTypeParsers();
  const inTurn = takeTurns();
  const bodiesInFlight = limitIncomingBytes(http, { pool, clock, inTurn });
  // Fastify refuses a Content-Type that it cannot parse. The stored headers come from the raw ones, so nothing is lost.
  http.addHook("onRequest", async (request) => {
    request.headers["content-type"] = "application/octet-stream";
  });
  http.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: binLimits.bodyBytes.max }, (_request, body, done) =>
    done(null, body),
  );
  http.setErrorHandler<Error>((error, request, reply) => {
    const { code, status, message, retryAfterSeconds } = problemOfError(error);
    if (status >= 500) request.log.error({ err: error }, "request failed");
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const detail = code === "internal" ? `${message} Request id: ${request.id}` : message;
    const text = status === 413 ? `A bin accepts bodies of ${formatBytes(binLimits.bodyBytes.max)} at most.` : detail;
    return reply.code(status).type("text/plain; charset=utf-8").send(`${text}\n`);
  });

  const receive = async (request: FastifyRequest<BinParams>, reply: FastifyReply): Promise<FastifyReply> => {
    const { id } = request.params;
    const [path = "", ...query] = request.url.split("?");
    const address = { binId: id, providerId: request.provider.id };
    const body = Buffer.isBuffer(request.body) ? request.body : await readBody(request.raw);
    const { method } = request;
    const received = { method, path, query: query.join("?"), headers: headerPairs(request.raw.rawHeaders), body };
    const response = await inTurn(request, () => receiveRequest(pool, address, received));
    if (!response) return sendNoBin(reply);
    request.body = undefined; // frees its memory during a delayed response
    bodiesInFlight.release(request);
    if (response.retryAfterSeconds !== undefined) {
      throw new Problem("too-many-requests", {
        detail: rateText,
        retryAfterSeconds: response.retryAfterSeconds,
      });
    }
    if (response.delayMs > 0) {
      const closed = new AbortController();
      reply.raw.once("close", () => closed.abort());
      await clock.sleep(response.delayMs, closed.signal);
    }
    return respond(request, reply, response);
  };
  for (const path of ["/:id", "/:id/*"]) http.all<BinParams>(path, receive);
}

type InTurn = <T>(request: FastifyRequest, work: () => Promise<T>) => Promise<T>;

/** Returns a function that runs few uses of the database at once, so that a flood leaves connections to all other requests. */
function takeTurns(): InTurn {
  const { storing, waiting } = binLimits;
  const inTurn = createFairQueue({ slots: storing.max, waitingMax: waiting.max, retryAfterSeconds: 1 });
  return async ({ provider, ip }, work) => {
    try {
      return await inTurn([String(provider.id), smallestNetwork(ip)], work);
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error;
      throw new Problem("bins-busy", { retryAfterSeconds: error.retryAfterSeconds, cause: error });
    }
  };
}

const sendNoBin = (reply: FastifyReply): FastifyReply =>
  reply.code(404).type("text/plain").send("This bin does not exist.\n");

/** Reads the body of a method that usually has none, such as GET, which Fastify leaves unread. */
async function readBody(request: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > binLimits.bodyBytes.max) throw new Problem("body-too-large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function respond(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: BinResponse): FastifyReply {
  reply.code(status).headers(isolation);
  if (headers || body !== undefined) {
    const type = body === undefined ? {} : { "content-type": "text/plain; charset=utf-8" };
    return reply.headers({ ...type, ...lowerCased(headers ?? {}) }).send(body);
  }
  return isOpenedInBrowser(request) ? reply.type("text/plain; charset=utf-8").send(textForBrowsers) : reply.send();
}

/** A bin shares its origin with the Admin Portal, so nothing that a rule responds with may run there. */
const isolation = {
  "content-security-policy": "default-src 'none'; sandbox",
  "x-content-type-options": "nosniff",
} as const;

const lowerCased = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * Enforces the rate limits and the memory limits before a body is read. A body may take a minute to arrive, so only senders who know a bin
 * hold memory for one, and no network holds all of it.
 */
function limitIncomingBytes(
  http: FastifyInstance,
  { pool, clock, inTurn }: Pick<RequestBinNeeds, "pool" | "clock"> & { readonly inTurn: InTurn },
): BodiesInFlight {
  const networks = new RateLimiter(clock, binLimits.bytesOfNetwork);
  const providers = new RateLimiter(clock, binLimits.bytesOfProvider);
  const bodiesInFlight = new BodiesInFlight({
    max: binLimits.bytesInFlight.max,
    ofSenderMax: binLimits.bytesInFlightOfNetwork.max,
  });
  http.addHook<BinParams>("onRequest", async (request, reply) => {
    requireDiskSpace(pool);
    const network = smallestNetwork(request.ip);
    const { id: providerId } = request.provider;
    const bytes = expectedBodyBytes(request, binLimits.bodyBytes.max);
    const counted = bytes + requestOverheadBytes;
    const retryAfterSeconds =
      networks.secondsToWait(network, counted) || providers.secondsToWait(String(providerId), counted);
    if (retryAfterSeconds > 0) throw new Problem("too-many-requests", { retryAfterSeconds });
    if (!bodiesInFlight.reserve(request, { sender: network, bytes }))
      throw new Problem("bins-busy", { retryAfterSeconds: 1 });
    reply.raw.once("close", () => bodiesInFlight.release(request));
    const isKnown = bytes === 0 || (await inTurn(request, () => hasBin(pool, { providerId, id: request.params.id })));
    if (isKnown) return undefined;
    bodiesInFlight.release(request);
    return sendNoBin(reply);
  });
  return bodiesInFlight;
}

/** Adds the methods that Node parses and Fastify does not route. CONNECT is for proxies only. */
function acceptEveryMethod(http: FastifyInstance): void {
  const unknown = nodeHttp.METHODS.filter((method) => method !== "CONNECT" && !http.supportedMethods.includes(method));
  for (const method of unknown) http.addHttpMethod(method, { hasBody: true });
}

const isOpenedInBrowser = ({ method, headers }: FastifyRequest): boolean =>
  method === "GET" && (headers.accept ?? "").includes("text/html");

/** For people who confuse the receiving URL with the view. The URL gives no right to view, so it contains no link. */
const textForBrowsers =
  "This is a request bin. It has received your request.\n" +
  "Received requests are in the Admin Portal, under Webhooks > Request bins.\n";

function headerPairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
}

/** About 1 MB. The least recently used key is dropped and starts with a full bucket again. */
const keysMax = 10_000;

interface Bucket {
  readonly bytes: number;
  readonly atMs: number;
}

/** Token buckets in this process's memory, one for each key. */
export class RateLimiter {
  readonly #rate: RateLimit;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #buckets = new LRUCache<string, Bucket>({ max: keysMax });

  constructor(clock: Pick<Clock, "monotonicMs">, rate: RateLimit) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Takes the bytes and returns 0, or takes none and returns the seconds until they are available. */
  secondsToWait(key: string, bytes: number): number {
    const { max, perSecond } = this.#rate;
    const atMs = this.#clock.monotonicMs();
    const before = this.#buckets.get(key) ?? { bytes: max, atMs };
    const available = Math.min(max, before.bytes + ((atMs - before.atMs) / 1000) * perSecond);
    if (available < bytes) return Math.ceil((bytes - available) / perSecond);
    this.#buckets.set(key, { bytes: available - bytes, atMs });
    return 0;
  }
}
