export type FieldValue = string | FieldValue[] | Fields;
export interface Fields {
  [name: string]: FieldValue;
}

/** Deeper names are taken as they stand: nothing here is nested so far, and a hostile form costs no stack. */
const depthMax = 4;

/** Names that stand for a list when they are given more than once, with brackets or without. */
const lists: ReadonlySet<string> = new Set([
  "allowed_sections",
  "allowed_service_ids",
  "application_key",
  "choices",
  "member_permission_ids",
  "member_permission_service_ids",
  "scopes",
]);

/**
 * What a form says, with its brackets understood: `a=x`, `a[b]=x`, `a[]=x`. A name that is given again replaces, unless it
 * is a list's.
 */
export function nestFields(given: Iterable<readonly [string, string]>): Fields {
  const nested: Fields = {};
  for (const [name, text] of given) {
    const path = pathOf(name);
    if (!path.includes("__proto__")) put(nested, path, text);
  }
  return nested;
}

function pathOf(name: string): readonly string[] {
  const [, first, brackets = ""] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  const inner = Array.from(brackets.matchAll(/\[([^[\]]*)\]/g), ([, it = ""]) => it);
  return first === undefined || inner.length >= depthMax ? [name] : [first, ...inner];
}

function put(into: Fields, [first = "", ...rest]: readonly string[], text: string): void {
  const there = Object.hasOwn(into, first) ? into[first] : undefined;
  const isOfList = rest.length === 0 ? there !== undefined && lists.has(first) : rest[0] === "";
  if (isOfList && Array.isArray(there)) {
    there.push(text); // not a copy each time: a form of 1 MB can say it 150,000 times
  } else if (rest.length === 0) {
    into[first] = isOfList && there !== undefined ? [there, text] : text;
  } else if (isOfList) {
    into[first] = [text];
  } else {
    const inner = typeof there === "object" && !Array.isArray(there) ? there : {};
    put(inner, rest, text);
    into[first] = inner;
  }
}
