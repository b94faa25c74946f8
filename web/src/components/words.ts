const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * Returns a name for a sentence that is a text, such as the title of a dialog or a message. The words beside it keep their order, as in
 * `Name` of labels.tsx: letters from right to left are isolated, and characters that change the direction are removed.
 */
export function nameInText(name: string): string {
  const shown = name.replaceAll(/\p{Bidi_Control}/gu, "");
  return rightToLeft.test(shown) ? `\u2068${shown}\u2069` : shown;
}

const abbreviations: ReadonlyMap<string, string> = new Map([
  ["api", "API"],
  ["kib", "KiB"],
  ["sso", "SSO"],
]);

/** Returns "API specification created" for `api_specification.created`, in small letters except for abbreviations. */
export const inWords = (name: string): string =>
  name
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .split(/[ ._-]/)
    .map((word) => abbreviations.get(word) ?? word)
    .join(" ")
    .trim();

export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
