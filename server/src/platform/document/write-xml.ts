import type { Attributes, Node, Value } from "./document.ts";
import { writeDecimal } from "./write-decimal.ts";
import { isXmlText } from "./xml-text.ts";

/** `node` as one line of XML, with its declaration. */
export const writeXmlDocument = (node: Node): string => `<?xml version="1.0" encoding="UTF-8"?>${writeXml(node)}`;

/**
 * Writes `node` as 3scale's second XML library does: no declaration, an element a line indented by two spaces, elements
 * without content self-closed, and nothing of null values.
 */
export const writeIndentedXml = (node: Node): string => indentedLines(node).join("\n");

function indentedLines(node: Node): readonly string[] {
  const { name } = node;
  if ("value" in node) return node.value === null ? [] : [writeFilled(name, node.value)];
  if ("repeated" in node) return node.repeated.flatMap((it) => (it === null ? [] : [writeFilled(name, it)]));
  const attributes = "record" in node ? writeAttributes(node.attributes) : "";
  const children = ("record" in node ? node.record : node.list).flatMap(indentedLines);
  if (children.length === 0) return [`<${name}${attributes}/>`];
  return [`<${name}${attributes}>`, ...children.map((line) => `  ${line}`), `</${name}>`];
}

const writeFilled = (name: string, it: NonNullable<Value>): string =>
  it === "" ? `<${name}/>` : `<${name}>${textOf(it)}</${name}>`;

const kept = new WeakMap<Node, string | undefined>();

/** For what is written again and again, alone or within others: its text is kept for as long as the node itself. */
export function keepXml(node: Node): Node {
  kept.set(node, undefined);
  return node;
}

/** `node` as one line of XML. Throws for text that XML cannot hold: whoever let it in has a bug. */
export function writeXml(node: Node): string {
  const { name } = node;
  if ("value" in node) return writeValue(name, node.value, node.attributes);
  const known = kept.get(node);
  if (known !== undefined) return known;
  const written = writeElement(node);
  if (kept.has(node)) kept.set(node, written);
  return written;
}

function writeElement(node: Exclude<Node, { readonly value: Value }>): string {
  const { name } = node;
  if ("record" in node) return `<${name}${writeAttributes(node.attributes)}>${writeAll(node.record)}</${name}>`;
  if ("list" in node) {
    return node.list.length === 0 && node.whenEmpty === "alone"
      ? `<${name}/>`
      : `<${name}>${writeAll(node.list)}</${name}>`;
  }
  let written = "";
  for (const it of node.repeated) written += writeValue(name, it);
  return written;
}

function writeAll(nodes: readonly Node[]): string {
  let written = "";
  for (const node of nodes) written += writeXml(node);
  return written;
}

function writeValue(name: string, it: Value, attributes?: Attributes): string {
  const written = writeAttributes(attributes);
  return it === null ? `<${name}${written}/>` : `<${name}${written}>${textOf(it)}</${name}>`;
}

function textOf(it: NonNullable<Value>): string {
  if (typeof it === "string") return escapeText(it);
  return typeof it === "object" ? writeDecimal(it.decimal) : String(it);
}

function writeAttributes(attributes: Attributes | undefined): string {
  if (!attributes) return "";
  let written = "";
  for (const [name, it] of Object.entries(attributes)) {
    written += ` ${name}="${escapeAttribute(String(it))}"`;
  }
  return written;
}

// Finds all that needs care in one look, and most texts need none: & < >, what readers change, and what XML may not hold.
// Surrogates are among it, lone or not.
const needsCare = /[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd]/;

function escapeText(text: string): string {
  if (!needsCare.test(text)) return text;
  if (!isXmlText(text)) throw new Error(`XML cannot hold this text: ${JSON.stringify(text.slice(0, 100))}`);
  // A reader takes a bare carriage return for a line feed (XML 1.0, §2.11). Browsers send one in each line of a long text.
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");
}

/** In an attribute, a reader takes every blank for a space (XML 1.0, §3.3.3). */
const escapeAttribute = (text: string): string =>
  escapeText(text).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
