import { UnreadableEvent } from "./unreadable-event.ts";

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** `null`: it closes itself, `<x/>`, or holds elements. `""`: it opens and closes, `<x></x>`. */
  readonly text: string | null;
}

interface OpenElement extends Element {
  readonly children: Element[];
  text: string | null;
}

/** Ten times what any document of Bellwire needs. */
const depthMax = 64;

const declaration = /^<\?xml\s[^?]*\?>/;
const tag = /([^<]*)<(\/?)([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')){0,16})\s*(\/?)>/y;
const attribute = /([A-Za-z_][\w.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const reference = /&(?:(amp|lt|gt|quot|apos);|#(\d{1,7});|#x([\da-fA-F]{1,6});)?/g;
const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const notXml = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * Reads the plain XML that events are written in: elements, attributes, text. What it does not know it refuses: document
 * types, and with them entities that expand to more than was sent, comments, CDATA, text beside elements. It reads each
 * character once, so that its time grows with the length of the document and with nothing else.
 */
export function readXml(document: string): Element {
  const xml = document.replaceAll(/\r\n?/g, "\n"); // as XML asks of whoever reads it
  const forbidden = xml.search(notXml);
  if (forbidden >= 0) wrong(forbidden, "a character that XML does not know");

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
  if (xml.slice(at).trim() !== "") wrong(at, "neither a tag nor text that ends with one");
  if (!root || more.length > 0 || open.length > 1) wrong(at, "the document is not one whole element");
  return root;
}

function readTag(open: OpenElement[], found: RegExpExecArray): void {
  const [, text = "", ends = "", name = "", attributes = "", closesItself = ""] = found;
  const parent = open.at(-1);
  if (!parent) return wrong(found.index, "nothing is open here");

  if (ends) {
    if (name !== parent.name || attributes || closesItself) wrong(found.index, `</${name}> ends nothing`);
    if (parent.children.length === 0) parent.text = decode(text, found.index);
    else expectBlank(text, found.index);
    open.pop();
    return;
  }
  expectBlank(text, found.index);
  const element = { name, attributes: readAttributes(attributes, found.index), children: [], text: null };
  parent.children.push(element);
  if (closesItself) return;
  if (open.length > depthMax) wrong(found.index, `elements within elements, more than ${depthMax} deep`);
  open.push(element);
}

function readAttributes(text: string, at: number): Record<string, string> {
  const read = new Map<string, string>();
  for (const [, name = "", double, single = ""] of text.matchAll(attribute)) {
    if (read.has(name)) wrong(at, `the attribute ${name} is there twice`);
    read.set(name, decode((double ?? single).replaceAll(/[\t\n]/g, " "), at));
  }
  return Object.fromEntries(read);
}

function decode(text: string, at: number): string {
  return text.replaceAll(reference, (whole: string, name?: string, decimal?: string, hex?: string) => {
    if (whole === "&") return wrong(at, "& starts neither a known name nor a number");
    if (name !== undefined) return predefined[name] ?? "";
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    const character = code > 0x10ffff ? "\0" : String.fromCodePoint(code);
    return notXml.test(character) ? wrong(at, `${whole} is a character that XML does not know`) : character;
  });
}

function expectBlank(text: string, at: number): void {
  if (text.trim() !== "") wrong(at, "text beside elements");
}

function wrong(at: number, what: string): never {
  throw new UnreadableEvent(`Unreadable from character ${at} on: ${what}.`);
}
