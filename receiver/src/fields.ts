import type { Element } from "./read-xml.ts";

/** What JSON can hold. From XML, which has no types, all that is not a record or a list is text or `null`. */
export type Field = null | string | number | boolean | Fields | readonly Field[];

/** The fields of an object by their names. Its attributes are among them, as they are in JSON. */
export interface Fields {
  readonly [name: string]: Field;
}

/** Where elements stand side by side because there are several, however many there are this time. */
const lists = new Set(["plans", "users", "applications", "keys", "referrer_filters"]);

/** Whose fields the provider named. None of them is a list, whatever it is called. */
const recordsOfTexts = new Set(["extra_fields", "annotations"]);

/** The fields of an element in the shape that the format `json` has, so that a receiver reads both alike. */
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

/** Whether a field, or what JSON.parse gave, is a record. */
export const isFields = (it: unknown): it is Fields => typeof it === "object" && it !== null && !Array.isArray(it);

/** The text of a field, also of a number or a truth. `undefined`: it is not there, or has no value. */
export function textOf(fields: Fields, name: string): string | undefined {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return field === undefined || field === null || typeof field === "object" ? undefined : String(field);
}

/** The records of a list, none if it is not there. */
export function listOf(fields: Fields, name: string): readonly Fields[] {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return Array.isArray(field) ? field.filter(isFields) : [];
}
