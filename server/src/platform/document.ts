/**
 * The plain tree that representers make and doors write, as XML (`write-xml.ts`) or JSON (`write-json.ts`).
 *
 * A node is an element with a value, an element repeated for each of several values, a record of named children, or a
 * list of like children. Values keep their type, so that each writer renders them its own way; `decimal` is a number
 * whose text always has a fractional digit.
 */
export type Value = null | string | number | boolean | { readonly decimal: string };

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export type Node =
  | {
      readonly name: string;
      /** XML attributes, in order. JSON leaves those of a value out. */
      readonly attributes?: Attributes;
      readonly value: Value;
    }
  | { readonly name: string; readonly repeated: readonly Value[] }
  | {
      readonly name: string;
      /** XML attributes, in order. JSON writes them as the record's first fields. */
      readonly attributes?: Attributes;
      readonly record: readonly Node[];
    }
  | {
      readonly name: string;
      readonly list: readonly Node[];
      /** How XML writes it without children: `<plans/>` (alone) or `<keys></keys>` (open). */
      readonly whenEmpty: "alone" | "open";
    };

export const value = (name: string, it: Value, attributes?: Attributes): Node =>
  attributes ? { name, attributes, value: it } : { name, value: it };

export const repeated = (name: string, them: readonly Value[]): Node => ({ name, repeated: them });

export const record = (name: string, children: readonly Node[], attributes?: Attributes): Node =>
  attributes ? { name, attributes, record: children } : { name, record: children };

export const list = (name: string, children: readonly Node[], whenEmpty: "alone" | "open"): Node => ({
  name,
  list: children,
  whenEmpty,
});

const plainDecimal = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** A decimal's text with at least one fractional digit, and no zeros before or after it that say nothing: `12.5`, `0.0`. */
export function formatDecimal(decimal: string): string {
  const [, sign, whole, fraction] = plainDecimal.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`not a plain decimal: ${decimal}`);
  return `${sign}${whole}.${fraction || "0"}`;
}

export type Json = null | string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

declare global {
  interface JSON {
    /** ECMAScript's proposal "JSON.parse source text access": Node.js has it, TypeScript's types do not. */
    rawJSON(text: string): Json;
  }
}

/** A decimal as a number that has its fraction also where that is 0: `100.0`. For JSON.stringify alone. */
export const decimalToJson = (decimal: string): Json => JSON.rawJSON(formatDecimal(decimal));

/**
 * What `node` holds, without its own name: a record as an object (its attributes first), a list as an array of what its
 * children hold, a decimal as a number, made by `decimal`.
 */
export function documentToJson(node: Node, decimal: (text: string) => Json = Number): Json {
  if ("record" in node) {
    const held: [string, Json][] = Object.entries(node.attributes ?? {});
    for (const child of node.record) held.push([child.name, documentToJson(child, decimal)]);
    return Object.fromEntries(held);
  }
  if ("list" in node) return node.list.map((child) => documentToJson(child, decimal));
  if ("repeated" in node) return node.repeated.map((it) => valueToJson(it, decimal));
  return valueToJson(node.value, decimal);
}

const valueToJson = (it: Value, decimal: (text: string) => Json): Json =>
  typeof it === "object" && it !== null ? decimal(it.decimal) : it;
