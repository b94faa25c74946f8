import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createSession, endSession, signInProviderUser } from "#access/index.ts";
import { belongsToSession, issueFormToken, whenFormWasIssued } from "../shared/form-token.ts";
import { readForm } from "../shared/read-form.ts";
import { returnPath } from "../shared/return-path.ts";
import { clearSessionCookie, readAdminCookie, setSessionCookie } from "../shared/session-cookie.ts";
import { createSignInLimits, waitInWords, type SignInLimits } from "../shared/sign-in-limits.ts";
import { findSignedInUser } from "./find-signed-in-user.ts";
import type { AdminPortal } from "./show-page.ts";

const landing = { within: "/p/admin", fallback: "/p/admin" } as const;

export function addSignInRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const limits = createSignInLimits(portal.clock);

  http.get("/p/login", async (request, reply) => {
    const { return_to: returnTo = "" } = readForm(request.query);
    if (await findSignedInUser(portal, request)) return reply.redirect(returnPath(returnTo, landing), 302);
    return showSignIn(portal, request, reply, { returnTo });
  });
  http.post("/p/login", async (request, reply) => signIn(portal, limits, request, reply));
  http.post("/p/logout", async (request, reply) => signOut(portal, request, reply));
}

interface SignInForm {
  readonly status?: number;
  readonly error?: string;
  readonly username?: string;
  readonly returnTo: string;
}

const showSignIn = (
  portal: AdminPortal,
  request: FastifyRequest,
  reply: FastifyReply,
  { status = 200, error, username, returnTo }: SignInForm,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "sign-in",
    title: "Sign in",
    status,
    data: {
      error,
      username,
      return_to: returnTo,
      form_token: issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });

async function signIn(
  portal: AdminPortal,
  limits: SignInLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const form = readForm(request.body);
  const { username = "", password = "", return_to: returnTo = "" } = form;
  if (!whenFormWasIssued(request, form, portal.cookieSecret)) {
    const error = "We could not tell that this form came from our own page. Please sign in again.";
    return showSignIn(portal, request, reply, { status: 403, error, username, returnTo });
  }
  const attempt = { providerId: request.provider.id, login: username, address: request.ip };
  const seconds = limits.secondsToWait(attempt);
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    const error = `Too many attempts. Please try again ${waitInWords(seconds)}.`;
    return showSignIn(portal, request, reply, { status: 429, error, username, returnTo });
  }
  const user = await signInProviderUser(portal.pool, { ...attempt, password });
  if (!user) {
    return showSignIn(portal, request, reply, {
      status: 422,
      error: "Wrong username or password.",
      username,
      returnTo,
    });
  }
  limits.forget(attempt);
  await startSession(portal, request, reply, user.id);
  return reply.redirect(returnPath(returnTo, landing), 303);
}

/** A session for somebody who has just proved who they are. The one that the browser had before ends. */
async function startSession(
  { pool, clock, secureCookies }: AdminPortal,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: number,
): Promise<void> {
  const before = readAdminCookie(request);
  const providerId = request.provider.id;
  const { cookieValue } = await pool.inTransaction(async (tx) => {
    if (before !== undefined) await endSession(tx, before);
    return createSession(tx, { providerId, audience: "admin", userId, now: clock.now() });
  });
  setSessionCookie(reply, "admin", { cookieValue, isSecure: secureCookies });
}

async function signOut(portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signedIn = await findSignedInUser(portal, request);
  if (signedIn && !belongsToSession(request, readForm(request.body), signedIn.csrfToken)) {
    return portal.showPage(request, reply, {
      template: "message",
      title: "You are still signed in",
      status: 403,
      data: {
        text: "We could not tell that this came from our own page.",
        link: { href: "/p/admin", text: "Back to the Admin Portal" },
      },
    });
  }
  const cookieValue = readAdminCookie(request);
  if (cookieValue !== undefined) await portal.pool.inTransaction((tx) => endSession(tx, cookieValue));
  clearSessionCookie(reply, "admin", portal.secureCookies);
  return reply.redirect("/p/login", 303);
}
