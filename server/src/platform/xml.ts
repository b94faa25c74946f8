import { type Attributes, type Node, type Value, formatDecimal } from "./document.ts";

// All that is no character of XML 1.0. With the flag `u`, a surrogate pair is one character, and a lone surrogate is none.
const notXml = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Returns whether an XML 1.0 document can contain `text`. Other characters cannot be escaped, so such input must be rejected. */
export const isXmlText = (text: string): boolean => !notXml.test(text);

/** `text` with U+FFFD in place of each character that XML 1.0 cannot hold. For error messages that repeat input. */
export const toXmlText = (text: string): string => text.replaceAll(new RegExp(notXml, "gu"), "\ufffd");

/** `node` as one line of XML, with its declaration. */
export const renderXmlDocument = (node: Node): string => `<?xml version="1.0" encoding="UTF-8"?>${renderXml(node)}`;

/**
 * Renders a node as 3scale's second XML library does: no declaration, one element per line, indented by two spaces,
 * empty elements self-closed, and null values omitted.
 */
export const renderIndentedXml = (node: Node): string => indentedLines(node).join("\n");

function indentedLines(node: Node): readonly string[] {
  const { name } = node;
  if ("value" in node) return node.value === null ? [] : [writeFilled(name, node.value)];
  if ("repeated" in node) return node.repeated.flatMap((item) => (item === null ? [] : [writeFilled(name, item)]));
  const attributes = "record" in node ? writeAttributes(node.attributes) : "";
  const children = ("record" in node ? node.record : node.list).flatMap(indentedLines);
  if (children.length === 0) return [`<${name}${attributes}/>`];
  return [`<${name}${attributes}>`, ...children.map((line) => `  ${line}`), `</${name}>`];
}

const writeFilled = (name: string, content: NonNullable<Value>): string =>
  content === "" ? `<${name}/>` : `<${name}>${textOf(content)}</${name}>`;

type RecordNode = Extract<Node, { readonly record: unknown }>;

/** A record that is rendered once. A copy of it is an ordinary record. */
class RenderedRecord implements RecordNode {
  readonly name: string;
  readonly attributes: Attributes;
  readonly record: readonly Node[];
  #xml: string | undefined;

  constructor({ name, attributes = {}, record }: RecordNode) {
    this.name = name;
    this.attributes = attributes;
    this.record = record;
  }

  get xml(): string {
    this.#xml ??= writeElement(this);
    return this.#xml;
  }
}

/** Returns a node whose XML is rendered once, for records that are rendered repeatedly, alone or within others. */
export const keepXml = (node: Node): Node => ("record" in node ? new RenderedRecord(node) : node);

/** Renders a node as one line of XML. Throws for text that XML cannot contain, which parsers of input refuse. */
export function renderXml(node: Node): string {
  if (node instanceof RenderedRecord) return node.xml;
  return "value" in node ? writeValue(node.name, node.value, node.attributes) : writeElement(node);
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
  for (const item of node.repeated) written += writeValue(name, item);
  return written;
}

/** Characters of a part, before the value that exceeds it. */
const partLength = 64 * 1024;

/** Renders a node as `renderXml` does, in parts: an account's users may have 65 MB together. */
export function* renderXmlParts(node: Node): Generator<string, void> {
  const children = "record" in node ? node.record : "list" in node ? node.list : [];
  if (children.length === 0) return yield renderXml(node);
  const { name, attributes } = "record" in node ? node : { name: node.name, attributes: undefined };
  let part = `<${name}${writeAttributes(attributes)}>`;
  for (const child of children) {
    if ("record" in child || "list" in child) {
      yield part;
      yield* renderXmlParts(child);
      part = "";
    } else {
      part += renderXml(child);
      if (part.length > partLength) {
        yield part;
        part = "";
      }
    }
  }
  yield `${part}</${name}>`;
}

function writeAll(nodes: readonly Node[]): string {
  let written = "";
  for (const node of nodes) written += renderXml(node);
  return written;
}

function writeValue(name: string, content: Value, attributes?: Attributes): string {
  const written = writeAttributes(attributes);
  return content === null ? `<${name}${written}/>` : `<${name}${written}>${textOf(content)}</${name}>`;
}

