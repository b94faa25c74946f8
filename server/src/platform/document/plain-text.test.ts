import { expect, test } from "vitest";
import { isBlank, nameInLine, trimmed } from "./plain-text.ts";

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
])("%j shows nothing, and is empty", (text) => {
  expect([isBlank(text), trimmed(text)]).toEqual([true, ""]);
});

test.each(["a", "\u202eabc", "שלום", "e\u0301", "👨‍👩‍👧", "\u200bx", "."])("%j shows something, and stays", (text) => {
  expect([isBlank(text), trimmed(` ${text} `)]).toEqual([false, text]);
});

test("a name in a mail is one line that ends, reads forward and leads nowhere", () => {
  expect(nameInLine("Acme\r\n\r\nYour account is locked.\u2028Call us\u2029now")).toBe(
    "Acme Your account is locked. Call us now",
  );
  expect(nameInLine("\u202eevil\u202c https://evil.example/x")).toBe("evil https evil.example/x");
  expect(nameInLine("Harbour & Sons שלום")).toBe("Harbour & Sons שלום");
  expect(Array.from(nameInLine("🚢".repeat(300)))).toHaveLength(80);
});
