import { isXmlText } from "#platform/document/xml-text.ts";

import { mergeErrors, type FieldErrors } from "./field-errors.ts";

export type Annotations = Readonly<Record<string, string>>;

const lengthMax = 255;

/** The names that 3scale knows. Others, from before they were refused, stay until they are emptied. */
const known: ReadonlySet<string> = new Set(["managed_by"]);

/** As jsonb orders names, shorter ones first: documents show them in this order, before they are stored as after. */
const asStored = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a.length - b.length || (a < b ? -1 : 1);

/** The annotations after an input: what it does not name stays, and what it empties goes. */
export function readAnnotations(
  old: Annotations,
  input: unknown,
): { readonly annotations: Annotations; readonly errors: FieldErrors } {
  if (input === undefined || input === null || input === "") return { annotations: old, errors: {} };
  if (typeof input !== "object" || Array.isArray(input))
    return { annotations: old, errors: { annotations: ["is invalid"] } };

  const annotations = new Map(Object.entries(old));
  let hasUnknownName = false;
  const wrong: string[] = [];
  for (const [name, given] of Object.entries(input)) {
    const text: unknown = given ?? "";
    if (!known.has(name) && !annotations.has(name)) hasUnknownName = true;
    else if (typeof text !== "string") wrong.push(`${name} is invalid`);
    else if (!isXmlText(text)) wrong.push(`${name} contains characters that are not allowed`);
    else if (text.length > lengthMax) wrong.push(`${name} is too long (maximum is ${lengthMax} characters)`);
    else if (text.trim() === "") annotations.delete(name);
    else annotations.set(name, text);
  }
  return {
    annotations: Object.fromEntries([...annotations].toSorted(asStored)),
    errors: mergeErrors({
      "annotations.name": hasUnknownName ? ["is not included in the list"] : [],
      annotations: wrong,
    }),
  };
}
