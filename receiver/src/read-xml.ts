import { UnreadableEvent } from "./unreadable-event.ts";

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** `null` for `<x/>` and for elements with children, `""` for `<x></x>`. */
  readonly text: string | null;
}

interface OpenElement extends Element {
  readonly children: Element[];
  text: string | null;
}

/** Ten times the depth of any document of Bellwire. */
const depthMax = 64;

const declaration = /^<\?xml\s[^?]*\?>/;
const tag = /([^<]*)<(\/?)([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,16})\s*(\/?)>/y;
const attribute = /([A-Za-z_][\w.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const reference = /&(?:(amp|lt|gt|quot|apos);|#(\d{1,7});|#x([\da-fA-F]{1,6});)?/g;
const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const notXml = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * Parses the subset of XML that events use: elements, attributes and text. Rejects everything else: document types with
 * their entities, comments, CDATA, mixed content. Reads each character once, so the time is linear in the length.
 */
export function readXml(document: string): Element {
  const xml = document.replaceAll(/\r\n?/g, "\n"); // XML 1.0, section 2.11
  const forbidden = xml.search(notXml);
  if (forbidden >= 0) reject(forbidden, "a character that XML does not allow");

  const top: OpenElement = { name: "", attributes: {}, children: [], text: null };
  const open = [top];
  let at = declaration.exec(xml)?.[0].length ?? 0;
  for (;;) {
    tag.lastIndex = at;
    const found = tag.exec(xml);
    if (!found) break;
    readTag(open, found);
    at = tag.lastIndex;
  }
  const [root, ...more] = top.children;
  if (xml.slice(at).trim() !== "") reject(at, "neither a tag nor text before one");
  if (!root || more.length > 0 || open.length > 1) reject(at, "the document is not a single complete element");
  return root;
}

function readTag(open: OpenElement[], found: RegExpExecArray): void {
  const [, text = "", ends = "", name = "", attributes = "", closesItself = ""] = found;
  const parent = open.at(-1);
  if (!parent) return reject(found.index, "no element is open");

  if (ends) {
    if (name !== parent.name || attributes || closesItself) reject(found.index, `</${name}> matches no open element`);
    if (parent.children.length === 0) parent.text = decode(text, found.index);
    else expectBlank(text, found.index);
    open.pop();
    return;
  }
  expectBlank(text, found.index);
  const element = { name, attributes: readAttributes(attributes, found.index), children: [], text: null };
  parent.children.push(element);
  if (closesItself) return;
  if (open.length > depthMax) reject(found.index, `elements nested more than ${depthMax} deep`);
  open.push(element);
}

function readAttributes(text: string, at: number): Record<string, string> {
  const read = new Map<string, string>();
  for (const [, name = "", double, single = ""] of text.matchAll(attribute)) {
    if (read.has(name)) reject(at, `the attribute ${name} is repeated`);
    read.set(name, decode((double ?? single).replaceAll(/[\t\n]/g, " "), at));
  }
  return Object.fromEntries(read);
}

function decode(text: string, at: number): string {
  return text.replaceAll(reference, (match: string, name?: string, decimal?: string, hex?: string) => {
    if (match === "&") return reject(at, "& starts no known reference");
    if (name !== undefined) return predefined[name] ?? "";
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    const character = code > 0x10ffff ? "\0" : String.fromCodePoint(code);
    return notXml.test(character) ? reject(at, `${match} is a character that XML does not allow`) : character;
  });
}

function expectBlank(text: string, at: number): void {
  if (text.trim() !== "") reject(at, "text between elements");
}

function reject(at: number, reason: string): never {
  throw new UnreadableEvent(`Invalid XML at character ${at}: ${reason}.`);
}
