import { createHmac, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { randomHex } from "#platform/ids.ts";
import { readCookie, setCookie } from "./browser-session.ts";
import { Problem } from "./problem.ts";

/** The text that bytes are. What is not UTF-8 is refused: to guess would store something that nobody has sent. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}

/** What a query or a URL-encoded form says, in its order. Refused, where its bytes are not UTF-8. */
export const readPairs = (text: string): (readonly [name: string, value: string])[] =>
  text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [decode(name), decode(value.join("="))] as const;
    });

/** A percent sign that stands for no byte is one, as the URL standard has it: programs forget to encode it. */
const bare = /%(?![\da-f]{2})/gi;

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " ").replaceAll(bare, "%25"));
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}

/** Reads the bodies of a page's forms, up to a size. */
export function acceptForms(http: FastifyInstance, { bytesMax: bodyLimit }: { readonly bytesMax: number }): void {
  http.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer", bodyLimit },
    async (_request: unknown, body: Buffer) => byName(readPairs(decodeUtf8(body))),
  );
}

/** What a form says several times is a list, as it is in a query. */
const byName = (pairs: ReturnType<typeof readPairs>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...Map.groupBy(pairs, ([name]) => name)].map(([name, said]) => {
      const values = said.map(([, value]) => value);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );

/** The fields of a form as texts. Of a field that was sent twice, the first; what is not a form has none. */
export function readForm(body: unknown): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null); // a field may be called `constructor`
  if (typeof body !== "object" || body === null) return fields;
  for (const [name, value] of Object.entries(body)) {
    const text: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof text === "string") fields[name] = text;
  }
  return fields;
}

/** All that a form says under one name, in its order. */
export function readList(body: unknown, name: string): readonly string[] {
  if (typeof body !== "object" || body === null) return [];
  const value: unknown = Object.entries(body).find(([its]) => its === name)?.[1];
  return [value].flat().filter((it) => typeof it === "string");
}

/** Takes as long for a guess that is nearly right as for any other of its length. */
export function isSameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Whether a page of another origin sent this. A browser says where a request comes from (Sec-Fetch-Site, else Origin); a
 * program says neither, and is no danger: it has no cookies of somebody else to abuse.
 */
export function isCrossOrigin(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string") return site !== "same-origin" && site !== "none";
  const { origin } = request.headers;
  return origin !== undefined && hostOf(origin) !== request.host;
}

/** With the port, unless it is the scheme's own: as browsers write Host. */
const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host;

/** Knows a browser again that has not signed in. Names nobody, and goes when the browser is closed. */
const formCookieName = "bellwire_form";
const formCookieShape = /^[0-9a-f]{32}$/;

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
  if (known === undefined) setCookie(reply, formCookieName, { value: browser, isSecure: secureCookies });
  const issuedAtMs = now.getTime();
  return `${issuedAtMs}.${signFormToken(cookieSecret, browser, issuedAtMs)}`;
}

/** When the form was made, if it is one of ours that this browser was given. */
export function readFormToken(
  request: FastifyRequest,
  form: Readonly<Record<string, string>>,
  cookieSecret: Buffer,
): { issuedAtMs: number } | undefined {
  const browser = browserOf(request);
  const [, issuedAt, signature] = tokenShape.exec(form[inputName] ?? "") ?? [];
  if (browser === undefined || signature === undefined || isCrossOrigin(request)) return undefined;
  const issuedAtMs = Number(issuedAt);
  return isSameSecret(signature, signFormToken(cookieSecret, browser, issuedAtMs)) ? { issuedAtMs } : undefined;
}

/** Whether a form of somebody signed in holds their session's token. */
export const hasSessionToken = (
  request: FastifyRequest,
  form: Readonly<Record<string, string>>,
  csrfToken: string,
): boolean => isSameSecret(form[inputName] ?? "", csrfToken) && !isCrossOrigin(request);

function browserOf(request: FastifyRequest): string | undefined {
  const value = readCookie(request, formCookieName);
  return value !== undefined && formCookieShape.test(value) ? value : undefined;
}

const signFormToken = (secret: Buffer, browser: string, issuedAtMs: number): string =>
  createHmac("sha256", secret).update(`form before sign-in ${browser} ${issuedAtMs}`).digest("base64url");

const nowhere = "http://nowhere.invalid";

/** Where to go after signing in: a path of ours below `within`, or `fallback` for everything that could lead elsewhere. */
export function returnPath(
  asked: string | undefined,
  { within, fallback }: { within: string; fallback: string },
): string {
  // Browsers read \ as / and drop tabs and line ends: URL does the same, so what is judged is what they would open.
  const url = asked?.startsWith("/") ? URL.parse(asked, nowhere) : null;
  if (!url || url.origin !== nowhere) return fallback;
  const isWithin = url.pathname === within || url.pathname.startsWith(within.endsWith("/") ? within : `${within}/`);
  // A path such as /..//elsewhere is ours as it stands, and somebody else's once it is opened again.
  return isWithin && !url.pathname.startsWith("//") ? `${url.pathname}${url.search}` : fallback;
}
