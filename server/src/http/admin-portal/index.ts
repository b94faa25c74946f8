import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { findProviderUsersByLogin, lockIfPasswordUnchanged, signInProviderUser } from "#access/index.ts";
import {
  createSignInLimits,
  endBrowserSession,
  findSignedInUser,
  signInByForm,
  signInPage,
  startBrowserSession,
  type SignInForm,
  type SignInLimits,
  wrongLogin,
} from "#http/shared/sign-in.ts";
import { acceptForms, hasSessionToken, readForm, readFormToken, returnPath } from "#http/shared/forms.ts";
import { addPageHeaders, servePageAssets } from "#http/shared/pages.ts";
import type { Transaction } from "#platform/database/database.ts";
import { requestLimits } from "#platform/limits.ts";
import {
  addAppRoutes,
  addErrorPages,
  type AdminPortal,
  type AdminPortalNeeds,
  createShowPage,
  serveWebFiles,
} from "./app-page.ts";

const assetsFolder = fileURLToPath(new URL("./assets/", import.meta.url));

/** Serves the sign-in page, below, and the app built from `web` to the provider's users. */
export const adminPortalPlugin =
  (needs: AdminPortalNeeds): FastifyPluginAsync =>
  async (http) => {
    const assets = await servePageAssets(http, { folder: assetsFolder, prefix: "/p/assets" });
    const portal = { ...needs, showPage: createShowPage(needs, assets) };

    acceptForms(http, { bytesMax: requestLimits.signInFormBytes.max });
    addPageHeaders(http);
    addErrorPages(http, portal);
    addSignInRoutes(http, portal);
    await serveWebFiles(http, needs.webFolder);
    addAppRoutes(http, portal);
  };

const landing = { within: "/p/admin", fallback: "/p/admin" } as const;

function addSignInRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const limits = createSignInLimits(portal);

  http.get("/p/login", async (request, reply) => {
    const { return_to: returnTo = "" } = readForm(request.query);
    if (await findSignedInUser(portal, request)) return reply.redirect(returnPath(returnTo, landing), 302);
    return showSignIn(portal, request, reply, { returnTo });
  });
  http.post("/p/login", async (request, reply) => signIn(portal, limits, request, reply));
  http.post("/p/logout", async (request, reply) => signOut(portal, request, reply));
}

const showSignIn = (
  portal: AdminPortal,
  request: FastifyRequest,
  reply: FastifyReply,
  form: SignInForm,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "sign-in",
    title: "Sign in",
    ...signInPage(portal, request, reply, form),
  });

async function signIn(
  portal: AdminPortal,
  limits: SignInLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const form = readForm(request.body);
  if (!readFormToken(request, form, portal.cookieSecret)) {
    const { username = "", return_to: returnTo = "" } = form;
    const error =
      "This page was opened before your browser was restarted, or cookies are disabled. Please sign in again.";
    return showSignIn(portal, request, reply, { status: 403, error, username, returnTo });
  }
  const verify = async (login: Parameters<typeof signInProviderUser>[2]) =>
    (await signInProviderUser(portal.pool, portal.passwords, login)) ?? { refused: wrongLogin };
  const outcome = await signInByForm(
    {
      ...portal,
      limits,
      audience: "admin",
      verify,
      isLoginOf: async ({ providerId, userId, login }) =>
        (await findProviderUsersByLogin(portal.pool, providerId, login)).some(({ user }) => user.id === userId),
    },
    request,
    reply,
  );
  if ("again" in outcome) return showSignIn(portal, request, reply, outcome.again);
  const { proof, returnTo } = outcome;
  const holds = (tx: Transaction) => lockIfPasswordUnchanged(tx, proof);
  const session = await startBrowserSession(portal, request, reply, {
    audience: "admin",
    userId: proof.userId,
    holds,
  });
  if (!session) return showSignIn(portal, request, reply, { status: 422, error: wrongLogin, returnTo });
  return reply.redirect(returnPath(returnTo, landing), 303);
}

async function signOut(portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signedIn = await findSignedInUser(portal, request);
  if (signedIn && !hasSessionToken(request, readForm(request.body), signedIn.csrfToken)) {
    return portal.showPage(request, reply, {
      template: "message",
      title: "You are still signed in",
      status: 403,
      data: {
        text: "This request could not be verified.",
        link: { href: "/p/admin", text: "Back to the Admin Portal" },
      },
    });
  }
  await endBrowserSession(portal, request, reply, "admin");
  return reply.redirect("/p/login", 303);
}
