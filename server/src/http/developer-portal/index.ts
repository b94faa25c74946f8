import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { acceptForms } from "#http/shared/forms.ts";
import { addPageHeaders, servePageAssets } from "#http/shared/pages.ts";
import { attemptLimits, requestLimits } from "#platform/limits.ts";
import { createAttemptLimiter, developerUsageOf } from "#access/index.ts";
import { nameInText } from "#platform/visible-text.ts";
import { addUsersPages } from "./users.ts";
import { addAccountRoutes } from "./account.ts";
import { addApplicationsRoutes } from "./applications.ts";
import { addDocumentationPages } from "./documentation.ts";
import {
  addErrorPages,
  createReadOffers,
  createShowPage,
  type DeveloperPortalNeeds,
  findDeveloper,
  type Portal,
} from "./page.ts";
import { addInvitationPages } from "./invitations.ts";
import { addMessagePages } from "./messages.ts";
import { addLoginPages } from "./log-in.ts";
import { addMailedLinkPages } from "./mailed-links.ts";
import { addSignUpRoutes } from "./sign-up.ts";
import { addSingleSignOnRoutes } from "./single-sign-on.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Serves the pages for developers: sign-up, login, account, users, applications, keys and messages. */
export const developerPortalPlugin =
  (needs: DeveloperPortalNeeds): FastifyPluginAsync =>
  async (http) => {
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: "/assets" });
    const readOffers = createReadOffers(needs);
    const portal = { ...needs, readOffers, showPage: createShowPage({ ...needs, readOffers }, assets) };
    const mailLimiter = createAttemptLimiter(portal, attemptLimits.mailsOfUsers);

    acceptForms(http, { bytesMax: requestLimits.formBytes.max });
    addPageHeaders(http);
    redirectRepeatedSlashes(http);
    shareDeveloperUsage(http, portal);
    addErrorPages(http, portal);
    addHomeRoute(http, portal);
    addSignUpRoutes(http, portal);
    addLoginPages(http, portal);
    addSingleSignOnRoutes(http, portal);
    addMailedLinkPages(http, portal);
    addAccountRoutes(http, portal, mailLimiter);
    addUsersPages(http, portal, mailLimiter);
    addInvitationPages(http, portal, mailLimiter);
    addApplicationsRoutes(http, portal);
    addMessagePages(http, portal);
    addDocumentationPages(http, portal);
  };

function addHomeRoute(http: FastifyInstance, portal: Portal): void {
  http.get("/", async (request, reply) => {
    // The admin host serves no pages here, but people open it without a path.
    if (request.side === "admin") return reply.redirect("/p/admin", 302);
    const developer = await findDeveloper(portal, request);
    return portal.showPage(request, reply, {
      template: "home",
      title: `${nameInText(request.provider.name)} for developers`,
      developer,
    });
  });
}

/** Routes ignore repeated slashes, but browsers read a form's action or a redirect to `//account/edit` as another host. */
function redirectRepeatedSlashes(http: FastifyInstance): void {
  http.addHook("onRequest", async ({ url, is404 }, reply) =>
    url.startsWith("//") && !is404 ? reply.redirect(url.replace(/^\/+/, "/"), 308) : undefined,
  );
}

/** Shares the counts of developers' changes before a form may add to them. */
function shareDeveloperUsage(http: FastifyInstance, { pool, clock }: Portal): void {
  http.addHook("preHandler", async ({ method, provider, log }) => {
    if (method !== "POST") return;
    // The form itself reports a database without response or space; a deletion may still succeed.
    await developerUsageOf(pool, provider.id)
      .share({ pool, clock })
      .catch((error: unknown) => log.warn({ err: error }, "changes of developers could not be counted"));
  });
}
