import type { FastifyInstance } from "fastify";

/** Our own files and nothing else: no inline script or style, no frames around us, no forms to elsewhere. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `same-origin` and not `no-referrer`, which makes browsers send `Origin: null` with our own forms. */
const headers = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** What every page of the two portals says to the browser. Pages are not kept, unless a route says otherwise. */
export function addPageHeaders(http: FastifyInstance): void {
  http.addHook("onSend", async (_request, reply) => {
    reply.headers(headers);
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
}
