import { expect, test } from "vitest";

import { showInPortal } from "../testing/show-in-portal.tsx";
import { waitFor } from "../testing/wait-for.ts";
import { Payload, prettyPrint } from "./payload.tsx";

/** Returns the shown text, including marked parts. */
const shown = (text: string): string => prettyPrint(text).join("");

test("XML is shown one element per line, with text in its element", () => {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?><event><type>account</type><object><account><id>7</id><plans></plans><note/></account></object></event>';
  expect(shown(xml)).toBe(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      "<event>",
      "  <type>account</type>",
      "  <object>",
      "    <account>",
      "      <id>7</id>",
      "      <plans></plans>",
      "      <note/>",
      "    </account>",
      "  </object>",
      "</event>",
    ].join("\n"),
  );
});

test("JSON is indented, and invalid JSON is unchanged", () => {
  expect(shown('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(shown('{"a":')).toBe('{"a":');
});

test("JSON shows the numbers and members that were sent, and the letters of escaped strings", () => {
  const sent = '{"id":12345678901234567890,"price":1.10,"id":-1e400,"name":"\\u0645","none":[],"empty":{ }}';
  const lines = [
    "{",
    '  "id": 12345678901234567890,',
    '  "price": 1.10,',
    '  "id": -1e400,',
    '  "name": "م",',
    '  "none": [],',
    '  "empty": {}',
    "}",
  ];
  expect(shown(sent)).toBe(lines.join("\n"));
  expect(shown(` [${sent}] `)).toBe(["[", ...lines.map((line) => `  ${line}`), "]"].join("\n"));
});

test.each([
  [[1, "two", null, true, { three: [[], {}, [[4.5]]] }]],
  [{ 'a\n"b': { c: "{[,:]}\\" }, __proto: [{ d: -1e-7 }, { e: "" }] }],
  [[[[{}], {}], []]],
])("JSON has the lines of JSON.stringify: %j", (value) => {
  for (const spaces of [0, 1, 4]) {
    expect(shown(JSON.stringify(value, undefined, spaces))).toBe(JSON.stringify(value, undefined, 2));
  }
});

test("other text is unchanged", () => {
  expect(shown("Not found")).toBe("Not found");
});

test("tags and member names are marked", () => {
  expect(prettyPrint("<a>1</a>")).toEqual(["", "<a>", "1", "</a>", ""]);
  expect(prettyPrint('{"a":"b:","c":[1]}')).toEqual(["{\n  ", '"a"', ': "b:",\n  ', '"c"', ": [\n    1\n  ]\n}"]);
});

const mebibyte = 2 ** 20;

test.each([
  ["angle brackets", "<".repeat(mebibyte)],
  ["unclosed tags", "<a ".repeat(mebibyte / 4)],
  ["elements in elements", "<a>".repeat(mebibyte / 4)],
  ["a comment with angle brackets", `<a><!-- ${"< ".repeat(mebibyte / 2)} --></a>`],
  ["escaped quotes in broken JSON", `{"${'\\"'.repeat(mebibyte / 2)}`],
  ["lists in lists", `${"[".repeat(1000)}${"]".repeat(1000)}`],
  ["unclosed lists", "[".repeat(mebibyte)],
])("unterminated %s are returned unchanged, in linear time", (_what, text) => {
  expect(prettyPrint(text)).toEqual([text]);
});

test("a long text with escaped quotes, or with more marks than a browser can show, is formatted in time", () => {
  const quotes = JSON.stringify({ a: '"'.repeat(mebibyte) });
  expect(shown(quotes)).toBe(JSON.stringify(JSON.parse(quotes), undefined, 2));
  expect(prettyPrint("<a/>".repeat(16_384))).toEqual([Array.from({ length: 16_384 }, () => "<a/>").join("\n")]);
});

test.each([
  ["é", "Text, 2 B"],
  ["{\uFFFD}", "JSON, not all of it UTF-8"],
])("the title of a body has its size, unless a decoder has replaced some of it: %s", async (text, title) => {
  showInPortal(<Payload text={text} label="the response" />, { answers: {} });
  await waitFor(() => expect(document.body.textContent).toContain(title));
});
