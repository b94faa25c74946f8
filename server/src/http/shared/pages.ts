import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { Liquid } from "liquidjs";
import type { Problem } from "./problem.ts";
import { secretDigest } from "#platform/ids.ts";

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
const pageHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** What every page of the two portals says to the browser. Pages are not kept, unless a route says otherwise. */
export function addPageHeaders(http: FastifyInstance): void {
  http.addHook("onSend", async (_request, reply) => {
    reply.headers(pageHeaders);
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
 * a browser keeps the file for ever and asks for the new one as soon as it changes.
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

/** The Liquid templates of a folder. They see what they are given and nothing else; all but markup is escaped. */
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

/** A page that needs nothing but itself: no provider's name, which nobody can look up at the moment. */
const databaseAwayPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Back in a moment</title>
<h1>Back in a moment</h1>
<p>Our database does not answer right now. Nothing that was saved is lost.</p>
<p>Please try again in a few seconds. If you were changing something, look first whether it was done.</p>
</html>
`;

/** What people see in either portal while the database is away. */
export function sendDatabaseAwayPage(reply: FastifyReply, { status, retryAfterSeconds }: Problem): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
  return reply.code(status).type("text/html; charset=utf-8").send(databaseAwayPage);
}

/** What people read in either portal when more passwords wait to be checked than fit. */
export const tooBusyPage = {
  template: "message",
  title: "Please try again in a few seconds",
  status: 503,
  data: { text: "Many people are signing in at the moment, so what you asked for was not done." },
} as const;

/** What people read in either portal when the database has no room left. They can go on looking at what is there. */
export const databaseFullPage = {
  template: "message",
  title: "Nothing can be changed at the moment",
  status: 503,
  data: {
    text: "Our database has no room left, so what you asked for was not done. Everything that was saved is still there. Please try again later.",
  },
} as const;
