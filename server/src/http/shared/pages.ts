import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { Liquid } from "liquidjs";
import type { Problem } from "./problem.ts";
import { secretDigest } from "#platform/ids.ts";

/** Allows our own files only: no inline script or style, no framing, no forms to other sites. */
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

/** Referrer-Policy `no-referrer` would make browsers send `Origin: null` with our own forms. */
const pageHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** Types that a browser never shows as a page. Their 40 files would repeat the headers of a page for 16 kB. */
const neverPages = /^(?:text\/css|(?:text|application)\/javascript|font\/)/;

/** Adds the headers of every page. Pages are not cached unless a route sets its own Cache-Control. */
export function addPageHeaders(http: FastifyInstance): void {
  http.addHook("onSend", async (_request, reply) => {
    if (!neverPages.test(String(reply.getHeader("content-type")))) reply.headers(pageHeaders);
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
}

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Serves the few files of a folder below `prefix` and returns their paths by name. A path holds the content's digest, so
 * browsers cache the file for ever and request a new one as soon as it changes.
 */
export async function servePageAssets(
  http: FastifyInstance,
  { folder, prefix }: { folder: string; prefix: string },
): Promise<Readonly<Record<string, string>>> {
  const paths: Record<string, string> = {};
  for (const name of await readdir(folder)) {
    const body = await readFile(join(folder, name));
    const ending = extname(name);
    const path = `${prefix}/${name.slice(0, -ending.length)}.${secretDigest(body.toString()).toString("hex").slice(0, 12)}${ending}`;
    paths[name] = `${http.prefix}${path}`;
    http.get(path, async (_request, reply) =>
      reply
        .header("cache-control", "public, max-age=31536000, immutable")
        .type(contentTypes[ending] ?? "application/octet-stream")
        .send(body),
    );
  }
  return paths;
}

export type RenderTemplate = (name: string, data: Readonly<Record<string, unknown>>) => Promise<string>;

/** Returns the renderer of the Liquid templates in a folder. Templates see their data only, and output is escaped. */
export function createTemplateRenderer(folder: string): RenderTemplate {
  const liquid = new Liquid({
    root: folder,
    extname: ".liquid",
    cache: true,
    outputEscape: "escape",
    ownPropertyOnly: true,
    strictFilters: true,
  });
  return async (name, data) => String(await liquid.renderFile(name, data));
}

/** A page without a stylesheet or the provider's name, which cannot be read while the database is away. */
const databaseAwayPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Back in a moment</title>
<h1>Back in a moment</h1>
<p>Our database does not respond right now. Nothing that was saved is lost.</p>
<p>Please try again in a few seconds. If you were changing something, check first whether the change was saved.</p>
</html>
`;

export function sendDatabaseAwayPage(reply: FastifyReply, { status, retryAfterSeconds }: Problem): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
  return reply.code(status).type("text/html; charset=utf-8").send(databaseAwayPage);
}

/** Shown in both portals while the queue of password checks is full. */
export const tooBusyPage = {
  template: "message",
  title: "Please try again in a few seconds",
  status: 503,
  data: { text: "Many people are signing in at the moment, so your request was not processed." },
} as const;

/** Shown in both portals when the disk of the database is full. Reading still works. */
export const databaseFullPage = {
  template: "message",
  title: "Nothing can be changed at the moment",
  status: 503,
  data: {
    text: "Our database is full, so your change was not saved. Everything that was saved before is still there. Please try again later.",
  },
} as const;
