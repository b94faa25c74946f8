import { createHash } from "node:crypto";
import type pg from "pg";

/** What a column of an answer is called, and how its text is read. */
export interface Column {
  readonly name: string;
  readonly read: (text: string) => unknown;
}

/**
 * What a connection's server has prepared, by name, with the columns that it answers with. It is parsed once, planned once
 * and described once: over partitioned tables, planning a small statement takes longer than running it. Texts are constants
 * of the code, so there are few. Undefined: a failure left open whether the server knows the name.
 */
export type Prepared = Map<string, readonly Column[] | undefined>;

const preparedOn = new WeakMap<pg.Connection, Prepared>();

export function preparedBy(connection: pg.Connection): Prepared {
  const prepared = preparedOn.get(connection) ?? new Map<string, readonly Column[] | undefined>();
  preparedOn.set(connection, prepared);
  return prepared;
}

const names = new Map<string, string>();

/** What a statement is prepared as. */
export function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash("sha256").update(text).digest("base64url").slice(0, 24);
    names.set(text, name);
  }
  return name;
}
