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
  /** Where the outside reaches the bins of whom a request was sent to, without a slash at the end. */
  readonly originOf: (request: FastifyRequest) => string;
  /** The secrets of the endpoints that point to the bin; none if there is no such endpoint. */
  readonly secretsOfBin: (bin: { readonly providerId: number; readonly id: string }) => Promise<readonly string[]>;
}

export interface BinParams {
  readonly Params: { readonly id: string };
}

/** Somebody with the right to view a bin. */
export interface Viewer {
  readonly bin: Bin;
  /** Whether they are signed in as an admin of the bin's provider: all others see credentials masked. */
  readonly isAdmin: boolean;
}

export interface ViewRequest {
  readonly Params: { readonly id: string };
  readonly Querystring: { readonly key?: string };
}

/** `no bin`: there is none with this id at this provider's host. `no right`: neither the view key nor an admin's session. */
export type NotViewer = "no bin" | "no right" | "suspended";

export type FindViewer = (request: FastifyRequest<ViewRequest>) => Promise<Viewer | NotViewer>;

/** The right to view is the bin's view key, or an Admin Portal session of somebody who may read its webhooks. */
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

// A parameter that is given twice is a list.
const hasViewKey = (key: unknown, bin: Bin): boolean => typeof key === "string" && isSameSecret(key, bin.viewKey);

/** A path of the bin's view with its key, so that what links there works for whoever may view. */
export function viewPath({ id, viewKey }: Bin, below = "", parameters: Readonly<Record<string, string>> = {}): string {
  return `/bins/${id}/view${below}?${new URLSearchParams({ key: viewKey, ...parameters }).toString()}`;
}

/** Shown in place of a secret. */
const mask = "…";

/**
 * Names whose values only admins see: the credential fields of event documents, the key that a `key_*` event is about,
 * and the credentials that our own APIs take.
 */
const secretNames: ReadonlySet<string> = new Set([
  ...credentialFields,
  ...credentialParameters,
  "key",
  "password",
  "secret",
]);

/** Headers that carry no secret. All others may: an endpoint's own headers often hold an `Authorization`. */
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

/** Hides the value of each header that may be a secret. */
export const maskHeaders = (headers: readonly Header[]): readonly Header[] =>
  headers.map(([name, value]) => [name, isOpen(name.toLowerCase()) ? value : mask]);

const isOpen = (name: string): boolean =>
  openHeaders.has(name) || openHeaderPrefixes.some((prefix) => name.startsWith(prefix));

/** Hides all values of a query string, as in an endpoint's URL. */
export const maskQuery = (query: string): string => maskUrl(`?${query}`).slice(1);

/**
 * Returns the body indented, with the values of secret names hidden. Returns `undefined` if it cannot tell where such
 * values end: a text that is neither JSON nor XML, or only the beginning of one, and that contains a secret name.
 */
export function maskBody(text: string): string | undefined {
  const isSecret = (name: string): boolean => secretNames.has(name);
  const masked = indentJson(text, { isSecret, mask }) ?? indentXml(text, { isSecret, mask });
  return masked ?? (containsSecretName(text) ? undefined : text);
}

const containsSecretName = (text: string): boolean => text.split(/\W+/).some((word) => secretNames.has(word));

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** How deep things may stand in each other: indentation grows with the square of it. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * Returns the same JSON with line breaks, every number and key as it was written, and the values of secret names masked.
 * `undefined`: it is no JSON, or nested too deeply.
 */
export function indentJson(text: string, masking?: Masking): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let written = "";
  let previous = "";
  let name = "";
  /** Brackets open inside the value that is being masked; 0 outside of one. */
  let maskedDepth = 0;
  const breakLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const [it] of text.matchAll(token)) {
    if (maskedDepth > 0) {
      if (it === "{" || it === "[") maskedDepth += 1;
      if (it === "}" || it === "]") maskedDepth -= 1;
      continue;
    }
    if (masking && previous === ":" && masking.isSecret(name)) {
      written += JSON.stringify(masking.mask);
      maskedDepth = it === "{" || it === "[" ? 1 : 0;
      previous = masking.mask;
      continue;
    }
    const closes = it === "}" || it === "]";
    if (closes) depth -= 1;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if ((closes && !isEmpty) || (!closes && (previous === "{" || previous === "["))) written += breakLine();
    written += it;
    if (it === "{" || it === "[") depth += 1;
    if (depth > depthMax) return undefined;
    if (it === ",") written += breakLine();
    if (it === ":") {
      written += " ";
      name = String(JSON.parse(previous));
    }
    previous = it;
  }
  return written;
}
