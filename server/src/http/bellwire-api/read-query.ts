import { Problem } from "#http/shared/problem.ts";
import { parseTime } from "#platform/times.ts";

/** The times of a query, in which each is written as the schema asks for. */
export function timesOf<Name extends string>(query: { readonly [name in Name]?: string }, names: readonly Name[]) {
  const times: { [name in Name]?: Date } = {};
  for (const name of names) {
    const text = query[name];
    if (text !== undefined) times[name] = parseTime(text) ?? refuse(name, "is no time");
  }
  return times;
}

/** What `read` makes of a cursor, which must be one that we gave. */
export function cursorOf<Cursor>(
  after: string | undefined,
  read: (text: string) => Cursor | undefined,
): Cursor | undefined {
  return after === undefined ? undefined : (read(after) ?? refuse("after", "is not the `next` of a page"));
}

export const readUuid = (text: string): string | undefined =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined;

function refuse(field: string, sentence: string): never {
  throw new Problem("invalid", { errors: { [field]: [sentence] } });
}
