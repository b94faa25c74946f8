import type { FastifyRequest } from "fastify";
import { findSession, readProviderUser, type ProviderUser } from "#access/index.ts";
import { readAdminCookie } from "../shared/session-cookie.ts";
import type { AdminPortalNeeds } from "./admin-portal-needs.ts";

export interface SignedInUser {
  readonly user: ProviderUser;
  readonly csrfToken: string;
}

/** Who of the provider's own people sends the request, if the session holds and they may still be here. */
export async function findSignedInUser(
  { pool, clock }: Pick<AdminPortalNeeds, "pool" | "clock">,
  request: FastifyRequest,
): Promise<SignedInUser | undefined> {
  const cookieValue = readAdminCookie(request);
  if (cookieValue === undefined) return undefined;

  const providerId = request.provider.id;
  const session = await findSession(pool, { providerId, audience: "admin", cookieValue, now: clock.now() });
  const user = session && (await readProviderUser(pool, providerId, session.userId));
  return session && user?.state === "active" ? { user, csrfToken: session.csrfToken } : undefined;
}
