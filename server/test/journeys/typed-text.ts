import { randomUUID } from "node:crypto";
import { isBlank } from "#platform/document/plain-text.ts";
import fc from "fast-check";

/** What might be taken for something else on the way: markup, entities, templates, encodings, ends of lines, blanks. */
const telling = [
  ["&", "<", ">", '"', "'", "]]>", "<![CDATA[", "<!--", "&amp;", "&#0;", "&nope;", "</org_name>", "<?xml?>"],
  ["{{ 1 }}", "{% if %}", "%00", "%", "+", "=", ";", "\\u0000", "\\", "$1", "'; --"],
  ["\r\n", "\r", "\n", "\t", " ", "\u00a0", "\u2028", "\u0085", "\ufeff", "\u200b"],
  ["e\u0301", "\u0301", "\u202eabc", "שלום", "مرحبا", "東京", "🚢", "👨‍👩‍👧‍👦", "🇳🇴", "\ufffd", "\ue000", "\u{10fffd}"],
].flat();

/** What no XML can hold: the only texts that may be refused for what they are made of. */
const impossible = ["\0", "\u0001", "\u001b", "\u000b", "\ufffe", "\uffff"];
const halves = ["\ud83d", "\udea2"];

const letter = fc.constantFrom("a", "b", "c", "d", "E", "F", "0", "9", " ");
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code).toWellFormed());

/** What somebody could type into a field, or a program send. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.oneof(fc.constantFrom(...telling), letter), maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: anyCharacter, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...telling, ...impossible), maxLength: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 3000 }).map((length) => "é".repeat(length)) },
);
const textOrHalf = fc.oneof(
  { weight: 9, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(...halves).map((half) => `a${half}b`) },
);

/** The fields of a sign-up, two of which are the provider's inventions: one of accounts, one of users. */
export interface Typed {
  readonly org_name: string;
  readonly motto: string;
  readonly username: string;
  readonly email: string;
  readonly nick: string;
}

const typedIn = (it: fc.Arbitrary<string>): fc.Arbitrary<Typed> =>
  fc.record({
    org_name: it.map((name) => (isBlank(name) ? "Quay" : name)),
    motto: it,
    nick: it,
    // Mostly what is fine, or else nothing would get through.
    username: usually(fc.uuid(), it),
    email: usually(
      fc.uuid().map((name) => `${name}@fjord.example`),
      it,
    ),
  });

const usually = (fine: fc.Arbitrary<string>, it: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fine }, { weight: 1, arbitrary: it });

export const typed = typedIn(text);
/** With halves of characters, which JSON can say and a form cannot. */
export const typedInJson = typedIn(textOrHalf);
/** Whoever writes a multipart form ends each line in the same way. */
export const typedInMultipart = typedIn(text.map((it) => it.replaceAll(/\r\n?|\n/g, "\r\n")));

/** One that gets through and one that is refused, so that no run is without either. */
export function examples(): [Typed][] {
  const username = randomUUID();
  const email = `${username}@quay.example`;
  const fine = { org_name: "Q&<]]>\r\ny", motto: "🚢\r\ne\u0301", username, email, nick: "" };
  return [[fine], [{ ...fine, motto: "a\0b" }]];
}
