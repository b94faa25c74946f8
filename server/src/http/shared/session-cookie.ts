import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sessionSeconds, type Audience } from "#access/index.ts";

/** Two names, so that each portal reads its own and is blind to the other's. */
const names = { developer: "bellwire_developer", admin: "bellwire_admin" } as const satisfies Record<Audience, string>;

export const readSessionCookie = (request: FastifyRequest, audience: Audience): string | undefined =>
  readCookie(request, names[audience]);

export function setSessionCookie(
  reply: FastifyReply,
  audience: Audience,
  { cookieValue, isSecure }: { cookieValue: string; isSecure: boolean },
): void {
  setCookie(reply, names[audience], { value: cookieValue, isSecure, seconds: sessionSeconds[audience] });
}

export function clearSessionCookie(reply: FastifyReply, audience: Audience, isSecure: boolean): void {
  setCookie(reply, names[audience], { value: "", isSecure, seconds: 0 });
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
