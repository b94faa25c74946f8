import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from "fastify";
import { findSignedInUser } from "#http/shared/browser-session.ts";
import { addPageHeaders, servePageAssets } from "#http/shared/pages.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { serveScalar } from "./serve-scalar.ts";
import { showErrors } from "./show-errors.ts";
import { writeApiDocsPage } from "./write-api-docs-page.ts";

export interface ApiDocsNeeds {
  readonly pool: Database;
  readonly clock: Clock;
}

const path = "/p/admin/api-docs";
const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Interactive documentation of both APIs, which acts as the signed-in user. */
export const apiDocsDoor =
  (needs: ApiDocsNeeds): FastifyPluginAsync =>
  async (http) => {
    const scalarPath = await serveScalar(http, path);
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: `${path}/assets` });
    addPageHeaders(http);
    allowInlineStyle(http);
    showErrors(http, assets);

    http.get(path, async (request, reply) => {
      const signedIn = request.side === "developer" ? undefined : await findSignedInUser(needs, request);
      if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(path)}`, 302);
      return sendPage(
        reply,
        writeApiDocsPage({ username: signedIn.user.username, csrfToken: signedIn.csrfToken, assets, scalarPath }),
      );
    });
  };

const sendPage = (reply: FastifyReply, html: string): FastifyReply => reply.type("text/html; charset=utf-8").send(html);

/** Scalar writes its styles into the page. Its script is a file like ours, so scripts stay as strict as everywhere. */
function allowInlineStyle(http: FastifyInstance): void {
  const name = "content-security-policy";
  http.addHook("onSend", async (_request, reply) => {
    reply.header(name, String(reply.getHeader(name)).replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"));
  });
}
