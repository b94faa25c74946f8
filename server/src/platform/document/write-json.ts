import type { Node, Value } from "./document.ts";
import { writeDecimal } from "./write-decimal.ts";

export type Json = null | string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

declare global {
  interface JSON {
    /** Of ECMAScript's proposal "JSON.parse source text access"; Node.js has it, TypeScript does not tell of it. */
    rawJSON(text: string): Json;
  }
}

/** A decimal as a number that has its fraction also where that is 0: `100.0`. For JSON.stringify alone. */
export const decimalToJson = (decimal: string): Json => JSON.rawJSON(writeDecimal(decimal));

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
