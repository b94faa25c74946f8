/** A comment, CDATA, an instruction, a declaration, a tag, or text. */
const token = /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<\?[^]*?\?>|<![^>]*>|<(?:"[^"]*"|'[^']*'|[^"'>])+>|[^<]+/y;
const nameOf = (tag: string): string => /^<\/?([^\s/>]+)/.exec(tag)?.[1] ?? "";

/** How deep elements may stand in each other: indentation grows with the square of it. */
const depthMax = 50;

interface Masking {
  readonly isSecret: (name: string) => boolean;
  readonly mask: string;
}

/**
 * The same XML with an element a line, the contents of elements with secret names masked. Nothing between elements is kept
 * but line breaks of ours; what has text of its own stays as it is. `undefined`: it is no XML that we can follow.
 */
export function indentXml(text: string, masking?: Masking): string | undefined {
  const tokens = tokensOf(text.trim());
  if (!tokens?.[0]?.startsWith("<")) return undefined;
  const open: string[] = [];
  const lines: string[] = [];
  let isLineOpen = false; // the last line is a tag or its text, and may be closed by the next token
  for (const it of masking ? maskTokens(tokens, masking) : tokens) {
    const isText = !it.startsWith("<") || it.startsWith("<![CDATA[");
    if (isText && it.trim() === "") continue;
    if (isText) {
      lines.push(`${isLineOpen ? (lines.pop() ?? "") : indentation(open)}${it}`);
    } else if (it.startsWith("</")) {
      if (open.pop() !== nameOf(it)) return undefined;
      lines.push(`${isLineOpen ? (lines.pop() ?? "") : indentation(open)}${it}`);
      isLineOpen = false;
    } else {
      lines.push(`${indentation(open)}${it}`);
      isLineOpen = isOpeningTag(it);
      if (isLineOpen) open.push(nameOf(it));
      if (open.length > depthMax) return undefined;
    }
  }
  return open.length === 0 ? lines.join("\n") : undefined;
}

/** Puts the mask in place of all that stands between the tags of a secret element. */
function* maskTokens(tokens: readonly string[], { isSecret, mask }: Masking): Generator<string> {
  let depth = 0; // elements open from the secret one on
  for (const it of tokens) {
    if (depth > 0 && isOpeningTag(it)) depth += 1;
    if (depth > 0 && it.startsWith("</")) depth -= 1;
    if (depth > 0) continue;
    yield it;
    if (!isOpeningTag(it) || !isSecret(nameOf(it))) continue;
    depth = 1;
    yield mask;
  }
}

const isOpeningTag = (it: string): boolean => /^<[^?!/]/.test(it) && !it.endsWith("/>");

/** Gives up where no token begins, so that the time grows with the length and not with its square: anybody may send this. */
function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found) return undefined;
    tokens.push(found[0]);
  }
  return tokens;
}

const indentation = (open: readonly string[]): string => "  ".repeat(open.length);
