import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type Audience,
  type ProviderUser,
  createSession,
  endSession,
  findSession,
  readProviderUser,
  sessionSeconds,
} from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";

/** Two names, so that each portal reads its own and is blind to the other's. */
const sessionCookieNames = { developer: "bellwire_developer", admin: "bellwire_admin" } as const satisfies Record<
  Audience,
  string
>;

export const readSessionCookie = (request: FastifyRequest, audience: Audience): string | undefined =>
  readCookie(request, sessionCookieNames[audience]);

function setSessionCookie(
  reply: FastifyReply,
  audience: Audience,
  { cookieValue, isSecure }: { cookieValue: string; isSecure: boolean },
): void {
  setCookie(reply, sessionCookieNames[audience], { value: cookieValue, isSecure, seconds: sessionSeconds[audience] });
}

function clearSessionCookie(reply: FastifyReply, audience: Audience, isSecure: boolean): void {
  setCookie(reply, sessionCookieNames[audience], { value: "", isSecure, seconds: 0 });
}

/** Without `seconds` it goes when the browser is closed. */
export function setCookie(
  reply: FastifyReply,
  name: string,
  { value, isSecure, seconds }: { value: string; isSecure: boolean; seconds?: number },
): void {
  const age = seconds === undefined ? {} : { maxAge: seconds };
  reply.header(
    "set-cookie",
    stringifySetCookie({ name, value, path: "/", httpOnly: true, sameSite: "lax", secure: isSecure, ...age }),
  );
}

/** Of several with one name, the first: the browser sends the one with the longest path first. Empty is none. */
export function readCookie(request: FastifyRequest, name: string): string | undefined {
  return parseCookie(request.headers.cookie ?? "")[name] || undefined;
}

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
export async function startBrowserSession(
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
export async function endBrowserSession(
  { pool, secureCookies }: SignInNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  audience: Audience,
): Promise<void> {
  const cookieValue = readSessionCookie(request, audience);
  if (cookieValue !== undefined) await pool.inTransaction((tx) => endSession(tx, cookieValue));
  clearSessionCookie(reply, audience, secureCookies);
}

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
