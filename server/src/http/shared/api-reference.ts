import { hash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Database } from "#platform/database/database.ts";
import { version } from "#platform/http.ts";
import { parseSpecification, serverOrigins } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { contentSecurityPolicy, servePageAssets } from "./pages.ts";

/** The paths of the files that a page with Scalar's API reference loads. */
export interface ApiReferenceFiles {
  readonly scalar: string;
  /** The path of each file of ours, by name. */
  readonly assets: Readonly<Record<string, string>>;
}

const assetsFolder = fileURLToPath(new URL("./api-reference/", import.meta.url));

/** Serves Scalar's API reference, and our files that start it, below `prefix`. */
export async function serveApiReference(http: FastifyInstance, prefix: string): Promise<ApiReferenceFiles> {
  return {
    scalar: await serveScalar(http, prefix),
    assets: await servePageAssets(http, { folder: assetsFolder, prefix: `${prefix}/assets` }),
  };
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

/** Allows inline styles, which Scalar needs, and requests to these origins only. Scripts stay limited to files of this server. */
const policyOf = (origins: readonly string[]): string =>
  contentSecurityPolicy
    .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    .replace("connect-src 'self'", `connect-src ${origins.length === 0 ? "'none'" : origins.join(" ")}`);

/** Fifty origins of a specification take a few kilobytes. */
const originsByDigest = () => new LRUCache<string, readonly string[]>({ max: 500 });

/** To parse a mebibyte takes 20 to 50 ms, for each reader and on the event loop. Its digest takes 1 ms. */
function originsIn({ caches }: Pick<Database, "caches">, body: string): readonly string[] {
  const known = caches.get(originsByDigest);
  const digest = hash("sha256", body, "base64");
  const origins = known.get(digest) ?? serverOrigins(parseSpecification(body));
  known.set(digest, origins);
  return origins;
}

interface PortalsOfPage {
  readonly pool: Pick<Database, "caches">;
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
}

/**
 * Returns the origins that the page of a specification may send requests to: the servers that it names. The portals are not among
 * them, so that no document can lead a reader to send requests there with the reader's session.
 */
export function specificationOrigins(
  { pool, adminPortalUrl, developerPortalUrl }: PortalsOfPage,
  { provider, protocol, host }: FastifyRequest,
  body: string,
): readonly string[] {
  const portals = [adminPortalUrl(provider), developerPortalUrl(provider), `${protocol}://${host}`];
  const own = new Set(portals.flatMap((url) => (URL.canParse(url) ? [sourceHost(url)] : [])));
  return originsIn(pool, body).filter((origin) => !own.has(sourceHost(origin)));
}

/** Returns the host without the default port of either scheme: in a policy, `http://host:443` allows requests to https://host, too. */
function sourceHost(url: string): string {
  const { host, hostname, port } = new URL(url);
  return port === "80" || port === "443" ? hostname : host;
}

interface ApiReferencePage {
  readonly title: string;
  /** HTML of the bar above the reference. */
  readonly bar: string;
  /** HTML of the head. */
  readonly head?: string;
  /** Shown without JavaScript, as HTML. */
  readonly withoutScripts: string;
  /** JSON, as a text. Without it, the page shows the documents of Bellwire's own APIs. */
  readonly document?: string;
  readonly files: ApiReferenceFiles;
  /** The origins that the page may send requests to. */
  readonly origins: readonly string[];
}

/** Sends a page with an interactive API reference. */
export const sendApiReference = (reply: FastifyReply, page: ApiReferencePage): FastifyReply =>
  reply
    .header("content-security-policy", policyOf(page.origins))
    .type("text/html; charset=utf-8")
    .send(renderPage(page));

const renderPage = ({
  title,
  bar,
  head = "",
  withoutScripts,
  document,
  files,
}: ApiReferencePage): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${escapeHtml(title)}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">${head}
    <link rel="stylesheet" href="${files.assets["api-reference.css"]}">
    <script src="${files.scalar}" defer></script>
    <script src="${files.assets["start-scalar.js"]}" defer></script>
  </head>
  <body>
    <header class="bar">
      ${bar}
    </header>
    <p class="loading" role="status">Loading the API documentation…</p>
    <div id="api-docs"></div>
    <noscript>${withoutScripts}</noscript>${document === undefined ? "" : renderDocument(document)}
  </body>
</html>
`;

/** A block of data, which no browser runs. In JSON, a less-than sign can only be inside of a text. */
const renderDocument = (json: string): string => `
    <script type="application/json" id="specification">${json.replaceAll("<", String.raw`\u003c`)}</script>`;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes a text for content and attributes. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? "");
