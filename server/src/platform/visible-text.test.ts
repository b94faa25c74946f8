import { expect, test } from "vitest";
import { isBlank, nameInLine, trimUnicode } from "./visible-text.ts";

test.each([
  "",
  " ",
  "\n\r\t",
  "\u00a0",
  "\u0085",
  "\u200b",
  "\u200d\u2060\ufeff",
  "\u202e",
  "\u2067\u2069",
  "\u3164",
  "\u2800",
])("the invisible text %j is blank and trims to nothing", (text) => {
  expect([isBlank(text), trimUnicode(text)]).toEqual([true, ""]);
});

test.each(["a", "\u202eabc", "שלום", "e\u0301", "👨‍👩‍👧", "\u200bx", "."])(
  "the visible text %j is not blank and stays when trimmed",
  (text) => {
    expect([isBlank(text), trimUnicode(` ${text} `)]).toEqual([false, text]);
  },
);

test("a name in an email is one line of at most 80 characters, without direction overrides and links", () => {
  expect(nameInLine("Acme\r\n\r\nYour account is locked.\u2028Call us\u2029now")).toBe(
    "Acme Your account is locked. Call us now",
  );
  expect(nameInLine("\u202eevil\u202c https://evil.example/x")).toBe("evil https evil.example/x");
  expect(nameInLine("Harbour & Sons שלום")).toBe("\u2068Harbour & Sons שלום\u2069"); // isolated from the text around it
  expect(Array.from(nameInLine("🚢".repeat(300)))).toHaveLength(80);
});
