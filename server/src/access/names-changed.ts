import { isDeepStrictEqual } from "node:util";

/** The names of what differs, for the audit: which of a thing's settings somebody changed. */
export function namesChanged<It extends object>(before: It, after: It): readonly string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([name, it]) => (isDeepStrictEqual(it, old.get(name)) ? [] : [name]));
}
