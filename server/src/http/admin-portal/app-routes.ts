import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ProviderUser } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { findSignedInUser, type SignedInUser } from "./find-signed-in-user.ts";
import { readAppPage, type SessionData } from "./read-app-page.ts";
import type { AdminPortal } from "./show-page.ts";

/** Every page of the app is one and the same file: which page it is, the browser reads from its address. */
export function addAppRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const show = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => showApp(portal, request, reply);
  http.get("/p", async (_request, reply) => reply.redirect("/p/admin", 302));
  http.get("/p/admin", show);
  http.get("/p/admin/*", show);
}

async function showApp(portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signedIn = await findSignedInUser(portal, request);
  if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(request.url)}`, 302);

  const html = await readAppPage(portal.webFolder, sessionDataFor(portal, request.provider, signedIn));
  if (html === undefined) return showBeingBuilt(portal, request, reply);
  const isForbidden = isWebhooksPage(request.url) && !mayConfigureWebhooks(signedIn.user, request.provider);
  return reply
    .code(isForbidden ? 403 : 200)
    .type("text/html; charset=utf-8")
    .send(html);
}

const isWebhooksPage = (url: string): boolean => /^\/p\/admin\/webhooks(?:$|[/?])/.test(url);

/** The app shows the same refusal; whoever reads only the status is told as well. */
const mayConfigureWebhooks = (user: ProviderUser, provider: Provider): boolean =>
  user.role === "admin" && provider.webHooks !== "denied";

function sessionDataFor(portal: AdminPortal, provider: Provider, { user, csrfToken }: SignedInUser): SessionData {
  const binViewUrl = portal.tryOut?.()?.binViewUrl;
  return {
    userName: user.username,
    role: user.role,
    csrfToken,
    providerName: provider.name,
    webHooksCapability: provider.webHooks,
    timeZone: provider.timeZone,
    publicUrl: portal.adminPortalUrl(provider),
    developerPortalUrl: `${portal.developerPortalUrl(provider)}/`,
    ...(binViewUrl === undefined ? {} : { tryOutBinUrl: binViewUrl }),
  };
}

const showBeingBuilt = (portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  portal.showPage(request, reply.header("retry-after", "5"), {
    template: "message",
    title: "One moment",
    status: 503,
    data: {
      text: "The pages of the Admin Portal are still being built. This page opens them as soon as they are there.",
      reload_after_seconds: 3,
    },
  });
