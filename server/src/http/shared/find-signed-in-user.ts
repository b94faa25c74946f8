import type { FastifyRequest } from "fastify";
import { readProviderUser, type ProviderUser } from "#access/index.ts";
import { findBrowserSession, type SessionNeeds } from "./browser-session.ts";

export interface SignedInUser {
  readonly user: ProviderUser;
  readonly csrfToken: string;
}

/** Who of the provider's own people sends the request, if the session holds and they may still be here. */
export async function findSignedInUser(
  needs: SessionNeeds,
  request: FastifyRequest,
): Promise<SignedInUser | undefined> {
  const session = await findBrowserSession(needs, request, "admin");
  const user = session && (await readProviderUser(needs.pool, request.provider.id, session.userId));
  return session && user?.state === "active" ? { user, csrfToken: session.csrfToken } : undefined;
}
