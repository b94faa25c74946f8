import type { Element } from "./read-xml.ts";

/** A JSON value. XML has no types, so its values are text or `null`. */
export type Field = null | string | number | boolean | Fields | readonly Field[];

/** The fields of an object by name, including its XML attributes. */
export interface Fields {
  readonly [name: string]: Field;
}

/** Names of elements that are lists, even with a single entry. */
const lists = new Set(["plans", "users", "applications", "keys", "referrer_filters"]);

/** Names of elements with fields defined by the provider, which are never lists. */
const recordsOfTexts = new Set(["extra_fields", "annotations"]);

/** Converts an element to the structure of the format `json`. */
export function fieldsOf(element: Element): Fields {
  const fieldOfChild = recordsOfTexts.has(element.name) ? (child: Element) => child.text : fieldOf;
  const byName = Map.groupBy(element.children, (child) => child.name);
  const fields = [...byName].map(([name, [first, ...more]]): [string, Field] => {
    if (!first) return [name, null];
    return [name, more.length === 0 ? fieldOfChild(first) : [first, ...more].map(fieldOfChild)];
  });
  return Object.fromEntries([...Object.entries(element.attributes), ...fields]);
}

function fieldOf(element: Element): Field {
  if (lists.has(element.name)) return element.children.map(fieldOf);
  return element.children.length > 0 || recordsOfTexts.has(element.name) ? fieldsOf(element) : element.text;
}

/** Returns true if a field, or a parsed JSON value, is a record. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns a field as text, also numbers and booleans. Returns `undefined` if it is missing or has no value. */
export function textOf(fields: Fields, name: string): string | undefined {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return field === undefined || field === null || typeof field === "object" ? undefined : String(field);
}

/** Returns the records of a list. Returns an empty list if it is missing. */
export function listOf(fields: Fields, name: string): readonly Fields[] {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return Array.isArray(field) ? field.filter(isFields) : [];
}
