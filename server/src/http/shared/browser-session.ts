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

/** Each portal has its own cookie name and ignores the other's. */
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

/** Sets a cookie. Without `seconds` it lasts until the browser is closed. */
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

/** Returns the first cookie of a name, which is the one with the longest path. An empty value counts as none. */
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

/** Returns the session of the browser's cookie, if it is still valid. */
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
  /** Checks in the transaction that the credentials are still valid: a password may change while it is verified. */
  readonly holds?: (tx: Transaction) => Promise<boolean>;
}

/** Starts a session for an authenticated user and ends the browser's previous one. Returns undefined if `holds` returns false. */
export async function startBrowserSession(
  { pool, clock, secureCookies }: SignInNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { audience, userId, holds }: Start,
): Promise<{ readonly csrfToken: string } | undefined> {
  const before = readSessionCookie(request, audience);
  const providerId = request.provider.id;
  const started = await pool.inTransaction(async (tx) => {
    if (holds && !(await holds(tx))) return undefined;
    if (before !== undefined) await endSession(tx, before);
    return createSession(tx, { providerId, audience, userId, now: clock.now() });
  });
  if (!started) return undefined;
  const { cookieValue, csrfToken } = started;
  setSessionCookie(reply, audience, { cookieValue, isSecure: secureCookies });
  return { csrfToken };
}

/** Ends the session for every holder of its cookie. */
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

/** Returns the active provider user whose Admin Portal session sends the request. */
export async function findSignedInUser(
  needs: SessionNeeds,
  request: FastifyRequest,
): Promise<SignedInUser | undefined> {
  const session = await findBrowserSession(needs, request, "admin");
  const user = session && (await readProviderUser(needs.pool, request.provider.id, session.userId));
  return session && user?.state === "active" ? { user, csrfToken: session.csrfToken } : undefined;
}
