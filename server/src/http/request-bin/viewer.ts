import type { FastifyRequest } from "fastify";
import { denialReason } from "#access/index.ts";
import { callerOfPortalUser, credentialParameters } from "#http/shared/admin-caller.ts";
import { findSignedInUser } from "#http/shared/browser-session.ts";
import { isSameSecret } from "#http/shared/forms.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { indentXml } from "#platform/xml.ts";
import { type Bin, readBin } from "#request-bin/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { credentialFields } from "#webhooks/events/index.ts";

export interface RequestBinNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Returns the public base URL of the provider's bins, without a trailing slash. */
  readonly originOf: (request: FastifyRequest) => string;
  /** Returns the secrets of the endpoints that point to the bin. */
  readonly secretsOfBin: (bin: { readonly providerId: number; readonly id: string }) => Promise<readonly string[]>;
}

export interface BinParams {
  readonly Params: { readonly id: string };
}

export interface Viewer {
  readonly bin: Bin;
  /** True for a signed-in admin of the bin's provider. All others see credentials masked. */
  readonly isAdmin: boolean;
}

export interface ViewRequest {
  readonly Params: { readonly id: string };
  readonly Querystring: { readonly key?: string };
}

/** `no bin`: the provider has no bin with this id. `no right`: neither the view key nor an admin's session. */
export type NotViewer = "no bin" | "no right" | "suspended";

export type FindViewer = (request: FastifyRequest<ViewRequest>) => Promise<Viewer | NotViewer>;

/** Finds a viewer by the bin's view key, or by an Admin Portal session with permission to read webhooks. */
export const createFindViewer =
  ({ pool, clock }: { readonly pool: Database; readonly clock: Clock }): FindViewer =>
  async (request) => {
    const { provider, params, query } = request;
    if (provider.state === "suspended") return "suspended";
    const bin = await readBin(pool, { providerId: provider.id, id: params.id });
    if (!bin) return "no bin";
    const signedIn = await findSignedInUser({ pool, clock }, request);
    const isAdmin =
      signedIn !== undefined &&
      denialReason(callerOfPortalUser(signedIn.user), "read-webhooks", provider) === undefined;
    return isAdmin || hasViewKey(query.key, bin) ? { bin, isAdmin } : "no right";
  };

// A parameter that is given twice is an array.
const hasViewKey = (key: unknown, bin: Bin): boolean => typeof key === "string" && isSameSecret(key, bin.viewKey);

/** Returns a path of the bin's view with its key, so that links work for every viewer. */
export function viewPath({ id, viewKey }: Bin, below = "", parameters: Readonly<Record<string, string>> = {}): string {
  return `/bins/${id}/view${below}?${new URLSearchParams({ key: viewKey, ...parameters }).toString()}`;
}

const mask = "…";

/**
 * Names of values that only admins see: credential fields of event documents, the key of a `key_*` event, and the credentials
 * of our own APIs.
 */
const secretNames: ReadonlySet<string> = new Set([
  ...credentialFields,
  ...credentialParameters,
  "key",
  "password",
  "secret",
]);

/** Headers without secrets. All others may contain one: an endpoint's own headers often include an `Authorization`. */
const openHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "expect",
  "host",
  "transfer-encoding",
  "user-agent",
]);
const openHeaderPrefixes = ["bellwire-", "webhook-", "ce-"];

type Header = readonly [name: string, value: string];

/** Masks the value of each header that may be a secret. */
export const maskHeaders = (headers: readonly Header[]): readonly Header[] =>
  headers.map(([name, value]) => [name, isOpen(name.toLowerCase()) ? value : mask]);

const isOpen = (name: string): boolean =>
  openHeaders.has(name) || openHeaderPrefixes.some((prefix) => name.startsWith(prefix));

/** Masks all values of a query string, as in an endpoint's URL. */
export const maskQuery = (query: string): string => maskUrl(`?${query}`).slice(1);

/**
 * Returns the body indented, with the values of secret names masked. Returns `undefined` where the end of such a value is
 * unknown: the text contains a secret name and is neither JSON nor XML, or is truncated.
 */
export function maskBody(text: string): string | undefined {
  const isSecret = (name: string): boolean => secretNames.has(name);
  const masked = indentJson(text, { isSecret, mask }) ?? indentXml(text, { isSecret, mask });
  return masked ?? (containsSecretName(text) ? undefined : text);
}

const containsSecretName = (text: string): boolean => text.split(/\W+/).some((word) => secretNames.has(word));

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The indentation of nested JSON grows with the square of its depth. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * Returns the JSON with line breaks, with numbers and keys as they were written and the values of secret names masked. Returns
 * `undefined` for a text that is not JSON or is nested too deeply.
 */
export function indentJson(text: string, masking?: Masking): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let output = "";
  let previous = "";
  let name = "";
  /** Open brackets inside the value that is being masked. 0 outside of one. */
  let maskedDepth = 0;
  const breakLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const [lexeme] of text.matchAll(token)) {
    if (maskedDepth > 0) {
      if (lexeme === "{" || lexeme === "[") maskedDepth += 1;
      if (lexeme === "}" || lexeme === "]") maskedDepth -= 1;
      continue;
    }
    if (masking && previous === ":" && masking.isSecret(name)) {
      output += JSON.stringify(masking.mask);
      maskedDepth = lexeme === "{" || lexeme === "[" ? 1 : 0;
      previous = masking.mask;
      continue;
    }
    const closes = lexeme === "}" || lexeme === "]";
    if (closes) depth -= 1;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if ((closes && !isEmpty) || (!closes && (previous === "{" || previous === "["))) output += breakLine();
    output += lexeme;
    if (lexeme === "{" || lexeme === "[") depth += 1;
    if (depth > depthMax) return undefined;
    if (lexeme === ",") output += breakLine();
    if (lexeme === ":") {
      output += " ";
      name = String(JSON.parse(previous));
    }
    previous = lexeme;
  }
  return output;
}
