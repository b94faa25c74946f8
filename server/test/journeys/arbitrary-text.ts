import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { isBlank } from "#platform/visible-text.ts";

/** Texts that a faulty encoding would change: markup, entities, templates, line ends, blanks. */
const ambiguous = [
  ["&", "<", ">", '"', "'", "]]>", "<![CDATA[", "<!--", "&amp;", "&#0;", "&nope;", "</org_name>", "<?xml?>"],
  ["{{ 1 }}", "{% if %}", "%00", "%", "+", "=", ";", "\\u0000", "\\", "$1", "'; --"],
  ["\r\n", "\r", "\n", "\t", " ", "\u00a0", "\u2028", "\u0085", "\ufeff", "\u200b"],
  ["e\u0301", "\u0301", "\u202eabc", "שלום", "مرحبا", "東京", "🚢", "👨‍👩‍👧‍👦", "🇳🇴", "\ufffd", "\ue000", "\u{10fffd}"],
].flat();

/** Characters that XML 1.0 cannot represent: the only ones that may be rejected. */
const impossible = ["\0", "\u0001", "\u001b", "\u000b", "\ufffe", "\uffff"];
const surrogates = ["\ud83d", "\udea2"];

const letter = fc.constantFrom("a", "b", "c", "d", "E", "F", "0", "9", " ");
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code).toWellFormed());

/** Any text of a form or an API request. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.oneof(fc.constantFrom(...ambiguous), letter), maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: anyCharacter, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...ambiguous, ...impossible), maxLength: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 3000 }).map((length) => "é".repeat(length)) },
);
const textOrHalf = fc.oneof(
  { weight: 9, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(...surrogates).map((half) => `a${half}b`) },
);

/** The fields of a sign-up. The provider devalids `motto` for accounts and `nick` for users. */
export interface SignUpFields {
  readonly org_name: string;
  readonly motto: string;
  readonly username: string;
  readonly email: string;
  readonly nick: string;
}

const fieldsOf = (value: fc.Arbitrary<string>): fc.Arbitrary<SignUpFields> =>
  fc.record({
    org_name: value.map((name) => (isBlank(name) ? "Quay" : name)),
    motto: value,
    nick: value,
    // Mostly valid, so that most sign-ups are accepted.
    username: usually(fc.uuid(), value),
    email: usually(
      fc.uuid().map((name) => `${name}@fjord.example`),
      value,
    ),
  });

const usually = (valid: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: valid }, { weight: 1, arbitrary: value });

export const formFields = fieldsOf(text);
/** With unpaired surrogates, which JSON can carry and a form cannot. */
export const jsonFields = fieldsOf(textOrHalf);
/** Multipart forms end every line with CR LF. */
export const multipartFields = fieldsOf(text.map((value) => value.replaceAll(/\r\n?|\n/g, "\r\n")));

/** One valid and one invalid sign-up, so that each run has both. */
export function examples(): [SignUpFields][] {
  const username = randomUUID();
  const email = `${username}@quay.example`;
  const valid = { org_name: "Q&<]]>\r\ny", motto: "🚢\r\ne\u0301", username, email, nick: "" };
  return [[valid], [{ ...valid, motto: "a\0b" }]];
}
