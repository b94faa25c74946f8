import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { requestLimits } from "#platform/limits.ts";
import { measureProviderLag } from "#webhooks/deliveries/index.ts";
import { Problem } from "./problem.ts";

/** One year, as browsers' preload lists ask. */
const strictTransportSecurity = "max-age=31536000";

/**
 * Adds the headers that every answer of a server carries. An answer that does not say how long it may be kept is private, so
 * no browser and no proxy keeps it. `isHttps`: the outside reaches this server by https only.
 */
export function addAnswerHeaders(http: FastifyInstance, { isHttps }: { readonly isHttps: boolean }): void {
  http.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    if (isHttps) reply.header("strict-transport-security", strictTransportSecurity);
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
}

/**
 * Drops requests whose client reset the connection before they were read. Their socket has no address any more, so no limit
 * can count them, and nobody would receive the answer. Reading the address here makes Node keep it for the whole request.
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
 * Refuses a request with several Host headers (RFC 9112 §3.2). Node reads the first one; a proxy in front may read the last
 * one and check its rules for another provider.
 */
export function requireOneHost({ raw }: FastifyRequest): void {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === "host").length > 1)
    throw new Problem("request-unreadable", { detail: "The request has more than one Host header. Send one." });
}

interface Seconds {
  readonly headerSeconds: number;
  readonly requestSeconds: number;
}

const usual: Seconds = {
  headerSeconds: requestLimits.headerSeconds.max,
  requestSeconds: requestLimits.requestSeconds.max,
};

/**
 * For `fastify()`: how long a request may take to arrive. Fastify sets no limit of its own, and Node looks every half minute, so
 * a body that never came was waited for until the client left. Later than that the answer is 408 and the connection ends.
 */
export const requestTimes = ({ headerSeconds, requestSeconds }: Seconds = usual) => ({
  requestTimeout: requestSeconds * 1000,
  http: { headersTimeout: headerSeconds * 1000, connectionsCheckingInterval: Math.min(5000, requestSeconds * 250) },
});

/** The longest part of a path that a route takes: for Fastify's `maxParamLength`. */
export const pathPartLengthMax = 500;

/**
 * Fastify answers a path whose percent-encoding makes no text, or with a part that is too long, before any route is found, in
 * its own words. With each `%` taken as it stands, and with such a part cut, the path leads to its door, which then refuses
 * it in its own words. For Fastify's `rewriteUrl`.
 */
export function rewriteUnreadablePath({ url = "/" }: { readonly url?: string | undefined }): string {
  if (!url.includes("%") && url.length <= pathPartLengthMax) return url;
  const [path = ""] = url.split(/[?#]/, 1);
  if (isReadable(path) && !isTooLong(path)) return url;
  return path.split("/").map(truncatePart).join("/").replaceAll("%", "%25") + url.slice(path.length);
}

/** Refuses what was rewritten, once the provider is known: pages are the provider's. */
export function refuseUnreadablePaths(http: FastifyInstance): void {
  http.addHook("onRequest", async ({ url, originalUrl }) => {
    if (url === originalUrl) return;
    const [path = ""] = originalUrl.split(/[?#]/, 1);
    throw isReadable(path)
      ? new Problem("not-found") // nothing has a name or an id of that length
      : new Problem("request-unreadable", { detail: unreadablePath });
  });
}

const unreadablePath = "The address cannot be read: its percent-encoding is no text.";

function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

const isTooLong = (path: string): boolean => path.split("/").some((part) => part.length > pathPartLengthMax);

/** By far, so that it is still short once its percent signs are encoded. Its extension stays: it says how to refuse. */
function truncatePart(part: string): string {
  if (part.length <= pathPartLengthMax) return part;
  const [extension = ""] = /\.\w{1,8}$/.exec(part) ?? [];
  return `${part.slice(0, pathPartLengthMax / 5)}${extension}`;
}

const apiPrefixes = ["/admin/api/", "/api/v1/"];
/** Below this a backlog is a busy moment, and no client should slow down for it. */
const worthTellingSeconds = 5;
/** Each provider is measured this often at most, and only while it changes something. */
const measureEveryMs = 2000;
/** A value that is older tells nothing: the provider changed nothing meanwhile. */
const staleMs = 10_000;
const providersMax = 1000;

interface Measured {
  readonly atMs: number;
  readonly lagSeconds: number;
}

interface LagNeeds {
  readonly pool: Database;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/**
 * Adds `bellwire-delivery-lag` to the answers of changes while the provider's oldest due delivery is late: how late, in whole
 * seconds. A client that changes much can slow down. No answer waits for the measurement: it tells of the change before.
 */
export function addDeliveryLag(http: FastifyInstance, { pool, clock }: LagNeeds): void {
  const measured = new LRUCache<number, Measured>({ max: providersMax });
  const measuring = new Set<number>();

  const measure = async (providerId: number): Promise<void> => {
    measuring.add(providerId);
    try {
      measured.set(providerId, { atMs: clock.monotonicMs(), lagSeconds: await measureProviderLag(pool, providerId) });
    } catch (error) {
      http.log.warn({ err: error }, "the delivery lag could not be measured");
    } finally {
      measuring.delete(providerId);
    }
  };

  http.addHook("onSend", async (request, reply) => {
    if (request.method === "GET" || request.method === "HEAD" || reply.statusCode >= 300) return;
    if (!apiPrefixes.some((prefix) => request.url.startsWith(prefix))) return;
    const { id } = request.provider;
    const last = measured.get(id);
    const ageMs = last ? clock.monotonicMs() - last.atMs : Number.POSITIVE_INFINITY;
    if (ageMs > measureEveryMs && !measuring.has(id)) void measure(id);
    if (last && ageMs <= staleMs && last.lagSeconds >= worthTellingSeconds) {
      reply.header("bellwire-delivery-lag", Math.floor(last.lagSeconds));
    }
  });
}
