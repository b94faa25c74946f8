const indent = "  ";

/** XML and JSON with line breaks, for reading; anything else, and what is broken, as it is. */
export function prettyPrint(text: string): string {
  const start = text.trimStart();
  if (start.startsWith("<")) return prettyXml(text);
  if (start.startsWith("{") || start.startsWith("[")) return prettyJson(text);
  return text;
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, indent);
  } catch {
    return text;
  }
}

/** Each element on its own line; one that holds only text stays on one. */
function prettyXml(text: string): string {
  const lines: string[] = [];
  let depth = 0;
  for (const token of text.match(/<[^>]+>[^<]*/g) ?? []) {
    const content = token.trim();
    const closes = content.startsWith("</");
    if (closes) depth -= 1;
    const opened = lines.at(-1);
    const closesPreviousLine = closes && opened !== undefined && isOpeningOf(opened, content);
    if (closesPreviousLine) lines[lines.length - 1] = opened + content;
    else lines.push(indent.repeat(Math.max(depth, 0)) + content);
    const opens = !closes && !/^<[?!]/.test(content) && !/^<[^>]*\/>/.test(content);
    if (opens) depth += 1;
  }
  return lines.length > 0 ? lines.join("\n") : text;
}

/** Whether the line is `<name …>text` and the token `</name>`. */
const isOpeningOf = (line: string, closing: string): boolean =>
  line.trimStart().match(/^<([^\s/>?!]+)[^>]*>[^<]*$/)?.[1] === closing.match(/^<\/([^\s>]+)/)?.[1];
