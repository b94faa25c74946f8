import type { FastifyReply, FastifyRequest } from "fastify";
import { createSession, endSession, findSession, type Audience } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { clearSessionCookie, readSessionCookie, setSessionCookie } from "./session-cookie.ts";

export interface SessionNeeds {
  readonly pool: Database;
  readonly clock: Pick<Clock, "now">;
}

interface SignInNeeds extends SessionNeeds {
  readonly pool: Pool;
  readonly secureCookies: boolean;
}

/** The session whose cookie the browser sends, if it holds. */
export async function findBrowserSession(
  { pool, clock }: SessionNeeds,
  request: FastifyRequest,
  audience: Audience,
): ReturnType<typeof findSession> {
  const cookieValue = readSessionCookie(request, audience);
  if (cookieValue === undefined) return undefined;
  return findSession(pool, { providerId: request.provider.id, audience, cookieValue, now: clock.now() });
}

interface Start {
  readonly audience: Audience;
  readonly userId: number;
  /** Whether what they proved it by still holds: a password may be changed while it is looked at. */
  readonly holds?: (tx: Transaction) => Promise<boolean>;
}

/**
 * A session for somebody who has just proved who they are, if that holds. The one that the browser had before ends.
 */
export async function startSession(
  { pool, clock, secureCookies }: SignInNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { audience, userId, holds }: Start,
): Promise<boolean> {
  const before = readSessionCookie(request, audience);
  const providerId = request.provider.id;
  const started = await pool.inTransaction(async (tx) => {
    if (holds && !(await holds(tx))) return undefined;
    if (before !== undefined) await endSession(tx, before);
    return createSession(tx, { providerId, audience, userId, now: clock.now() });
  });
  if (!started) return false;
  setSessionCookie(reply, audience, { cookieValue: started.cookieValue, isSecure: secureCookies });
  return true;
}

/** Ends the session, wherever else its cookie went. */
export async function leaveSession(
  { pool, secureCookies }: SignInNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  audience: Audience,
): Promise<void> {
  const cookieValue = readSessionCookie(request, audience);
  if (cookieValue !== undefined) await pool.inTransaction((tx) => endSession(tx, cookieValue));
  clearSessionCookie(reply, audience, secureCookies);
}
