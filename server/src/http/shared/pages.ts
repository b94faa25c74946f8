import { readFile, readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Liquid } from "liquidjs";
import type { PasswordHasher } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import type { Provider } from "#portal/providers/index.ts";
import { problemOfError, type Problem } from "./problem.ts";

/** The dependencies of both portals. */
export interface PortalNeeds {
  readonly pool: Pool;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
  /** Public base URLs of a provider's two portals, without a trailing slash. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly cookieSecret: Buffer;
  /** Sets the attribute Secure on cookies. */
  readonly secureCookies: boolean;
  /** True if a mail server is configured. Otherwise mails stay in the outbox. */
  readonly mailIsSent: boolean;
}

/** Allows our own files only: no inline script or style, no framing, no forms to other sites. */
export const contentSecurityPolicy = [
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

/** Adds the headers of every page. A route may set its own policy and its own Cache-Control: otherwise pages are not cached. */
export function addPageHeaders(http: FastifyInstance): void {
  http.addHook("onSend", async (_request, reply) => {
    const { "content-security-policy": own } = reply.getHeaders();
    const headers = { ...pageHeaders, ...(own !== undefined && { "content-security-policy": own }) };
    if (!neverPages.test(String(reply.getHeader("content-type")))) reply.headers(headers);
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
  // Nothing in a template waits. As promises, the parts of a page take five times as long: 0.3 s instead of 0.06 s for 6,000 lines.
  return async (name, data) => String(liquid.renderFileSync(name, data));
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
const tooBusyPage = {
  template: "message",
  title: "Please try again in a few seconds",
  status: 503,
  data: { text: "Many people are signing in at the moment, so your request was not processed." },
} as const;

/** Shown in both portals when the disk of the database is full. Reading still works. */
const databaseFullPage = {
  template: "message",
  title: "Nothing can be changed at the moment",
  status: 503,
  data: {
    text: "Our database is full, so your change was not saved. Everything that was saved before is still there. Please try again later.",
  },
} as const;

/** The form is on the page before, with all that was typed. */
const formTooLargePage = {
  template: "message",
  title: "This is too much text",
  status: 413,
  data: { text: "Nothing was changed. Go back to the form, shorten its longest text, and submit it again." },
} as const;

/** A page with a message instead of the requested one. */
interface MessagePage {
  readonly template: "message";
  readonly title: string;
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
}

interface ErrorPages {
  readonly showPage: (request: FastifyRequest, reply: FastifyReply, page: MessagePage) => Promise<FastifyReply>;
  /** Whom users ask about an error on the server. */
  readonly contact: string;
  readonly link: { readonly href: string; readonly text: string };
}

/** Shows errors as pages of a portal. Internal details go to the log only. */
export function addErrorHandler(http: FastifyInstance, { showPage, contact, link }: ErrorPages): void {
  http.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const problem = problemOfError(error);
    const isServerError = problem.status >= 500;
    if (isServerError && problem.code !== "too-busy") request.log.error({ err: error }, "page failed");
    if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    if (problem.code === "host-unknown")
      return reply.code(problem.status).type("text/plain; charset=utf-8").send(`${problem.message}\n`);
    if (problem.code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (problem.code === "too-busy") return showPage(request, reply, tooBusyPage);
    if (problem.code === "body-too-large") return showPage(request, reply, formTooLargePage);
    if (problem.code === "database-full") return showPage(request, reply, databaseFullPage);
    return showPage(request, reply, {
      template: "message",
      title: isServerError ? "Something went wrong on our side" : "The request failed",
      status: problem.status,
      data: {
        text: isServerError
          ? `Please try again. If it happens again, contact ${contact} and mention request ${request.id}.`
          : problem.message,
        link,
      },
    });
  });
}
