import { createHash } from "node:crypto";
import type { QueryConfig } from "pg";

const names = new Map<string, string>();

/**
 * A statement that each connection parses once and PostgreSQL plans once: over partitioned tables, planning a small
 * statement takes longer than running it. Texts are constants of the code, so there are few.
 */
export function prepared(text: string, values: readonly unknown[]): QueryConfig {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash("sha256").update(text).digest("base64url").slice(0, 24);
    names.set(text, name);
  }
  return { name, text, values: [...values] };
}
