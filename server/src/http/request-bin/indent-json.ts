const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** How deep things may stand in each other: indentation grows with the square of it. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * Returns the same JSON with line breaks, every number and key as it was written, and the values of secret names masked.
 * `undefined`: it is no JSON, or nested too deeply.
 */
export function indentJson(text: string, masking?: Masking): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let written = "";
  let previous = "";
  let name = "";
  /** Brackets open inside the value that is being masked; 0 outside of one. */
  let maskedDepth = 0;
  const breakLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const [it] of text.matchAll(token)) {
    if (maskedDepth > 0) {
      if (it === "{" || it === "[") maskedDepth += 1;
      if (it === "}" || it === "]") maskedDepth -= 1;
      continue;
    }
    if (masking && previous === ":" && masking.isSecret(name)) {
      written += JSON.stringify(masking.mask);
      maskedDepth = it === "{" || it === "[" ? 1 : 0;
      previous = masking.mask;
      continue;
    }
    const closes = it === "}" || it === "]";
    if (closes) depth -= 1;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if ((closes && !isEmpty) || (!closes && (previous === "{" || previous === "["))) written += breakLine();
    written += it;
    if (it === "{" || it === "[") depth += 1;
    if (depth > depthMax) return undefined;
    if (it === ",") written += breakLine();
    if (it === ":") {
      written += " ";
      name = String(JSON.parse(previous));
    }
    previous = it;
  }
  return written;
}
