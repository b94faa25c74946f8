import fc from "fast-check";
import { expect, test } from "vitest";
import { readXmlStrictly } from "../../test/support/read-xml-strictly.ts";
import { type Node, list, record, repeated, value } from "./document.ts";
import { indentXml, isXmlText, keepXml, renderXml, renderXmlDocument, renderXmlParts } from "./xml.ts";
import { processorMsOf } from "../../test/support/processor-ms.ts";

test.each([
  ["a missing value is a self-closing element", value("first_traffic_at", null), "<first_traffic_at/>"],
  ["an empty text has an opening and a closing tag", value("x", ""), "<x></x>"],
  [
    "a container without children has an opening and a closing tag",
    record("annotations", []),
    "<annotations></annotations>",
  ],
  ["an empty list of kind alone is self-closing", list("plans", [], "alone"), "<plans/>"],
  ["an empty list of kind open has an opening and a closing tag", list("keys", [], "open"), "<keys></keys>"],
  ["a boolean is true or false", value("active", true), "<active>true</active>"],
  ["a whole number has no fraction", value("id", 31), "<id>31</id>"],
  ["a decimal keeps at least one fraction digit", value("fee", { decimal: "0.0000" }), "<fee>0.0</fee>"],
  ["a decimal loses its trailing zeros", value("fee", { decimal: "12.5000" }), "<fee>12.5</fee>"],
  ["a decimal without a fraction gets .0", value("fee", { decimal: "100" }), "<fee>100.0</fee>"],
  ["several values repeat the element", repeated("skills", ["c", "go"]), "<skills>c</skills><skills>go</skills>"],
  ["quotes in text are not escaped", value("name", `"Nora's"`), `<name>"Nora's"</name>`],
  ["markup characters are escaped", value("name", "<b> & </b>"), "<name>&lt;b&gt; &amp; &lt;/b&gt;</name>"],
  [
    "a carriage return is escaped, so that parsers do not convert it to a line feed",
    value("name", "a\r\nb"),
    "<name>a&#13;\nb</name>",
  ],
  ["non-ASCII letters are not escaped", value("name", "Zoë 東京 🚢"), "<name>Zoë 東京 🚢</name>"],
  [
    "attributes keep their order and escape quotes and line breaks",
    record("plan", [value("id", 1)], { custom: false, default: true, note: `"<&>"\n` }),
    `<plan custom="false" default="true" note="&quot;&lt;&amp;&gt;&quot;&#10;"><id>1</id></plan>`,
  ],
] as const)("%s", (_guarantee, node, expected) => {
  expect(renderXml(node)).toBe(expected);
  expect([...renderXmlParts(node)].join("")).toBe(expected);
});

test("a kept node is rendered once, however often it occurs", () => {
  let reads = 0;
  const plan = keepXml({
    name: "plan",
    get record() {
      reads += 1;
      return [value("id", 1)];
    },
  });
  for (let time = 0; time < 2; time += 1) {
    expect(renderXml(record("plans", [plan, plan]))).toBe(
      "<plans><plan><id>1</id></plan><plan><id>1</id></plan></plans>",
    );
  }
  expect(reads).toBe(1);
});

test("a document starts with the XML declaration and has one line", () => {
  const xml = renderXmlDocument(record("account", [value("id", 1)]));
  expect(xml).toBe('<?xml version="1.0" encoding="UTF-8"?><account><id>1</id></account>');
});

test.each(["\0", "\x1b", "\v", "\ufffe", "\uffff", "\ud83d", "a\udea2b"])(
  "text that XML cannot contain is refused: %j",
  (text) => {
    expect(isXmlText(text)).toBe(false);
    expect(() => renderXml(value("name", text))).toThrow("XML cannot hold this text");
  },
);

test("an XML parser reads every text back unchanged", () => {
  const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
  const text = fc.string({ unit: fc.oneof(character, fc.constantFrom("a", " ")) }).filter(isXmlText);
  const markup = fc.string({
    unit: fc.constantFrom("&", "<", ">", '"', "'", "]", ";", "a", "\r", "\n", "\t", "#", "é", "🚢"),
  });

  fc.assert(
    fc.property(fc.array(fc.oneof(text, markup), { minLength: 2, maxLength: 8 }), (texts) => {
      const xml = renderXml(
        list(
          "texts",
          texts.map((each): Node => value("text", each)),
          "alone",
        ),
      );
      expect(readXmlStrictly(xml).children.map((child) => child.text)).toEqual(texts);
    }),
  );
});

test("every text is either rendered or refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
      const write = (): string => renderXml(value("x", text));
      if (isXmlText(text)) expect(write()).toContain("<x>");
      else expect(write).toThrow("XML cannot hold this text");
    }),
  );
});

test("indented XML has one element per line, and an element with only text stays on one line", () => {
  const text = `<?xml version="1.0"?><event><type>account</type><plans><plan default="a>b"><id>3</id></plan></plans><keys></keys><users/></event>`;
  expect(indentXml(text)).toBe(`<?xml version="1.0"?>
<event>
  <type>account</type>
  <plans>
    <plan default="a>b">
      <id>3</id>
    </plan>
  </plans>
  <keys></keys>
  <users/>
</event>`);
});

test("indenting indented XML changes nothing", () => {
  const once = indentXml("<a><b>1</b><c><d/></c></a>") ?? "";
  expect(indentXml(once)).toBe(once);
});

test("comments and CDATA are not changed by indenting", () => {
  const text = "<!-- <a> --><a><![CDATA[<b>]]></a>";
  expect(indentXml(text)).toBe("<!-- <a> -->\n<a><![CDATA[<b>]]></a>");
});

const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const plainText = fc.stringMatching(/^[a-zä&;" 0-9]{1,12}$/);
const element: fc.Arbitrary<string> = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    name.map((tag) => `<${tag}/>`),
    fc.tuple(name, plainText).map(([tag, text]) => `<${tag}>${text}</${tag}>`),
    fc
      .tuple(name, fc.array(tie("element"), { maxLength: 4 }))
      .map(([tag, children]) => `<${tag}>${children.join("")}</${tag}>`),
  ),
})).element;

test("indenting only adds and removes white space between elements", () => {
  fc.assert(
    fc.property(element, (text) => {
      expect(indentXml(text)?.replace(/\n */g, "").trim()).toBe(text.replace(/> +</g, "><").trim());
    }),
  );
});

test.each(["", "{}", "hello=world", "a<b", "<a>", "<a></b>", "<a", "</a>", "<a>".repeat(60) + "</a>".repeat(60)])(
  "the malformed or too deep XML %o is not indented",
  (text) => {
    expect(indentXml(text)).toBeUndefined();
  },
);

test.each([
  "<",
  "<!",
  "<!--",
  "<?",
  "<![CDATA[",
  `<"`,
  `<a b="`,
  `<a b='"`,
  "<a ",
  "&<",
  "<?>",
  "<!-- >",
  "<![CDATA[>",
])("indenting %o repeated 100,000 times takes less than a second", (text) => {
  const long = text.repeat(100_000);
  expect(processorMsOf(() => indentXml(long))).toBeLessThan(1000);
});
