import type { FastifyInstance, FastifyReply } from "fastify";
import { startBrowserSession } from "#http/shared/sign-in.ts";
import { returnPath } from "#http/shared/forms.ts";
import { type LoggedIn, type Refused, rememberPerson, SingleSignOn } from "#http/shared/single-sign-on.ts";
import type { Transaction } from "#platform/database/database.ts";
import { nameInText } from "#platform/visible-text.ts";
import { findLinkedUser, findUserOfAddress, linkByAddress, useIdentity } from "#portal/single-sign-on/index.ts";
import { readUser } from "#portal/users/index.ts";
import { findStateRefusal, linkOf, showLoginForm } from "./log-in.ts";
import { callbackPath, type Portal, type Visit } from "./page.ts";

const landing = { within: "/", fallback: "/account" } as const;

/** Adds the log-in with identity providers. Their links are on the pages of log-in, sign-up and invitations. */
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
}

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
          ...loggedIn,
          userId: linked,
          holds: (tx) => useIdentity(tx, linkOf(portal, { providerId, userId: linked }, loggedIn)),
        })
      : showIsMember(visit, loggedIn);
  }
  const user = invitation === "" ? await findUserOfAddress(pool, providerId, identity) : undefined;
  if (user?.isOwn) {
    const { userId } = user;
    return logIn(visit, {
      ...loggedIn,
      userId,
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

interface LogIn extends Pick<LoggedIn, "returnTo"> {
  readonly userId: number;
  /** Checks in the transaction of the session that the user is still the person's, and links both. */
  readonly holds: (tx: Transaction) => Promise<boolean>;
}

async function logIn(visit: Visit, { userId, returnTo, holds }: LogIn): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const providerId = request.provider.id;
  const user = await readUser(portal.pool, providerId, userId);
  const refused = user ? await findStateRefusal(portal.pool, providerId, user) : changedMeanwhile;
  if (refused !== undefined) return showLoginForm(visit, { status: 403, error: refused, returnTo });
  const session = await startBrowserSession(portal, request, reply, { audience: "developer", userId, holds });
  if (!session) return showLoginForm(visit, { status: 422, error: changedMeanwhile, returnTo });
  // A link to the sign-up form is no place for a user.
  const path = returnPath(returnTo, landing);
  return reply.redirect(/^\/signup\b/.test(path) ? landing.fallback : path, 303);
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
