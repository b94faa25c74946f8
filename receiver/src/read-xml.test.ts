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
  ["an empty element and an empty text differ", "<a><b/><c></c></a>", [element("b"), element("c", { text: "" })]],
  ["an element may be repeated", "<a><b>1</b><b>2</b></a>", [element("b", { text: "1" }), element("b", { text: "2" })]],
  [
    "attributes are read in either kind of quotes",
    `<a><b one="1 &amp; &quot;" two='"' /></a>`,
    [element("b", { attributes: { one: '1 & "', two: '"' } })],
  ],
  ["blanks between elements are ignored", "\n<a>\n  <b> c </b>\n</a>\n", [element("b", { text: " c " })]],
  ["numeric character references are decoded", "<a><b>&#233;&#x1F6A2;</b></a>", [element("b", { text: "é🚢" })]],
  [
    "blanks in an attribute become spaces",
    '<a><b c="1\n2&#10;3"/></a>',
    [element("b", { attributes: { c: "1 2\n3" } })],
  ],
  ["line ends are normalized", "<a><b>1\r\n2\r3</b></a>", [element("b", { text: "1\n2\n3" })]],
  ["__proto__ is an ordinary name", "<a><__proto__>x</__proto__></a>", [element("__proto__", { text: "x" })]],
])("%s", (_guarantee, xml, children) => {
  expect(readXml(xml)).toEqual(element("a", { children }));
});

test.each([
  ["an empty text", ""],
  ["no element", '<?xml version="1.0"?>'],
  ["a document truncated in a tag", "<a><b"],
  ["a document truncated within an element", "<a><b>1</b>"],
  ["an end tag without a start tag", "</a>"],
  ["crossing end tags", "<a><b></a></b>"],
  ["two documents", "<a/><b/>"],
  ["text after the document", "<a/>x"],
  ["text before the document", "x<a/>"],
  ["text beside elements", "<a>x<b/></a>"],
  ["an attribute without quotes", "<a b=c/>"],
  ["a repeated attribute", '<a b="1" b="2"/>'],
  ["an attribute in an end tag", '<a></a b="1">'],
  ["more attributes than any event has", `<a ${Array.from({ length: 17 }, (_, n) => `a${n}="1"`).join(" ")}/>`],
  ["an invalid element name", "<1/>"],
  ["a bare ampersand", "<a>&</a>"],
  ["an unknown entity", "<a>&nbsp;</a>"],
  ["a reference to an invalid character", "<a>&#0;</a>"],
  ["a reference beyond Unicode", "<a>&#x110000;</a>"],
  ["an unpaired surrogate", "<a>&#xD83D;</a>"],
  ["a control character", "<a>\u0007</a>"],
  ["a comment", "<a><!-- b --></a>"],
  ["CDATA", "<a><![CDATA[b]]></a>"],
  ["a processing instruction", "<a><?php?></a>"],
  ["an internal entity", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ["an external entity", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
])("%s is rejected", (_case, xml) => {
  expect(() => readXml(xml)).toThrow(UnreadableEvent);
});

test("the error names the position and the reason", () => {
  expect(() => readXml("<a><b>1</b>\n<c>2</d></a>")).toThrow(
    "Invalid XML at character 15: </d> matches no open element.",
  );
});

// Quadratic time would exceed the test's time limit by far.
const million = 1_000_000;
test.each([
  ["elements within elements", "<a>".repeat(million) + "</a>".repeat(million)],
  ["attributes", `<a${' b="c"'.repeat(million)}`],
  ["blanks in a tag", `<a${" ".repeat(million)}`],
  ["blanks around an attribute's sign", `<a b${" ".repeat(million)}=${" ".repeat(million)}`],
  ["letters of a name", `<${"a".repeat(million)}`],
  ["end tags", "</a>".repeat(million)],
  ["ampersands", `<a>${"&".repeat(million)}</a>`],
  ["brackets", "<".repeat(million)],
])("a million %s are rejected in linear time", (_case, xml) => {
  expect(() => readXml(xml)).toThrow(UnreadableEvent);
});

test("a text of two megabytes is parsed", () => {
  const text = "é".repeat(million);
  expect(readXml(`<a>${text}</a>`).text).toBe(text);
});

test("parsing any rendered document returns its content", () => {
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

/** Returns the expected elements of a document, without rendering it. */
function elementsOf(node: Node): Element[] {
  if ("value" in node) return [element(node.name, { text: textOf(node.value) })];
  if ("repeated" in node) return node.repeated.map((entry) => element(node.name, { text: textOf(entry) }));
  const children = ("record" in node ? node.record : node.list).flatMap(elementsOf);
  const opens = "record" in node || node.whenEmpty === "open" || node.list.length > 0;
  const written = Object.entries("record" in node ? (node.attributes ?? {}) : {});
  const read = written.map(([key, attribute]) => [key, String(attribute)]);
  return [
    element(node.name, { attributes: Object.fromEntries(read), children, text: opens && !children.length ? "" : null }),
  ];
}

function textOf(content: Value): string | null {
  if (content === null) return null;
  return typeof content === "object" ? formatDecimal(content.decimal) : String(content);
}
