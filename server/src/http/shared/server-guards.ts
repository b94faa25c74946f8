import type { FastifyInstance, FastifyRequest } from "fastify";
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
