import { createHmac, timingSafeEqual } from "node:crypto";
import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { randomHex } from "#platform/ids.ts";
import { requestLimits } from "#platform/limits.ts";
import { Problem } from "./problem.ts";

const notUtf8 = "The request cannot be read: its text is not UTF-8.";

/** Decodes UTF-8 and refuses other bytes, because a replacement character would store a text that nobody sent. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause, detail: notUtf8 });
  }
}

/** Refuses compressed bodies, which no operation reads. Other values of Content-Encoding are mistakes of clients, such as `UTF-8`. */
export function refuseCompressedBodies(http: FastifyInstance): void {
  http.addHook("preParsing", async ({ headers }) => {
    if (!/\b(?:gzip|deflate|br|zstd|compress)\b/i.test(headers["content-encoding"] ?? "")) return;
    throw new Problem("media-type-unsupported", {
      detail: "The body is compressed (Content-Encoding). Send it as it is.",
    });
  });
}

const { max: jsonValuesMax } = requestLimits.jsonValues;

/**
 * Refuses JSON with more values than any operation takes. A mebibyte of them would take half a second of the event loop: TypeBox
 * visits all items of a list to explain that it is too long.
 */
export function limitJsonValues(json: unknown): void {
  const open = [json];
  for (let visited = 0; open.length > 0; visited += 1) {
    if (visited + open.length > jsonValuesMax)
      throw new Problem("body-too-large", { detail: `The JSON may have at most ${jsonValuesMax} values.` });
    const value = open.pop();
    if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) open.push(inner);
  }
}

const { max: fieldsMax } = requestLimits.formFields;

/**
 * Divides a form into its fields. Refuses more fields than any form has: a mebibyte of them, which anybody may send, would take half a
 * second of the event loop.
 */
function splitFields(form: string, separator: string): readonly string[] {
  const fields = form.split(separator, fieldsMax + 1);
  if (fields.length > fieldsMax)
    throw new Problem("body-too-large", { detail: `A form may have at most ${fieldsMax} fields.` });
  return fields;
}

/** Parses a query or a URL-encoded form in its order. Refuses bytes that are not UTF-8. */
export const parsePairs = (text: string): (readonly [name: string, value: string])[] =>
  splitFields(text, "&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at === -1
        ? ([decode(pair), ""] as const)
        : ([decode(pair.slice(0, at)), decode(pair.slice(at + 1))] as const);
    });

export const queryString = ({ url }: Pick<FastifyRequest, "url">): string => url.split("?").slice(1).join("?");

/** Refuses a query that is not UTF-8. Fastify keeps its percent-encoding as text, so that a filter would find nothing. */
export const requireUtf8Query = (request: Pick<FastifyRequest, "url">): void => void decode(queryString(request));

/** Percent signs that encode no byte. The URL standard keeps them as they are. */
const bare = /%(?![\da-f]{2})/gi;

function decode(text: string): string {
  try {
    // `replaceAll` would take 100 ms for a mebibyte of plus signs, and this takes 15.
    return decodeURIComponent(text.split("+").join(" ").replaceAll(bare, "%25"));
  } catch (cause) {
    throw new Problem("request-unreadable", { cause, detail: notUtf8 });
  }
}

/** Parses URL-encoded bodies up to a size. */
export function acceptForms(http: FastifyInstance, { bytesMax: bodyLimit }: { readonly bytesMax: number }): void {
  http.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer", bodyLimit },
    async (_request: unknown, body: Buffer) => byName(parsePairs(decodeUtf8(body))),
  );
}

/** A name with several values becomes a list, as in a query. */
const byName = (pairs: ReturnType<typeof parsePairs>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...Map.groupBy(pairs, ([name]) => name)].map(([name, fields]) => {
      const values = fields.map(([, value]) => value);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );

/** Returns the fields of a form, each with its first value. A body that is not a form has none. */
export function readForm(body: unknown): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null); // a field may be called `constructor`
  if (typeof body !== "object" || body === null) return fields;
  for (const [name, value] of Object.entries(body)) {
    const text: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof text === "string") fields[name] = text;
  }
  return fields;
}

/** Returns all values of a field in their order. */
export function readList(body: unknown, name: string): readonly string[] {
  if (typeof body !== "object" || body === null) return [];
  const value: unknown = Object.entries(body).find(([field]) => field === name)?.[1];
  return [value].flat().filter((text) => typeof text === "string");
}

/** Compares in constant time for texts of the same length. */
export function isSameSecret(received: string, expected: string): boolean {
  const [a, b] = [Buffer.from(received), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Returns true if a page of another origin sent the request. Browsers send Sec-Fetch-Site, older ones Origin. Programs send
 * neither, and have no cookies of another person to abuse.
 */
export function isCrossOrigin(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string") return site !== "same-origin" && site !== "none";
  const { origin } = request.headers;
  return origin !== undefined && hostOf(origin) !== request.host;
}

/** Includes the port unless it is the scheme's default, as in a Host header. */
const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host;

/** Identifies a browser without a session, until it is closed. */
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
 * Issues the token of a form that is sent without a session: the time, signed together with the browser's cookie. Another site
 * can read neither the form nor the cookie, so it cannot create a matching token.
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

/** Returns when the form was issued, if it was issued to this browser. */
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

/** Returns true if the form contains the token of the user's session. */
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

/** Returns the path to open after signing in: below `within`, or `fallback` for paths that could lead to another site. */
export function returnPath(
  requestedPath: string | undefined,
  { within, fallback }: { within: string; fallback: string },
): string {
  // Browsers read \ as / and drop tabs and line ends. URL does the same, so the check sees the URL that they would open.
  const url = requestedPath?.startsWith("/") ? URL.parse(requestedPath, nowhere) : null;
  if (!url || url.origin !== nowhere) return fallback;
  const isWithin = url.pathname === within || url.pathname.startsWith(within.endsWith("/") ? within : `${within}/`);
  // A path such as /..//elsewhere is resolved to //elsewhere, which is another host.
  return isWithin && !url.pathname.startsWith("//") ? `${url.pathname}${url.search}` : fallback;
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

/** Returns the texts of a form. Files may hold any bytes, so the UTF-8 check runs only if a field contains a replacement character. */
export async function parseMultipart(
  body: Buffer<ArrayBuffer>,
  { contentType, fileFields }: { readonly contentType: string; readonly fileFields: ReadonlySet<string> },
): Promise<[string, string][]> {
  splitFields(body.toString("latin1"), "\r\n--"); // refuses too many before they are parsed
  const form = await parseForm(body, contentType);
  const fields: [string, string][] = [];
  for (const [name, content] of form) {
    if (typeof content === "string") fields.push([name, content]);
    else if (fileFields.has(name)) fields.push([name, await content.text()]);
  }
  if (fields.flat().some((text) => text.includes("\ufffd"))) decodeUtf8(body);
  return fields;
}

async function parseForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}
