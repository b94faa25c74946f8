import { indentJson } from "#platform/indent-json.ts";
import { indentXml } from "#platform/xml.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { credentialFields } from "#webhooks/events/index.ts";
import { credentialParameters } from "./admin-caller.ts";
import { type RequestMasking, unmasked } from "./inspect-bin-requests.ts";

/*
 * A bin shows what endpoints send: their own headers, the values in their URLs, keys of applications. So its requests have secrets
 * that only callers see who may also read those of the endpoints.
 */

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
const maskHeaders = (headers: readonly Header[]): readonly Header[] =>
  headers.map(([name, value]) => [name, isOpen(name.toLowerCase()) ? value : mask]);

const isOpen = (name: string): boolean =>
  openHeaders.has(name) || openHeaderPrefixes.some((prefix) => name.startsWith(prefix));

/** Masks all values of a query string, as in an endpoint's URL. */
const maskQuery = (query: string): string => maskUrl(`?${query}`).slice(1);

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

/** For viewers who may not see secrets. */
const masked: RequestMasking = { headers: maskHeaders, query: maskQuery, body: maskBody };

export const maskingFor = (maySeeSecrets: boolean): RequestMasking => (maySeeSecrets ? unmasked : masked);
