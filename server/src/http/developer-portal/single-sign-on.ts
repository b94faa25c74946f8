import type { FastifyInstance, FastifyReply } from "fastify";
import { readSessionCookie, startBrowserSession } from "#http/shared/sign-in.ts";
import { readForm, returnPath } from "#http/shared/forms.ts";
import { type LoggedIn, type Refused, rememberPerson, SingleSignOn } from "#http/shared/single-sign-on.ts";
import type { Transaction } from "#platform/database/database.ts";
import { nameInText } from "#platform/visible-text.ts";
import {
  findLinkedUser,
  findUserOfAddress,
  linkByAddress,
  type ListedIdentity,
  listIdentities,
  readSsoToken,
  ssoLogInPath,
  unlinkIdentity,
  useIdentity,
  useSsoToken,
} from "#portal/single-sign-on/index.ts";
import { readUser } from "#portal/users/index.ts";
import { addFormPage, showForm } from "./forms.ts";
import { findStateRefusal, linkOf, showLoginForm } from "./log-in.ts";
import { showExpiredLink } from "./mailed-links.ts";
import {
  callbackPath,
  type DeveloperVisit,
  findDeveloper,
  type Portal,
  redirectWithNotice,
  sessionsPage,
  showNotFound,
  type Visit,
} from "./page.ts";

const landing = { within: "/", fallback: "/account" } as const;

/**
 * Adds the log-in with identity providers, whose links are on the pages of log-in, sign-up and invitations, the form that removes such
 * a log-in from the own user, and the log-in with SSO tokens, for which a site of the provider redirects here.
 */
export function addSingleSignOnRoutes(http: FastifyInstance, portal: Portal): void {
  const singleSignOn = new SingleSignOn(portal, "developer");
  // No HEAD: a begun log-in replaces the one before, and a code works only once.
  const options = { exposeHeadRoute: false };

  http.get("/auth/:system_name", options, async (request, reply) => {
    const begun = await singleSignOn.begin({ request, reply });
    if ("redirectTo" in begun) return reply.redirect(begun.redirectTo, 303);
    return showRefused({ portal, request, reply }, begun);
  });

  http.get(callbackPath, options, async (request, reply) => {
    // The answer is at the address that the identity provider knows. The Admin Portal's own pages are below /p.
    if (await singleSignOn.isOfAdminPortal(request)) return reply.redirect(`/p${request.url}`, 303);
    const visit = { portal, request, reply };
    const outcome = await singleSignOn.complete(visit);
    return "status" in outcome ? showRefused(visit, outcome) : welcome(visit, outcome);
  });

  addRemovalPage(http, portal);
  http.get(ssoLogInPath, options, async (request, reply) => logInByToken({ portal, request, reply }));
}

/** Lists the signed-in user's log-ins with identity providers. */
export const listOwnLogIns = ({ portal, request, developer }: DeveloperVisit): Promise<ListedIdentity[]> =>
  listIdentities(portal.pool, request.provider.id, [developer.user.id]);

/** Adds the form that removes a log-in of the signed-in user: at an employer whom the person has left, or of somebody else. */
function addRemovalPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: `${sessionsPage.href}/log-ins/:id/remove`,
    show: async (visit) => {
      const { id } = readForm(visit.request.params);
      const found = (await listOwnLogIns(visit)).find((each) => each.id === id);
      if (!found) return showNotFound(visit.reply);
      if (!found.isRemovable) return showNeeded(visit);
      const name = nameInText(found.name);
      return showForm(visit, {
        title: `Remove the log-in with ${name}?`,
        lead: `You can no longer log in with it, and all other browsers have to log in again. A log-in at ${name} with your confirmed email address adds it again.`,
        submit: "Remove",
        isDestructive: true,
        back: sessionsPage,
      });
    },
    submit: async (visit) => {
      const { request, reply, developer } = visit;
      const { id = "" } = readForm(request.params);
      const own = { providerId: request.provider.id, userId: developer.user.id };
      const keptCookieValue = readSessionCookie(request, "developer");
      const removed = await unlinkIdentity(portal.pool, { ...own, id, keptCookieValue });
      if (removed === "needed") return showNeeded(visit);
      return removed ? redirectWithNotice(reply, sessionsPage.href, "log-in-removed") : showNotFound(reply);
    },
  });
}

/** Explains that a log-in stays, and leads to the mail that sets a password. */
const showNeeded = ({ portal, request, reply, developer }: DeveloperVisit): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "You need this log-in",
    status: 422,
    developer,
    data: {
      text: "You cannot log in without it. We will send you a link to choose a password. Then you can remove the log-in.",
      link: { href: "/lost-password", text: "Choose a password" },
    },
  });

