import type { FastifyReply, FastifyRequest } from "fastify";
import { createSession, endSession } from "#access/index.ts";
import { readDeveloperCookie, setSessionCookie } from "../shared/session-cookie.ts";
import type { DeveloperPortalNeeds } from "./developer-portal-needs.ts";

/** A session for somebody who has just proved who they are. The one that the browser had before ends. */
export async function startSession(
  { pool, clock, secureCookies }: Pick<DeveloperPortalNeeds, "pool" | "clock" | "secureCookies">,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: number,
): Promise<void> {
  const before = readDeveloperCookie(request);
  const providerId = request.provider.id;
  const { cookieValue } = await pool.inTransaction(async (tx) => {
    if (before !== undefined) await endSession(tx, before);
    return createSession(tx, { providerId, audience: "developer", userId, now: clock.now() });
  });
  setSessionCookie(reply, "developer", { cookieValue, isSecure: secureCookies });
}
