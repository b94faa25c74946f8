import fc from "fast-check";
import { expect, test } from "vitest";
import { indentXml } from "./indent-xml.ts";

test("elements stand on lines of their own, and what has only text on one", () => {
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

test("what is indented already is indented alike", () => {
  const once = indentXml("<a><b>1</b><c><d/></c></a>") ?? "";
  expect(indentXml(once)).toBe(once);
});

test("comments, CDATA and entities are kept as they are", () => {
  const text = "<!-- <a> --><a><![CDATA[<b>]]></a>";
  expect(indentXml(text)).toBe("<!-- <a> -->\n<a><![CDATA[<b>]]></a>");
});

const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const plainText = fc.stringMatching(/^[a-zä&;" 0-9]{1,12}$/);
const element: fc.Arbitrary<string> = fc.letrec<{ element: string }>((tie) => ({
  element: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    name.map((it) => `<${it}/>`),
    fc.tuple(name, plainText).map(([it, text]) => `<${it}>${text}</${it}>`),
    fc
      .tuple(name, fc.array(tie("element"), { maxLength: 4 }))
      .map(([it, children]) => `<${it}>${children.join("")}</${it}>`),
  ),
})).element;

test("nothing is added but white space between elements, and nothing is lost", () => {
  fc.assert(
    fc.property(element, (text) => {
      expect(indentXml(text)?.replace(/\n */g, "").trim()).toBe(text.replace(/> +</g, "><").trim());
    }),
  );
});

test.each(["", "{}", "hello=world", "a<b", "<a>", "<a></b>", "<a", "</a>", "<a>".repeat(60) + "</a>".repeat(60)])(
  "%o cannot be followed, and is left alone",
  (text) => {
    expect(indentXml(text)).toBeUndefined();
  },
);

test.each(["<", "<!", "<!--", "<?", "<![CDATA[", `<"`, `<a b="`, `<a b='"`, "<a ", "&<"])(
  "a stranger who sends %o again and again costs no time",
  (text) => {
    const startedMs = performance.now();
    indentXml(text.repeat(100_000));
    expect(performance.now() - startedMs).toBeLessThan(1000);
  },
);
