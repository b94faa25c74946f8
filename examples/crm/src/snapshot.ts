import { textOf, type Fields } from "@bellwire/receiver";

/** An object as an event found it. */
export interface Snapshot {
  readonly object: Fields;
  /** The event's place in the order of its account. */
  readonly sequence: number;
  /** When the object was deleted, if that is what happened. */
  readonly deletedAt: string | null;
}

/** The id in a field. SQLite would make one up for a row that comes without. */
export function idIn(object: Fields, field: string): number {
  const id = Number(textOf(object, field));
  if (!Number.isSafeInteger(id)) throw new Error(`An object came without its ${field}.`);
  return id;
}
