import fc from "fast-check";
import { expect, test } from "vitest";
import { type Node, type Value, formatDecimal } from "../../server/src/platform/document.ts";
import { isXmlText, renderXmlDocument } from "../../server/src/platform/xml.ts";
import { type Element, readXml } from "./read-xml.ts";
import { UnreadableEvent } from "./unreadable-event.ts";

const element = (name: string, more: Partial<Element> = {}): Element => ({
  name,
  attributes: {},
  children: [],
  text: null,
  ...more,
});

test.each([
  ["no value and an empty text are two things", "<a><b/><c></c></a>", [element("b"), element("c", { text: "" })]],
  ["an element may be repeated", "<a><b>1</b><b>2</b></a>", [element("b", { text: "1" }), element("b", { text: "2" })]],
  [
    "attributes are read in either kind of quotes",
    `<a><b one="1 &amp; &quot;" two='"' /></a>`,
    [element("b", { attributes: { one: '1 & "', two: '"' } })],
  ],
  ["blanks between elements are nothing", "\n<a>\n  <b> c </b>\n</a>\n", [element("b", { text: " c " })]],
  ["characters may come as their numbers", "<a><b>&#233;&#x1F6A2;</b></a>", [element("b", { text: "é🚢" })]],
  ["a blank in an attribute is a space", '<a><b c="1\n2&#10;3"/></a>', [element("b", { attributes: { c: "1 2\n3" } })]],
  ["a line ends with one character", "<a><b>1\r\n2\r3</b></a>", [element("b", { text: "1\n2\n3" })]],
  ["what looks like a prototype is a name", "<a><__proto__>x</__proto__></a>", [element("__proto__", { text: "x" })]],
])("%s", (_guarantee, xml, children) => {
  expect(readXml(xml)).toEqual(element("a", { children }));
});

test.each([
  ["nothing at all", ""],
  ["no element", '<?xml version="1.0"?>'],
  ["a document that stops in a tag", "<a><b"],
  ["a document that stops within an element", "<a><b>1</b>"],
  ["an end without a start", "</a>"],
  ["ends that cross", "<a><b></a></b>"],
  ["two documents", "<a/><b/>"],
  ["text after the document", "<a/>x"],
  ["text before the document", "x<a/>"],
  ["text beside elements", "<a>x<b/></a>"],
  ["an attribute without quotes", "<a b=c/>"],
  ["an attribute twice", '<a b="1" b="2"/>'],
  ["an attribute at an end", '<a></a b="1">'],
  ["more attributes than any event has", `<a ${Array.from({ length: 17 }, (_, n) => `a${n}="1"`).join(" ")}/>`],
  ["a name that is not one", "<1/>"],
  ["a bare ampersand", "<a>&</a>"],
  ["an entity of unknown meaning", "<a>&nbsp;</a>"],
  ["the number of no character", "<a>&#0;</a>"],
  ["a number beyond all characters", "<a>&#x110000;</a>"],
  ["half a character", "<a>&#xD83D;</a>"],
  ["a control character", "<a>\u0007</a>"],
  ["a comment", "<a><!-- b --></a>"],
  ["CDATA", "<a><![CDATA[b]]></a>"],
  ["a processing instruction", "<a><?php?></a>"],
  ["an entity of its own", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ["a file that it wants read", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
])("%s is refused", (_what, xml) => {
  expect(() => readXml(xml)).toThrow(UnreadableEvent);
});

test("the message says where the document stops making sense", () => {
  expect(() => readXml("<a><b>1</b>\n<c>2</d></a>")).toThrow("Unreadable from character 15 on: </d> ends nothing.");
});

// Time that grows with the square of the length would be hours here: the test's own time limit ends it.
const millions = 3_000_000;
test.each([
  ["elements within elements", "<a>".repeat(millions) + "</a>".repeat(millions)],
  ["attributes", `<a${' b="c"'.repeat(millions)}`],
  ["blanks in a tag", `<a${" ".repeat(millions)}`],
  ["blanks around an attribute's sign", `<a b${" ".repeat(millions)}=${" ".repeat(millions)}`],
  ["a name", `<${"a".repeat(millions)}`],
  ["ends", "</a>".repeat(millions)],
  ["ampersands", `<a>${"&".repeat(millions)}</a>`],
  ["brackets", "<".repeat(millions)],
])("%s without end cost seconds, not hours", (_what, xml) => {
  expect(() => readXml(xml)).toThrow(UnreadableEvent);
});

test("a text of megabytes is read", () => {
  const text = "é".repeat(millions);
  expect(readXml(`<a>${text}</a>`).text).toBe(text);
});

test("what is read is what was written, whatever the document", () => {
  fc.assert(
    fc.property(record, (node) => {
      expect([readXml(renderXmlDocument(node))]).toEqual(elementsOf(node));
    }),
  );
});

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/);
const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
const text = fc.oneof(
  fc.string({ unit: character }).filter(isXmlText),
  fc.string({ unit: fc.constantFrom("&", "<", ">", '"', "'", "]", ";", "a", "\n", "\r", "\t", "#", "é", "🚢") }),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  text,
  fc.integer(),
  fc.boolean(),
  fc.integer().map((cents) => ({ decimal: (cents / 100).toFixed(4) })),
);
const attributes = fc.dictionary(name, fc.oneof(text, fc.boolean()), { maxKeys: 3 });

const { record } = fc.letrec<{ node: Node; record: Node }>((tie) => ({
  record: fc.record({ name, attributes, record: fc.array(tie("node"), { maxLength: 4 }) }),
  node: fc.oneof(
    { depthSize: "small" },
    fc.record({ name, value }),
    fc.record({ name, repeated: fc.array(value, { maxLength: 3 }) }),
    tie("record"),
    fc.record({
      name,
      list: fc.array(tie("node"), { maxLength: 3 }),
      whenEmpty: fc.constantFrom("alone" as const, "open" as const),
    }),
  ),
}));

/** What a document reads as, said without looking at its XML. */
function elementsOf(node: Node): Element[] {
  if ("value" in node) return [element(node.name, { text: textOf(node.value) })];
  if ("repeated" in node) return node.repeated.map((it) => element(node.name, { text: textOf(it) }));
  const children = ("record" in node ? node.record : node.list).flatMap(elementsOf);
  const opens = "record" in node || node.whenEmpty === "open" || node.list.length > 0;
  const given = Object.entries("record" in node ? (node.attributes ?? {}) : {});
  const read = given.map(([key, it]) => [key, String(it)]);
  return [
    element(node.name, { attributes: Object.fromEntries(read), children, text: opens && !children.length ? "" : null }),
  ];
}

function textOf(it: Value): string | null {
  if (it === null) return null;
  return typeof it === "object" ? formatDecimal(it.decimal) : String(it);
}
