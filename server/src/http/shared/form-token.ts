import { createHmac } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { randomHex } from "#platform/ids/random-token.ts";
import { isSameSecret } from "./is-same-secret.ts";
import { comesFromElsewhere } from "./same-origin.ts";
import { readCookie, setCookie } from "./session-cookie.ts";

/** Knows a browser again that has not signed in. Names nobody, and goes when the browser is closed. */
const cookieName = "bellwire_form";
const cookieShape = /^[0-9a-f]{32}$/;

/** The hidden input of every form of the two portals. */
const inputName = "form_token";
const tokenShape = /^(\d{1,15})\.([\w-]{43})$/;

interface FormTokenNeeds {
  readonly cookieSecret: Buffer;
  readonly secureCookies: boolean;
}

/**
 * For a form that is sent before there is a session: the time, signed together with the browser's cookie. Another site can
 * neither read the form nor the cookie, so it cannot make one that fits.
 */
export function issueFormToken(
  request: FastifyRequest,
  reply: FastifyReply,
  { cookieSecret, secureCookies }: FormTokenNeeds,
  now: Date,
): string {
  const known = browserOf(request);
  const browser = known ?? randomHex(16);
  if (known === undefined) setCookie(reply, cookieName, { value: browser, isSecure: secureCookies });
  const issuedAtMs = now.getTime();
  return `${issuedAtMs}.${sign(cookieSecret, browser, issuedAtMs)}`;
}

/** When the form was made, if it is one of ours that this browser was given. */
export function whenFormWasIssued(
  request: FastifyRequest,
  form: Readonly<Record<string, string>>,
  cookieSecret: Buffer,
): { issuedAtMs: number } | undefined {
  const browser = browserOf(request);
  const [, issuedAt, signature] = tokenShape.exec(form[inputName] ?? "") ?? [];
  if (browser === undefined || signature === undefined || comesFromElsewhere(request)) return undefined;
  const issuedAtMs = Number(issuedAt);
  return isSameSecret(signature, sign(cookieSecret, browser, issuedAtMs)) ? { issuedAtMs } : undefined;
}

/** Whether a form of somebody signed in holds their session's token. */
export const belongsToSession = (
  request: FastifyRequest,
  form: Readonly<Record<string, string>>,
  csrfToken: string,
): boolean => isSameSecret(form[inputName] ?? "", csrfToken) && !comesFromElsewhere(request);

function browserOf(request: FastifyRequest): string | undefined {
  const value = readCookie(request, cookieName);
  return value !== undefined && cookieShape.test(value) ? value : undefined;
}

const sign = (secret: Buffer, browser: string, issuedAtMs: number): string =>
  createHmac("sha256", secret).update(`form before sign-in ${browser} ${issuedAtMs}`).digest("base64url");
