import { credentialParameters } from "#http/shared/admin-caller.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { credentialFields } from "#webhooks/events/index.ts";
import { indentJson } from "./indent-json.ts";

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
