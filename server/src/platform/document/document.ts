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
