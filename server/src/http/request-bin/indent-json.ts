const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** How deep things may stand in each other: indentation grows with the square of it. */
const depthMax = 50;

/** The same JSON with line breaks, every number and key as it was written. `undefined`: it is none, or too deep. */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let written = "";
  let previous = "";
  const breakLine = (): string => `\n${"  ".repeat(depth)}`;
  for (const [it] of text.matchAll(token)) {
    const closes = it === "}" || it === "]";
    if (closes) depth -= 1;
    const isEmpty = closes && (previous === "{" || previous === "[");
    if ((closes && !isEmpty) || (!closes && (previous === "{" || previous === "["))) written += breakLine();
    written += it;
    if (it === "{" || it === "[") depth += 1;
    if (depth > depthMax) return undefined;
    if (it === ",") written += breakLine();
    if (it === ":") written += " ";
    previous = it;
  }
  return written;
}
