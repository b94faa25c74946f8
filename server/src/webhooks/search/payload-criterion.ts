import type { Wrong } from "./filter.ts";

/** A value at a path of the JSON payload, a part of one, or a text that is anywhere in it. */
export type PayloadCriterion =
  | { readonly kind: "equals" | "contains"; readonly path: readonly string[]; readonly text: string }
  | { readonly kind: "anywhere"; readonly text: string };

const withPath = /^\s*([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*([=~])\s*(.*?)\s*$/s;

/** Parses `data.account.org_name = value`, `data.user.email ~ part` or a text. A value may be a JSON string. */
export function parsePayloadCriterion(input: string): PayloadCriterion | Wrong {
  if (input.includes("\0")) return { wrong: "contains a character that no payload contains" };
  const [, path, operator, value] = withPath.exec(input) ?? [];
  if (path === undefined || value === undefined) {
    const text = unquoted(input.trim());
    return text === "" ? { wrong: "has no text to find" } : { kind: "anywhere", text };
  }
  const text = unquoted(value);
  if (text === "") return { wrong: "needs a value after the operator" };
  return { kind: operator === "=" ? "equals" : "contains", path: path.split("."), text };
}

function unquoted(text: string): string {
  if (!/^".*"$/s.test(text)) return text;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "string" ? parsed : text;
  } catch {
    return text;
  }
}

/** Returns whether a payload, as JSON, matches. Parts are found in any case; a whole value must be equal. */
export function matchesPayload(criterion: PayloadCriterion, payload: unknown): boolean {
  const part = foldCase(criterion.text);
  const isPart = (value: Scalar): boolean => foldCase(String(value)).includes(part);
  switch (criterion.kind) {
    case "equals":
      return valuesAt(payload, criterion.path).some((value) => String(value) === criterion.text);
    case "contains":
      return valuesAt(payload, criterion.path).some(isPart);
    case "anywhere":
      return allValues(payload).some(isPart);
  }
}

/**
 * Returns the text in lower case, for comparisons that ignore case. `toLowerCase` makes a Σ at the end of a word a ς, which a part of
 * the word does not have. `wordsMatch` of the failures does the same in SQL.
 */
export const foldCase = (text: string): string => text.replaceAll(/[Σς]/g, "σ").toLowerCase();

type Scalar = null | string | number | boolean;

const isObject = (json: unknown): json is object => typeof json === "object" && json !== null;

const isScalar = (json: unknown): json is Scalar =>
  json === null || typeof json === "string" || typeof json === "number" || typeof json === "boolean";

/** Returns the scalar values at a path. A path leads through each element of a list. */
function valuesAt(json: unknown, path: readonly string[]): readonly Scalar[] {
  if (Array.isArray(json)) return json.flatMap((element) => valuesAt(element, path));
  const [name, ...rest] = path;
  if (name === undefined) return isScalar(json) ? [json] : [];
  return isObject(json) ? valuesAt(Object.getOwnPropertyDescriptor(json, name)?.value, rest) : [];
}

/** Returns every scalar value of a JSON document, at any depth. */
export function allValues(json: unknown): readonly Scalar[] {
  if (isScalar(json)) return [json];
  return isObject(json) ? Object.values(json).flatMap(allValues) : [];
}

/**
 * Returns a text that every match contains, as plain text and as JSON, so that PostgreSQL skips most other rows. It is
 * the longest run of characters that JSON does not escape and whose lower case does not depend on the locale.
 */
export function necessaryText(text: string): string {
  const runs = text.match(/[\x20\x21\x23-\x5b\x5d-\x7e]+/g) ?? [];
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), "").toLowerCase();
}