async function logInByToken(visit: Visit): Promise<FastifyReply> {
  const { portal, request } = visit;
  const { token = "" } = readForm(request.query);
  const known = { providerId: request.provider.id, now: portal.clock.now() };
  const found = readSsoToken(portal.encryption, token, known);
  if (!found) return showExpiredToken(visit);
  return logIn(visit, {
    userId: found.userId,
    destination: found.redirectUrl ?? landing.fallback,
    holds: (tx) => useSsoToken(tx, found),
  });
}

/** A browser that goes back, or loads the address again, is logged in already. */
const showExpiredToken = async (visit: Visit): Promise<FastifyReply> =>
  showExpiredLink(visit, {
    text: "It has expired, or is incomplete. Open the page that brought you here, and try again from there.",
    link: (await findDeveloper(visit.portal, visit.request))
      ? { href: landing.fallback, text: "My account" }
      : { href: "/login", text: "Log in" },
  });

const showRefused = (
  { portal, request, reply }: Visit,
  { title, text, status, retryAfterSeconds }: Refused,
): Promise<FastifyReply> => {
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
  const data = { text, link: { href: "/login", text: "Log in" } };
  return portal.showPage(request, reply, { template: "message", title, status, data });
};

/** Logs in a person who is a user, or leads to the form that makes one. */
async function welcome(visit: Visit, loggedIn: LoggedIn): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const { pool } = portal;
  const { authenticationProvider, identity, invitation, returnTo } = loggedIn;
  const providerId = request.provider.id;
  const person = { providerId, authenticationProvider, subject: identity.subject };
  const linked = await findLinkedUser(pool, person);
  if (linked !== undefined) {
    return invitation === ""
      ? logIn(visit, {
          userId: linked,
          destination: destinationOf(returnTo),
          holds: (tx) => useIdentity(tx, linkOf(portal, { providerId, userId: linked }, loggedIn)),
        })
      : showIsMember(visit, loggedIn);
  }
  const user = invitation === "" ? await findUserOfAddress(pool, providerId, identity) : undefined;
  if (user?.isOwn) {
    const { userId } = user;
    return logIn(visit, {
      userId,
      destination: destinationOf(returnTo),
      holds: (tx) => linkByAddress(tx, linkOf(portal, { providerId, userId }, loggedIn)),
    });
  }
  rememberPerson(portal, visit, loggedIn);
  // Somebody else may have signed up with the address, so the password has to prove that the user is the person's.
  if (user) return reply.redirect(`/login?${new URLSearchParams({ return_to: returnTo }).toString()}`, 303);
  return reply.redirect(signUpPathOf(loggedIn), 303);
}

/** Returns the form of the invitation, or that of the sign-up, with the plans of its link. */
const signUpPathOf = ({ invitation, returnTo }: Pick<LoggedIn, "invitation" | "returnTo">): string =>
  invitation === ""
    ? returnPath(returnTo, { within: "/signup", fallback: "/signup" })
    : `/signup/${encodeURIComponent(invitation)}`;

interface LogIn {
  readonly userId: number;
  /** The page to show afterwards. */
  readonly destination: string;
  /** Checks in the transaction of the session that the user may still log in so. */
  readonly holds: (tx: Transaction) => Promise<boolean>;
}

async function logIn(visit: Visit, { userId, destination, holds }: LogIn): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const providerId = request.provider.id;
  const user = await readUser(portal.pool, providerId, userId);
  const refused = user ? await findStateRefusal(portal.pool, providerId, user) : changedMeanwhile;
  if (refused !== undefined) return showLoginForm(visit, { status: 403, error: refused, returnTo: destination });
  const session = await startBrowserSession(portal, request, reply, { audience: "developer", userId, holds });
  if (!session) return showLoginForm(visit, { status: 422, error: changedMeanwhile, returnTo: destination });
  return reply.redirect(destination, 303);
}

/** Returns the page that the log-in began at. A link to the sign-up form is no place for a user. */
function destinationOf(returnTo: string): string {
  const path = returnPath(returnTo, landing);
  return /^\/signup\b/.test(path) ? landing.fallback : path;
}

const changedMeanwhile = "Your user was changed at the same time. Please log in again.";

const showIsMember = ({ portal, request, reply }: Visit, { authenticationProvider }: LoggedIn): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "You have an account already",
    status: 422,
    data: {
      text: `Your log-in at ${nameInText(authenticationProvider.name)} belongs to a user of ${nameInText(request.provider.name)}, and a user has one account. Join with a password and another email address, or log in.`,
      link: { href: "/login", text: "Log in" },
    },
  });
