import type { Node } from "#platform/document/document.ts";

/** The fields of event documents that let their bearer call the provider's API, or act as an application. */
export const credentialFields: ReadonlySet<string> = new Set(["user_key", "provider_verification_key", "keys"]);

/** The document without keys: they are sent only where they are asked for. */
export function withoutCredentials(document: Node): Node {
  if (!("record" in document)) return document;
  return {
    ...document,
    record: document.record.filter((child) => !credentialFields.has(child.name)).map(withoutCredentials),
  };
}
