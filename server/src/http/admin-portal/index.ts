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
import {
  listLogInOffers,
  logInLinks,
  type LoggedIn,
  type Refused,
  SingleSignOn,
  type SingleSignOnVisit,
} from "#http/shared/single-sign-on.ts";
import { isSsoEnforced } from "#portal/provider-account/index.ts";
import { findLinkedUser, findTeamMember, linkTeamMember, useIdentity } from "#portal/single-sign-on/index.ts";
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
    addSingleSignOnRoutes(http, portal);
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

async function showSignIn(
  portal: AdminPortal,
  request: FastifyRequest,
  reply: FastifyReply,
  form: SignInForm,
): Promise<FastifyReply> {
  const { status, data } = signInPage(portal, request, reply, form);
  const { id } = request.provider;
  const [offers, isEnforced] = await Promise.all([
    listLogInOffers(portal.pool, id, "admin"),
    isSsoEnforced(portal.pool, id),
  ]);
  return portal.showPage(request, reply, {
    template: "sign-in",
    title: "Sign in",
    status,
    data: {
      ...data,
      log_in_links: logInLinks(offers, "admin", { return_to: form.returnTo }),
      is_sso_enforced: isEnforced,
    },
  });
}

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
  if (await isSsoEnforced(portal.pool, request.provider.id))
    return showSignIn(portal, request, reply, { status: 403, error: noPasswords, returnTo: form["return_to"] ?? "" });
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

const noPasswords = "Passwords are not accepted here: your team signs in with single sign-on.";

/** Adds the sign-in with identity providers. It never makes a user: an admin adds the team's members. */
function addSingleSignOnRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const singleSignOn = new SingleSignOn(portal, "admin");
  // No HEAD: a begun sign-in replaces the one before, and a code works only once.
  const options = { exposeHeadRoute: false };

  http.get("/p/auth/:system_name", options, async (request, reply) => {
    const begun = await singleSignOn.begin({ request, reply });
    return "redirectTo" in begun
      ? reply.redirect(begun.redirectTo, 303)
      : showRefused(portal, { request, reply }, begun);
  });

  http.get("/p/auth/:system_name/callback", options, async (request, reply) => {
    const outcome = await singleSignOn.complete({ request, reply });
    if ("status" in outcome) return showRefused(portal, { request, reply }, outcome);
    return welcome(portal, { request, reply }, outcome);
  });
}

const showRefused = (
  portal: AdminPortal,
  { request, reply }: SingleSignOnVisit,
  { title, text, status, retryAfterSeconds }: Refused,
): Promise<FastifyReply> => {
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
  const data = { text, link: { href: "/p/login", text: "Sign in" } };
  return portal.showPage(request, reply, { template: "message", title, status, data });
};

/** Signs in the user of a person. A verified address links the person to the user that an admin has given it. */
async function welcome(portal: AdminPortal, visit: SingleSignOnVisit, loggedIn: LoggedIn): Promise<FastifyReply> {
  const { request, reply } = visit;
  const { authenticationProvider, identity, returnTo } = loggedIn;
  const person = { providerId: request.provider.id, authenticationProvider, subject: identity.subject };
  const linked = await findLinkedUser(portal.pool, person);
  const userId = linked ?? (await findTeamMember(portal.pool, person.providerId, identity));
  if (userId === undefined) return showRefused(portal, visit, notInTeam(loggedIn));
  const link = { ...person, audience: "admin", userId, email: identity.email, now: portal.clock.now() } as const;
  const holds = (tx: Transaction) => (linked === undefined ? linkTeamMember(tx, link) : useIdentity(tx, link));
  const session = await startBrowserSession(portal, request, reply, { audience: "admin", userId, holds });
  if (!session) return showRefused(portal, visit, notActive);
  return reply.redirect(returnPath(returnTo, landing), 303);
}

const notInTeam = ({ authenticationProvider: { name }, identity }: LoggedIn): Refused => ({
  status: 403,
  title: "You are not signed in",
  text: `${name} knows you, but no user of this team has ${identity.email === null || !identity.isEmailVerified ? "your verified email address" : `the email address ${identity.email}`}. Ask an admin to add you to the team.`,
});

const notActive: Refused = {
  status: 403,
  title: "You are not signed in",
  text: "Your user is not active. Ask an admin of your team.",
};

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
