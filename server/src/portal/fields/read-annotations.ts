import { isXmlName, isXmlText } from "#platform/document/xml-text.ts";

import { textLimits } from "#platform/limits/limits.ts";
import type { FieldErrors } from "./field-errors.ts";

export type Annotations = Readonly<Record<string, string>>;

const lengthMax = 255;

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
  const wrong: string[] = [];
  for (const [name, given] of Object.entries(input)) {
    const text: unknown = given ?? "";
    if (name.length > lengthMax) wrong.push(`has a name that is too long (maximum is ${lengthMax} characters)`);
    else if (!isXmlName(name)) wrong.push(`name ${JSON.stringify(name)} is invalid`);
    else if (typeof text !== "string") wrong.push(`${name} is invalid`);
    else if (!isXmlText(text)) wrong.push(`${name} contains characters that are not allowed`);
    else if (text.length > lengthMax) wrong.push(`${name} is too long (maximum is ${lengthMax} characters)`);
    else if (text.trim() === "") annotations.delete(name);
    else annotations.set(name, text);
  }
  if (annotations.size > textLimits.annotations.max)
    wrong.push(`are too many (maximum is ${textLimits.annotations.max})`);
  return {
    annotations: Object.fromEntries([...annotations].toSorted(asStored)),
    errors: wrong.length > 0 ? { annotations: wrong } : {},
  };
}
