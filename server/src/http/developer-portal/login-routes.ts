import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { endSession } from "#access/index.ts";
import { belongsToSession, issueFormToken, whenFormWasIssued } from "../shared/form-token.ts";
import { readForm } from "../shared/read-form.ts";
import { returnPath } from "../shared/return-path.ts";
import { clearSessionCookie, readDeveloperCookie } from "../shared/session-cookie.ts";
import { createSignInLimits, waitInWords, type SignInLimits } from "../shared/sign-in-limits.ts";
import { findDeveloper } from "./find-developer.ts";
import { showFormRefused } from "./show-form-refused.ts";
import type { Portal } from "./show-page.ts";
import { signInDeveloper } from "./sign-in-developer.ts";
import { startSession } from "./start-session.ts";

const landing = { within: "/", fallback: "/account" } as const;

export function addLoginRoutes(http: FastifyInstance, portal: Portal): void {
  const limits = createSignInLimits(portal.clock);

  http.get("/login", async (request, reply) => {
    const { return_to: returnTo = "" } = readForm(request.query);
    if (await findDeveloper(portal, request)) return reply.redirect(returnPath(returnTo, landing), 302);
    return showLoginForm(portal, request, reply, { returnTo });
  });
  http.post("/login", async (request, reply) => logIn(portal, limits, request, reply));
  http.post("/logout", async (request, reply) => logOut(portal, request, reply));
}

interface LoginForm {
  readonly status?: number;
  readonly error?: string;
  readonly username?: string;
  readonly returnTo: string;
}

const showLoginForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { status = 200, error, username, returnTo }: LoginForm,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "login",
    title: "Log in",
    status,
    data: {
      error,
      username,
      return_to: returnTo,
      form_token: issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });

async function logIn(
  portal: Portal,
  limits: SignInLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const form = readForm(request.body);
  if (!whenFormWasIssued(request, form, portal.cookieSecret)) return showFormRefused(portal, request, reply);

  const { username = "", password = "", return_to: returnTo = "" } = form;
  const attempt = { providerId: request.provider.id, login: username, address: request.ip };
  const seconds = limits.secondsToWait(attempt);
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    const error = `Too many attempts. Please try again ${waitInWords(seconds)}.`;
    return showLoginForm(portal, request, reply, { status: 429, error, username, returnTo });
  }
  const signIn = await signInDeveloper(portal.pool, { ...attempt, password });
  if ("refused" in signIn) {
    return showLoginForm(portal, request, reply, { status: 422, error: signIn.refused, username, returnTo });
  }
  limits.forget(attempt);
  await startSession(portal, request, reply, signIn.user.id);
  return reply.redirect(returnPath(returnTo, landing), 303);
}

async function logOut(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const developer = await findDeveloper(portal, request);
  if (developer && !belongsToSession(request, readForm(request.body), developer.csrfToken)) {
    return showFormRefused(portal, request, reply);
  }
  const cookieValue = readDeveloperCookie(request);
  if (cookieValue !== undefined) await portal.pool.inTransaction((tx) => endSession(tx, cookieValue));
  clearSessionCookie(reply, "developer", portal.secureCookies);
  return reply.redirect("/", 303);
}
