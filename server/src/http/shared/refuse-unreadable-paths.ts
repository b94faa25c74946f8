import type { FastifyInstance } from "fastify";
import { Problem } from "./problem.ts";

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
  return path.split("/").map(cut).join("/").replaceAll("%", "%25") + url.slice(path.length);
}

/** Refuses what was rewritten, once the provider is known: pages are the provider's. */
export function refuseUnreadablePaths(http: FastifyInstance): void {
  http.addHook("onRequest", async ({ url, originalUrl }) => {
    if (url === originalUrl) return;
    const [path = ""] = originalUrl.split(/[?#]/, 1);
    throw isReadable(path)
      ? new Problem("not-found") // nothing has a name or an id of that length
      : new Problem("request-unreadable", { detail: unreadable });
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

const isTooLong = (path: string): boolean => path.split("/").some((part) => part.length > pathPartLengthMax);

/** By far, so that it is still short once its percent signs are encoded. Its extension stays: it says how to refuse. */
function cut(part: string): string {
  if (part.length <= pathPartLengthMax) return part;
  const [extension = ""] = /\.\w{1,8}$/.exec(part) ?? [];
  return `${part.slice(0, pathPartLengthMax / 5)}${extension}`;
}
