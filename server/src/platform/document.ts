/**
 * The value of an element of a document. It keeps its type, because XML and JSON render it differently. `decimal` is a
 * number whose text always has a fractional digit.
 */
export type Value = null | string | number | boolean | { readonly decimal: string };

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * An element of a document, which is rendered as XML or JSON: a value, an element repeated for each of several values, a
 * record of named children, or a list of children of one kind.
 */
export type Node =
  | {
      readonly name: string;
      /** XML attributes, in order. JSON omits those of a value. */
      readonly attributes?: Attributes;
      readonly value: Value;
    }
  | { readonly name: string; readonly repeated: readonly Value[] }
  | {
      readonly name: string;
      /** XML attributes, in order. In JSON they are the record's first properties. */
      readonly attributes?: Attributes;
      readonly record: readonly Node[];
    }
  | {
      readonly name: string;
      readonly list: readonly Node[];
      /** The XML of an empty list: `<plans/>` (alone) or `<keys></keys>` (open). */
      readonly whenEmpty: "alone" | "open";
    };

export const value = (name: string, content: Value, attributes?: Attributes): Node =>
  attributes ? { name, attributes, value: content } : { name, value: content };

export const repeated = (name: string, values: readonly Value[]): Node => ({ name, repeated: values });

export const record = (name: string, children: readonly Node[], attributes?: Attributes): Node =>
  attributes ? { name, attributes, record: children } : { name, record: children };

export const list = (name: string, children: readonly Node[], whenEmpty: "alone" | "open"): Node => ({
  name,
  list: children,
  whenEmpty,
});

const plainDecimal = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** Formats a decimal with at least one fractional digit, without leading and trailing zeros: `12.5`, `0.0`. */
export function formatDecimal(decimal: string): string {
  const [, sign, integer, fraction] = plainDecimal.exec(decimal) ?? [];
  if (integer === undefined) throw new Error(`not a plain decimal: ${decimal}`);
  return `${sign}${integer}.${fraction || "0"}`;
}

export type Json = null | string | number | boolean | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const isJsonList = (json: Json | undefined): json is readonly Json[] => Array.isArray(json);
export const isJsonObject = (json: Json | undefined): json is JsonObject => isRecord(json);

/** Returns true for what is an object in JSON. */
export const isRecord = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null && !Array.isArray(input);

declare global {
  interface JSON {
    /** ECMAScript's proposal "JSON.parse source text access": Node.js has it, TypeScript's types do not. */
    rawJSON(text: string): Json;
  }
}

/** Returns a number that JSON.stringify writes with its fraction, even if it is 0: `100.0`. */
export const decimalToJson = (decimal: string): Json => JSON.rawJSON(formatDecimal(decimal));

/**
 * Returns the content of a node as JSON, without its name: a record is an object with its attributes first, a list is an
 * array of its children's contents, and `decimal` converts decimals.
 */
export function documentToJson(node: Node, decimal: (text: string) => Json = Number): Json {
  if ("record" in node) {
    const properties: [string, Json][] = Object.entries(node.attributes ?? {});
    for (const child of node.record) properties.push([child.name, documentToJson(child, decimal)]);
    return Object.fromEntries(properties);
  }
  if ("list" in node) return node.list.map((child) => documentToJson(child, decimal));
  if ("repeated" in node) return node.repeated.map((item) => valueToJson(item, decimal));
  return valueToJson(node.value, decimal);
}

const valueToJson = (content: Value, decimal: (text: string) => Json): Json =>
  typeof content === "object" && content !== null ? decimal(content.decimal) : content;

// Indents JSON without parsing numbers and texts, so that they are shown as they were written.

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The indentation of nested JSON grows with the square of its depth. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * Returns the JSON with line breaks, with numbers and keys as they were written and the values of secret names masked. Returns
 * `undefined` for a text that is not JSON or is nested too deeply.
 */
export function indentJson(text: string, masking?: Masking): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let output = "";
  let previous = "";
  let name = "";
  /** Open brackets inside the value that is being masked. 0 outside of one. */
  let maskedDepth = 0;
  const breakLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const [lexeme] of text.matchAll(token)) {
    if (maskedDepth > 0) {
      if (lexeme === "{" || lexeme === "[") maskedDepth += 1;
      if (lexeme === "}" || lexeme === "]") maskedDepth -= 1;
      continue;
    }
    if (masking && previous === ":" && masking.isSecret(name)) {
      output += JSON.stringify(masking.mask);
      maskedDepth = lexeme === "{" || lexeme === "[" ? 1 : 0;
      previous = masking.mask;
      continue;
    }
    const closes = lexeme === "}" || lexeme === "]";
    if (closes) depth -= 1;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if ((closes && !isEmpty) || (!closes && (previous === "{" || previous === "["))) output += breakLine();
    output += lexeme;
    if (lexeme === "{" || lexeme === "[") depth += 1;
    if (depth > depthMax) return undefined;
    if (lexeme === ",") output += breakLine();
    if (lexeme === ":") {
      output += " ";
      name = String(JSON.parse(previous));
    }
    previous = lexeme;
  }
  return output;
}
