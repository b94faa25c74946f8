// Indents JSON without parsing numbers and texts, so that they are shown as they were written.

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The indentation of nested JSON grows with the square of its depth. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * Returns the JSON with line breaks, with numbers and keys as they were written and the values of secret names masked. Returns
 * `undefined` for a text that is not JSON or is nested too deeply.
 */
export function indentJson(text: string, masking?: Masking): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let output = "";
  let previous = "";
  let name = "";
  /** Open brackets inside the value that is being masked. 0 outside of one. */
  let maskedDepth = 0;
  const breakLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const [lexeme] of text.matchAll(token)) {
    if (maskedDepth > 0) {
      if (lexeme === "{" || lexeme === "[") maskedDepth += 1;
      if (lexeme === "}" || lexeme === "]") maskedDepth -= 1;
      continue;
    }
    if (masking && previous === ":" && masking.isSecret(name)) {
      output += JSON.stringify(masking.mask);
      maskedDepth = lexeme === "{" || lexeme === "[" ? 1 : 0;
      previous = masking.mask;
      continue;
    }
    const closes = lexeme === "}" || lexeme === "]";
    if (closes) depth -= 1;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if ((closes && !isEmpty) || (!closes && (previous === "{" || previous === "["))) output += breakLine();
    output += lexeme;
    if (lexeme === "{" || lexeme === "[") depth += 1;
    if (depth > depthMax) return undefined;
    if (lexeme === ",") output += breakLine();
    if (lexeme === ":") {
      output += " ";
      name = String(JSON.parse(previous));
    }
    previous = lexeme;
  }
  return output;
}
