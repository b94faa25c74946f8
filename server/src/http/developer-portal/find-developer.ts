import type { FastifyRequest } from "fastify";
import { readAccount, type Account } from "#portal/accounts/index.ts";
import { readUser, type User } from "#portal/users/index.ts";
import { findBrowserSession, type SessionNeeds } from "../shared/browser-session.ts";

/** Who is signed in, as what, and what their forms must hold. */
export interface Developer {
  readonly user: User;
  readonly account: Account;
  readonly csrfToken: string;
}

/** Who sends the request, if the session holds and they may still be here. */
export async function findDeveloper(needs: SessionNeeds, request: FastifyRequest): Promise<Developer | undefined> {
  const session = await findBrowserSession(needs, request, "developer");
  const providerId = request.provider.id;
  const user = session && (await readUser(needs.pool, providerId, session.userId));
  const account = user && (await readAccount(needs.pool, providerId, user.accountId));
  if (!account || user.state !== "active" || account.state !== "approved") return undefined;
  return { user, account, csrfToken: session.csrfToken };
}
