import type { FastifyReply, FastifyRequest } from "fastify";
import type { ChangeContext } from "#access/index.ts";
import { type SessionNeeds, findBrowserSession } from "#http/shared/browser-session.ts";
import type { Clock } from "#platform/clock.ts";
import { type Account, readAccount } from "#portal/accounts/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type User, readUser } from "#portal/users/index.ts";

/** A signed-in user with an active state, of an approved account. */
export interface Developer {
  readonly user: User;
  readonly account: Account;
  readonly csrfToken: string;
}

/** Returns the signed-in developer. Rechecks the states of user and account on each request. */
export async function findDeveloper(needs: SessionNeeds, request: FastifyRequest): Promise<Developer | undefined> {
  const session = await findBrowserSession(needs, request, "developer");
  const providerId = request.provider.id;
  const user = session && (await readUser(needs.pool, providerId, session.userId));
  const account = user && (await readAccount(needs.pool, providerId, user.accountId));
  if (!account || user.state !== "active" || account.state !== "approved") return undefined;
  return { user, account, csrfToken: session.csrfToken };
}

export type DeveloperPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  developer: Developer,
) => Promise<FastifyReply>;

/** Shows a page to signed-in developers. Redirects visitors to the login, which leads back, and says that a form was not processed. */
export const requireDeveloper =
  (
    needs: SessionNeeds,
    page: DeveloperPage,
  ): ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
  async (request, reply) => {
    const developer = await findDeveloper(needs, request);
    if (!developer) {
      const notice = request.method === "POST" ? "&done=session-ended" : "";
      return reply.redirect(`/login?return_to=${encodeURIComponent(request.url)}${notice}`, 302);
    }
    return page(request, reply, developer);
  };

/** Returns actor, channel and time of a signed-in developer's change. */
export const developerContext = ({ clock }: { readonly clock: Clock }, { user }: Developer): ChangeContext => ({
  actor: { kind: "developer", userId: user.id },
  channel: "developer_portal",
  now: clock.now(),
});

/** Returns the provider with UTC as time zone: as in 3scale, changes by visitors have their times in UTC. */
export const withVisitorTimeZone = (provider: Provider): Provider => ({ ...provider, timeZone: "UTC" });
