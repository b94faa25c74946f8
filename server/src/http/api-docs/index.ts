import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply } from "fastify";
import { findSignedInUser } from "#http/shared/sign-in.ts";
import { problemOfError } from "#http/shared/problem.ts";
import { addPageHeaders, sendDatabaseAwayPage, servePageAssets } from "#http/shared/pages.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { version } from "#platform/http.ts";

export interface ApiDocsNeeds {
  readonly pool: Database;
  readonly clock: Clock;
}

const pagePath = "/p/admin/api-docs";
const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Serves interactive documentation of both APIs. Its requests act as the signed-in user. */
export const apiDocs =
  (needs: ApiDocsNeeds): FastifyPluginAsync =>
  async (http) => {
    const scalarPath = await serveScalar(http, pagePath);
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: `${pagePath}/assets` });
    addPageHeaders(http);
    allowInlineStyle(http);
    handleErrors(http, assets);

    http.get(pagePath, async (request, reply) => {
      const signedIn = request.side === "developer" ? undefined : await findSignedInUser(needs, request);
      if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(pagePath)}`, 302);
      return sendPage(
        reply,
        renderApiDocsPage({ username: signedIn.user.username, csrfToken: signedIn.csrfToken, assets, scalarPath }),
      );
    });
  };

const sendPage = (reply: FastifyReply, html: string): FastifyReply => reply.type("text/html; charset=utf-8").send(html);

/** Allows inline styles, which Scalar needs. Scripts stay limited to files of this server. */
function allowInlineStyle(http: FastifyInstance): void {
  const name = "content-security-policy";
  http.addHook("onSend", async (_request, reply) => {
    reply.header(name, String(reply.getHeader(name)).replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"));
  });
}

const compress = promisify(brotliCompress);

/** Compresses 5 MB to 1.4 MB in 0.5 s. A higher level takes 10 s to save another 10 %. */
const compressionLevel = 5;

/**
 * Serves the script of Scalar's API reference and returns its path. Takes the script from Scalar's plugin at the first
 * request, because the plugin's own page has an inline script, which our content security policy forbids.
 */
async function serveScalar(http: FastifyInstance, prefix: string): Promise<string> {
  let ready: Promise<{ plain: Buffer; compressed: Buffer }> | undefined;
  const path = `${prefix}/scalar-${version}.js`; // after an update, no browser may use the script of an older version

  http.get(path, async (request, reply) => {
    const script = await (ready ??= readScript());
    const isCompressed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
    if (isCompressed) reply.header("content-encoding", "br");
    return reply
      .type("text/javascript; charset=utf-8")
      .header("cache-control", "private, max-age=86400")
      .header("vary", "accept-encoding")
      .send(isCompressed ? script.compressed : script.plain);
  });
  return path;
}

async function readScript(): Promise<{ plain: Buffer; compressed: Buffer }> {
  const { default: apiReference } = await import("@scalar/fastify-api-reference");
  const scratch = fastify();
  await scratch.register(apiReference, { routePrefix: "/scalar", configuration: { content: {} } });
  const { rawPayload: plain } = await scratch.inject("/scalar/js/scalar.js");
  await scratch.close();
  const compressed = await compress(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: compressionLevel } });
  return { plain, compressed };
}

/** Renders errors as pages. Internal errors are logged and shown by their request id only. */
function handleErrors(http: FastifyInstance, assets: Readonly<Record<string, string>>): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const text = code === "internal" ? `${message} It is ${request.id}.` : message;
    return reply.code(status).type("text/html; charset=utf-8").send(renderMessagePage(text, assets));
  });
}

interface ApiDocsPage {
  readonly username: string;
  readonly csrfToken: string;
  /** The path of each asset, by file name. */
  readonly assets: Readonly<Record<string, string>>;
  readonly scalarPath: string;
}

const renderApiDocsPage = ({ username, csrfToken, assets, scalarPath }: ApiDocsPage): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>API Docs | Bellwire</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="csrf-token" content="${escapeHtml(csrfToken)}">
    <link rel="stylesheet" href="${assets["api-docs.css"]}">
    <script src="${scalarPath}" defer></script>
    <script src="${assets["start-scalar.js"]}" defer></script>
  </head>
  <body>
    <header class="bar">
      <a href="/p/admin">Back to the Admin Portal</a>
      <span>Requests sent from this page change real data as <strong>${escapeHtml(username)}</strong>, or as a program if you enter an access token.</span>
    </header>
    <p class="loading" role="status">Loading the API documentation…</p>
    <div id="api-docs"></div>
    <noscript>This page needs JavaScript. It shows the OpenAPI documents <a href="/admin/api/openapi.json">/admin/api/openapi.json</a>
      and <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</noscript>
  </body>
</html>
`;

const renderMessagePage = (message: string, assets: Readonly<Record<string, string>>): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>API Docs | Bellwire</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${assets["api-docs.css"]}">
  </head>
  <body>
    <header class="bar">
      <a href="/p/admin">Back to the Admin Portal</a>
    </header>
    <main class="message">
      <h1>Something went wrong</h1>
      <p>${escapeHtml(message)}</p>
    </main>
  </body>
</html>
`;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes a text for content and attributes. */
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? "");
