/** White space, the controls that XML allows, and invisible characters: zero-width ones, direction marks, fillers. */
const allInvisible = /^[\p{Z}\t\n\r\x7f-\x9f\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Returns whether a text is invisible. A name of line breaks or zero-width characters would be a link that nobody can click. */
export const isBlank = (text: string): boolean => allInvisible.test(text);

/** Trims a text. One that shows nothing at all is empty. */
export function trimUnicode(text: string): string {
  return isBlank(text) ? "" : text.trim();
}

const nameLengthMax = 80;
const notOfLines = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;

/**
 * Returns a name for a line of a mail. The person who chose it cannot insert paragraphs or links, change the reading direction, or
 * use more than 80 characters.
 */
export function nameInLine(name: string): string {
  const line = name.replaceAll(notOfLines, " ").replaceAll("://", " ").replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return nameInText(characters.length > nameLengthMax ? `${characters.slice(0, nameLengthMax - 1).join("")}…` : line);
}

const dotOfDomain = /(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}])/gu;

/** Returns a name for a mail to a stranger. A look-alike replaces the dots of domains, which mail programs show as links. */
export const nameToStranger = (name: string): string => nameInLine(name).replaceAll(dotOfDomain, "\u2024");

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Returns a name for a sentence. One in letters from right to left is isolated, otherwise it would reorder the words beside it. */
export function nameInText(name: string): string {
  const shown = name.replaceAll(/\p{Bidi_Control}/gu, "");
  return rightToLeft.test(shown) ? `\u2068${shown}\u2069` : shown;
}
