import type { FastifyInstance } from "fastify";
import { Problem } from "./problem.ts";

/**
 * Fastify answers a path whose percent-encoding makes no text before any route is found, in its own words. With each `%`
 * taken as it stands, the path leads to its door, which then refuses it in its own words. For Fastify's `rewriteUrl`.
 */
export function rewriteUnreadablePath({ url = "/" }: { readonly url?: string | undefined }): string {
  if (!url.includes("%")) return url;
  const [path = ""] = url.split(/[?#]/, 1);
  return isReadable(path) ? url : path.replaceAll("%", "%25") + url.slice(path.length);
}

/** Refuses what was rewritten, once the provider is known: pages are the provider's. */
export function refuseUnreadablePaths(http: FastifyInstance): void {
  http.addHook("onRequest", async (request) => {
    if (request.url !== request.originalUrl) throw new Problem("request-unreadable", { detail: unreadable });
  });
}

const unreadable = "The address cannot be read: its percent-encoding is no text.";

function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
