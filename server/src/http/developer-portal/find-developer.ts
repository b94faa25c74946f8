import type { FastifyRequest } from "fastify";
import { findSession } from "#access/index.ts";
import { readAccount, type Account } from "#portal/accounts/index.ts";
import { readUser, type User } from "#portal/users/index.ts";
import { readDeveloperCookie } from "../shared/session-cookie.ts";
import type { DeveloperPortalNeeds } from "./developer-portal-needs.ts";

/** Who is signed in, as what, and what their forms must hold. */
export interface Developer {
  readonly user: User;
  readonly account: Account;
  readonly csrfToken: string;
}

/** Who sends the request, if the session holds and they may still be here. */
export async function findDeveloper(
  { pool, clock }: Pick<DeveloperPortalNeeds, "pool" | "clock">,
  request: FastifyRequest,
): Promise<Developer | undefined> {
  const cookieValue = readDeveloperCookie(request);
  if (cookieValue === undefined) return undefined;

  const providerId = request.provider.id;
  const session = await findSession(pool, { providerId, audience: "developer", cookieValue, now: clock.now() });
  const user = session && (await readUser(pool, providerId, session.userId));
  const account = user && (await readAccount(pool, providerId, user.accountId));
  if (!account || user.state !== "active" || account.state !== "approved") return undefined;
  return { user, account, csrfToken: session.csrfToken };
}
