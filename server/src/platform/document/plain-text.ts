/** White space, the controls that XML allows, and what has no shape of its own: zero-width characters, marks of direction, fillers. */
const invisible = /[\p{Z}\t\n\r\x7f-\x9f\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const allInvisible = new RegExp(`^${invisible.source}*$`, "u");

/** Whether a reader sees nothing. A name of line breaks or zero-width characters would be a link that nobody can click. */
export const isBlank = (text: string): boolean => allInvisible.test(text);

/** Trims a text. One that shows nothing at all is empty. */
export function trimmed(text: string): string {
  return isBlank(text) ? "" : text.trim();
}

const nameLengthMax = 80;
const notOfLines = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;

/**
 * Writes a name into a line of a mail: whoever chose it gets no paragraphs, no link and no changed reading direction, and no
 * more than 80 characters.
 */
export function nameInLine(name: string): string {
  const line = name.replaceAll(notOfLines, " ").replaceAll("://", " ").replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length > nameLengthMax ? `${characters.slice(0, nameLengthMax - 1).join("")}…` : line;
}
