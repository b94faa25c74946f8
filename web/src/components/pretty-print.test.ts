import { expect, test } from "vitest";

import { prettyPrint } from "./pretty-print.ts";

test("an event's XML is shown an element a line, text in its element", () => {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?><event><type>account</type><object><account><id>7</id><plans></plans><note/></account></object></event>';
  expect(prettyPrint(xml)).toBe(
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

test("JSON is indented, and broken JSON is shown as it came", () => {
  expect(prettyPrint('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(prettyPrint('{"a":')).toBe('{"a":');
});

test("text that is neither stays as it is", () => {
  expect(prettyPrint("Not found")).toBe("Not found");
});
