import type { FastifyReply, FastifyRequest } from "fastify";
import { readAccount } from "#portal/accounts/index.ts";
import { listApplications } from "#portal/applications/index.ts";
import type { User } from "#portal/users/index.ts";
import { startSession } from "../shared/browser-session.ts";
import { rememberDevice } from "../shared/known-device.ts";
import type { Portal } from "./show-page.ts";
import { whereToWait } from "./where-to-wait.ts";

/** After the sign-up: signed in and on the application with its key, or on a page that says what is still missing. */
export async function welcomeDeveloper(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
): Promise<FastifyReply> {
  const providerId = request.provider.id;
  if (user.state !== "active") return reply.redirect("/signup/check-mail", 303);
  const account = await readAccount(portal.pool, providerId, user.accountId);
  if (account?.state !== "approved") return reply.redirect(whereToWait(account), 303);

  await startSession(portal, request, reply, { audience: "developer", userId: user.id });
  rememberDevice(portal, request, reply, { audience: "developer", user });
  const [application] = await listApplications(portal.pool, providerId, user.accountId);
  return reply.redirect(application ? `/applications/${application.id}?signed_up` : "/account", 303);
}
