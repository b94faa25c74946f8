import { isReservedHeader } from "./reserved-headers.ts";

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5, without the obsolete octets above ASCII. */
const fieldValue = /^[\t -~]*$/;

const countMax = 50;
/** Together with ours well below the 16 KiB that receivers commonly accept. */
const charactersMax = 8000;

/** What is wrong with an endpoint's own headers, as sentences. */
export function checkHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(headers);
  const wrong = entries.flatMap(([name, value]) => {
    if (!token.test(name)) return [`${JSON.stringify(name)} is not a header's name: it has letters, digits, - and _`];
    if (isReservedHeader(name)) return [`${name} is set by Bellwire`];
    return fieldValue.test(value)
      ? []
      : [`${name} holds characters that a header cannot: it has printable ASCII, blanks and tabs`];
  });
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (names.size < entries.length) wrong.push("has the same name twice");
  if (entries.length > countMax) wrong.push(`has more than ${countMax} headers`);
  if (entries.join("").length > charactersMax) wrong.push(`is longer than ${charactersMax} characters in all`);
  return wrong;
}
