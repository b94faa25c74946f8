const indent = "  ";

/** Deeper text is shown as it came: indentation grows with the square of the depth. */
const depthMax = 50;

/** More marks cost a browser seconds; then the text has one colour. */
const marksMax = 5000;

/** A string of JSON, or a bracket. Applied to valid JSON only, where every string ends. */
const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/**
 * Lays out XML and JSON for reading, and splits it at its marks: tags, and names of members. Every second piece is a mark. Text
 * that is neither, broken, or nested too deeply is one piece, as it came. Receivers choose this text, so the time must grow with
 * its length and not with the square of it.
 */
export function prettyPrint(text: string): readonly string[] {
  const start = text.trimStart()[0];
  const pieces = start === "<" ? prettyXml(text) : start === "{" || start === "[" ? prettyJson(text) : undefined;
  if (!pieces) return [text];
  return pieces.length > 2 * marksMax ? [pieces.join("")] : pieces;
}

function prettyJson(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (depthOf(text) > depthMax) return undefined;
  const pretty = JSON.stringify(value, undefined, indent);
  const pieces: string[] = [];
  let from = 0;
  for (const { 0: token, index } of pretty.matchAll(jsonToken)) {
    const end = index + token.length;
    if (pretty[end] !== ":") continue;
    pieces.push(pretty.slice(from, index), token);
    from = end;
  }
  return [...pieces, pretty.slice(from)];
}

function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of json.matchAll(jsonToken)) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Each element on its own line; one that holds only text stays on one. */
function prettyXml(text: string): readonly string[] | undefined {
  const lines: string[] = [];
  let depth = 0;
  for (const token of text.trim().split(/(?=<)/)) {
    const content = token.trim();
    if (!/^<[^<>]+>/.test(content)) return undefined;
    const closes = content.startsWith("</");
    if (closes) depth -= 1;
    if (depth > depthMax) return undefined;
    const opened = lines.at(-1);
    const closesPreviousLine = closes && opened !== undefined && isOpeningOf(opened, content);
    if (closesPreviousLine) lines[lines.length - 1] = opened + content;
    else lines.push(indent.repeat(Math.max(depth, 0)) + content);
    const opens = !closes && !/^<[?!]/.test(content) && !/^<[^>]*\/>/.test(content);
    if (opens) depth += 1;
  }
  return lines.join("\n").split(/(<[^<>]+>)/);
}

/** Whether the line is `<name …>text` and the token `</name>`. */
const isOpeningOf = (line: string, closing: string): boolean =>
  line.trimStart().match(/^<([^\s/>?!]+)[^>]*>[^<]*$/)?.[1] === closing.match(/^<\/([^\s>]+)/)?.[1];
