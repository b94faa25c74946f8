import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import type { ProviderUser } from "#access/index.ts";
import { callerOfPortalUser, requirePermission } from "#http/shared/admin-caller.ts";
import {
  type ApiReferenceFiles,
  escapeHtml,
  sendApiReference,
  specificationOrigins,
} from "#http/shared/api-reference.ts";
import { addPageHeaders, sendDatabaseAwayPage } from "#http/shared/pages.ts";
import { Problem, problemOfError } from "#http/shared/problem.ts";
import { findSignedInUser } from "#http/shared/sign-in.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { parseRowId } from "#platform/ids.ts";
import { isRecord } from "#platform/document.ts";
import { nameInText } from "#platform/visible-text.ts";
import { type ApiSpecification, isInteractive, readSpecification } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";

export interface ApiDocsNeeds {
  readonly pool: Database;
  readonly clock: Clock;
  /** The public base URLs of a provider's portals. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly apiReference: ApiReferenceFiles;
}

const pagePath = "/p/admin/api-docs";

/** Serves interactive documentation of both APIs, whose requests act as the signed-in user, and previews of the provider's own. */
export const apiDocs =
  (needs: ApiDocsNeeds): FastifyPluginAsync =>
  async (http) => {
    const { apiReference: files } = needs;
    addPageHeaders(http);
    handleErrors(http, files);

    http.get(pagePath, async (request, reply) => {
      const signedIn = await findUser(needs, request);
      if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(pagePath)}`, 302);
      return sendApiReference(reply, {
        title: "API Docs | Bellwire",
        head: `
    <meta name="csrf-token" content="${escapeHtml(signedIn.csrfToken)}">`,
        bar: `<a href="/p/admin">Back to the Admin Portal</a>
      <span>Requests sent from this page change real data as <strong>${escapeHtml(signedIn.user.username)}</strong>, or as a program if you enter an access token.</span>`,
        withoutScripts: `This page needs JavaScript. It shows the OpenAPI documents <a href="/admin/api/openapi.json">/admin/api/openapi.json</a>
      and <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.`,
        files,
        origins: ["'self'"],
      });
    });

    http.get("/p/admin/api-specifications/:id/preview", async (request, reply) => {
      const signedIn = await findUser(needs, request);
      if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(request.url)}`, 302);
      const { name, body, ...specification } = await requireSpecification(needs, request, signedIn.user);
      if (!isInteractive(specification)) return reply.type("application/json; charset=utf-8").send(body);
      return sendApiReference(reply, {
        title: `${nameInText(name)} | Bellwire`,
        bar: `<a href="/p/admin/api-specifications">Back to the API specifications</a>
      <span>${specification.published ? "Developers see this page in the Developer Portal." : "A preview: developers do not see it yet."}</span>`,
        withoutScripts: "This page needs JavaScript.",
        document: body,
        files,
        origins: specificationOrigins(needs, request, body),
      });
    });
  };

const findUser = (needs: ApiDocsNeeds, request: FastifyRequest) =>
  request.side === "developer" ? undefined : findSignedInUser(needs, request);

/** Returns the specification in the path, or throws a Problem if the user may see none there. */
async function requireSpecification(
  { pool }: ApiDocsNeeds,
  { provider, params }: FastifyRequest,
  user: ProviderUser,
): Promise<ApiSpecification> {
  const caller = callerOfPortalUser(user);
  requirePermission(caller, "read-specifications", provider);
  const text = isRecord(params) ? params["id"] : undefined;
  const id = (typeof text === "string" && parseRowId(text)) || 0;
  const { productScope } = caller;
  const specification = await readSpecification(pool, { providerId: provider.id, id, productScope });
  if (!specification) throw new Problem("not-found");
  return specification;
}

/** Renders errors as pages. Internal errors are logged and shown by their request id only. */
function handleErrors(http: FastifyInstance, { assets }: ApiReferenceFiles): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    const { code, status, message, retryAfterSeconds } = problem;
    if (status >= 500) request.log.error({ err: error }, "page failed");
    if (code === "database-away") return sendDatabaseAwayPage(reply, problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
    const text = code === "internal" ? `${message} It is ${request.id}.` : message;
    const title = status === 403 ? "You may not open this page" : "Something went wrong";
    const page = code === "not-found" ? missingSpecification : { title, text };
    return reply
      .code(status)
      .type("text/html; charset=utf-8")
      .send(renderMessagePage({ ...page, assets }));
  });
}

const missingSpecification = {
  title: "This API specification does not exist",
  text: "It was deleted, or the address is wrong.",
} as const;

interface MessagePage {
  readonly title: string;
  readonly text: string;
  readonly assets: Readonly<Record<string, string>>;
}

const renderMessagePage = ({ title, text, assets }: MessagePage): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${escapeHtml(title)} | Bellwire</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${assets["api-reference.css"]}">
  </head>
  <body>
    <header class="bar">
      <a href="/p/admin">Back to the Admin Portal</a>
    </header>
    <main class="message">
      <h1>${escapeHtml(title)}</h1>
      <p>${escapeHtml(text)}</p>
    </main>
  </body>
</html>
`;