function textOf(content: NonNullable<Value>): string {
  if (typeof content === "string") return escapeText(content);
  return typeof content === "object" ? formatDecimal(content.decimal) : String(content);
}

function writeAttributes(attributes: Attributes | undefined): string {
  if (!attributes) return "";
  let written = "";
  for (const [name, content] of Object.entries(attributes)) {
    written += ` ${name}="${escapeAttribute(String(content))}"`;
  }
  return written;
}

// Characters that need escaping or a check: & < >, those that parsers change, those that XML cannot contain, and surrogates. Most
// texts have none, so one test suffices for them.
const needsCare = /[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd]/;

function escapeText(text: string): string {
  if (!needsCare.test(text)) return text;
  if (!isXmlText(text)) throw new Error(`XML cannot hold this text: ${JSON.stringify(text.slice(0, 100))}`);
  // A reader takes a bare carriage return for a line feed (XML 1.0, §2.11). Browsers send one in each line of a long text.
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");
}

/** In attributes, XML parsers convert tabs and line feeds to spaces (XML 1.0, §3.3.3), so they are escaped. */
const escapeAttribute = (text: string): string =>
  escapeText(text).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");

/** A comment, CDATA, an instruction, a declaration, a tag, or text. */
const tokenPattern =
  /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<!(?!--|\[CDATA\[)[^>]*>|<(?![!?])(?:"[^"]*"|'[^']*'|[^"'>])+>|[^<]+/;
const nameOf = (tag: string): string => /^<\/?([^\s/>]+)/.exec(tag)?.[1] ?? "";

/** The maximum depth of nested elements. The size of the indentation grows with its square. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * Indents XML, one element per line, and masks the content of elements with secret names. Replaces white space between
 * elements, and keeps elements that contain text unchanged. Returns undefined for text that is not well-formed XML.
 */
export function indentXml(text: string, masking?: Masking): string | undefined {
  const tokens = tokensOf(text.trim());
  if (!tokens?.[0]?.startsWith("<")) return undefined;
  const open: string[] = [];
  const lines: string[] = [];
  let isLineOpen = false; // the last line is a tag or its text, and may be closed by the next token
  for (const token of masking ? maskTokens(tokens, masking) : tokens) {
    const isText = !token.startsWith("<") || token.startsWith("<![CDATA[");
    if (isText && token.trim() === "") continue;
    if (isText) {
      lines.push(`${isLineOpen ? (lines.pop() ?? "") : indentation(open)}${token}`);
    } else if (token.startsWith("</")) {
      if (open.pop() !== nameOf(token)) return undefined;
      lines.push(`${isLineOpen ? (lines.pop() ?? "") : indentation(open)}${token}`);
      isLineOpen = false;
    } else {
      lines.push(`${indentation(open)}${token}`);
      isLineOpen = isOpeningTag(token);
      if (isLineOpen) open.push(nameOf(token));
      if (open.length > depthMax) return undefined;
    }
  }
  return open.length === 0 ? lines.join("\n") : undefined;
}

/** Replaces everything between the tags of a secret element with the mask. */
function* maskTokens(tokens: readonly string[], { isSecret, mask }: Masking): Generator<string> {
  let depth = 0; // of open elements, counted from the secret one
  for (const token of tokens) {
    if (depth > 0 && isOpeningTag(token)) depth += 1;
    if (depth > 0 && token.startsWith("</")) depth -= 1;
    if (depth > 0) continue;
    yield token;
    if (!isOpeningTag(token) || !isSecret(nameOf(token))) continue;
    depth = 1;
    yield mask;
  }
}

const isOpeningTag = (token: string): boolean => /^<[^?!/]/.test(token) && !token.endsWith("/>");

/** Returns undefined at the first position without a token. Anyone may send the text, so the time must be linear in its length. */
function tokensOf(text: string): string[] | undefined {
  const token = new RegExp(tokenPattern, "y");
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found) return undefined;
    tokens.push(found[0]);
  }
  return tokens;
}

const indentation = (open: readonly string[]): string => "  ".repeat(open.length);
