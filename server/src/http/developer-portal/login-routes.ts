import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Transaction } from "#platform/database/database.ts";
import { holdsPassword } from "#portal/users/index.ts";
import { leaveSession, startSession } from "../shared/browser-session.ts";
import { belongsToSession, whenFormWasIssued } from "../shared/form-token.ts";
import { readForm } from "../shared/read-form.ts";
import { returnPath } from "../shared/return-path.ts";
import { judgeSignIn, signInPage, wrongLogin, type SignInForm } from "../shared/sign-in-form.ts";
import { createSignInLimits, type SignInLimits } from "../shared/sign-in-limits.ts";
import { findDeveloper } from "./find-developer.ts";
import { showFormRefused } from "./show-form-refused.ts";
import type { Portal } from "./show-page.ts";
import { signInDeveloper } from "./sign-in-developer.ts";

const landing = { within: "/", fallback: "/account" } as const;

export function addLoginRoutes(http: FastifyInstance, portal: Portal): void {
  const limits = createSignInLimits(portal);

  http.get("/login", async (request, reply) => {
    const { return_to: returnTo = "" } = readForm(request.query);
    if (await findDeveloper(portal, request)) return reply.redirect(returnPath(returnTo, landing), 302);
    return showLoginForm(portal, request, reply, { returnTo });
  });
  http.post("/login", async (request, reply) => logIn(portal, limits, request, reply));
  http.post("/logout", async (request, reply) => logOut(portal, request, reply));
}

const showLoginForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  form: SignInForm,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "login",
    title: form.error === undefined ? "Log in" : "Please check: Log in",
    ...signInPage(portal, request, reply, form),
  });

async function logIn(
  portal: Portal,
  limits: SignInLimits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const isOurs = whenFormWasIssued(request, readForm(request.body), portal.cookieSecret);
  if (!isOurs) return showFormRefused(portal, request, reply);

  const outcome = await judgeSignIn(
    { ...portal, limits, audience: "developer", verify: (login) => signInDeveloper(portal.pool, login) },
    request,
    reply,
  );
  if ("again" in outcome) return showLoginForm(portal, request, reply, outcome.again);
  const { proof, returnTo } = outcome;
  const holds = (tx: Transaction) => holdsPassword(tx, proof);
  const isIn = await startSession(portal, request, reply, { audience: "developer", userId: proof.userId, holds });
  if (!isIn) return showLoginForm(portal, request, reply, { status: 422, error: wrongLogin, returnTo });
  return reply.redirect(returnPath(returnTo, landing), 303);
}

async function logOut(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const developer = await findDeveloper(portal, request);
  if (developer && !belongsToSession(request, readForm(request.body), developer.csrfToken)) {
    return showFormRefused(portal, request, reply);
  }
  await leaveSession(portal, request, reply, "developer");
  return reply.redirect("/", 303);
}
