import type { Node, Value } from "./document.ts";

export type Json = null | string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/**
 * What `node` holds, without its own name: a record as an object (its attributes first), a list as an array of what its
 * children hold, a decimal as a number.
 */
export function documentToJson(node: Node): Json {
  if ("record" in node) {
    const held: [string, Json][] = Object.entries(node.attributes ?? {});
    for (const child of node.record) held.push([child.name, documentToJson(child)]);
    return Object.fromEntries(held);
  }
  if ("list" in node) return node.list.map(documentToJson);
  if ("repeated" in node) return node.repeated.map(valueToJson);
  return valueToJson(node.value);
}

const valueToJson = (it: Value): Json => (typeof it === "object" && it !== null ? Number(it.decimal) : it);
