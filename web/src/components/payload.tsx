import { Button, CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import type { ReactNode } from "react";
import { copyText } from "./copy-text.tsx";
import { useToast } from "./toast-context.ts";

/** Shows a body with indentation. Copying yields the original bytes. */
export const Payload = ({ text, label }: { text: string; label: string }) => (
  <CodeWithCopy title={describeText(text)} text={text} label={label}>
    <ColouredCode pieces={prettyPrint(text)} />
  </CodeWithCopy>
);

interface CodeWithCopyProps {
  /** Shown in the bar above the code. */
  readonly title: string;
  /** The text that is copied, and shown without children. */
  readonly text: string;
  /** Names the text in "Copy the text". */
  readonly label: string;
  readonly children?: ReactNode;
}

/** Shows code below a bar with a title and a button that copies it. */
export function CodeWithCopy({ title, text, label, children = text }: CodeWithCopyProps) {
  const toast = useToast();
  const copy = (): void => {
    copyText(text).then(
      () => toast({ kind: "success", title: "Copied" }),
      () => toast({ kind: "warning", title: "The browser did not allow copying" }),
    );
  };
  return (
    <CodeBlock
      actions={
        <>
          <CodeBlockAction className="bellwire-code-title">{title}</CodeBlockAction>
          <CodeBlockAction>
            <Button variant="plain" size="sm" aria-label={`Copy ${label}`} icon={<CopyIcon />} onClick={copy} />
          </CodeBlockAction>
        </>
      }
    >
      <CodeBlockCode>{children}</CodeBlockCode>
    </CodeBlock>
  );
}

const kilobyte = 1000;

/** Stands in stored texts for bytes that are not UTF-8. */
const replacement = "\uFFFD";

/** Returns the type and size of a text: "JSON, 1.2 kB". The size of the bytes that a decoder has replaced is not known. */
function describeText(text: string): string {
  if (text.includes(replacement)) return `${textType(text)}, not all of it UTF-8`;
  const bytes = new TextEncoder().encode(text).length;
  const size =
    bytes < kilobyte
      ? `${bytes} B`
      : `${(bytes / kilobyte).toLocaleString("en", { maximumFractionDigits: bytes < 100 * kilobyte ? 1 : 0 })} kB`;
  return `${textType(text)}, ${size}`;
}

function textType(text: string): string {
  const start = text.trimStart();
  if (/^<(!doctype html|html)\b/i.test(start)) return "HTML";
  if (start.startsWith("<")) return "XML";
  return /^[{[]/.test(start) ? "JSON" : "Text";
}

/** Highlights the structure of a text. Every second piece is structure. */
function ColouredCode({ pieces }: { pieces: readonly string[] }) {
  return pieces.map((piece, place) => {
    if (place % 2 === 0) return piece;
    const key = `mark ${place}`; // pieces never move
    return (
      <span key={key} className="bellwire-mark">
        {piece}
      </span>
    );
  });
}

const indent = "  ";

/** Deeper text stays unformatted: indentation grows with the square of the depth. */
const depthMax = 50;

/** More marks would take the browser seconds, so the text gets a single colour. */
const marksMax = 5000;

/** A string of JSON, a bracket, a comma, a colon, or another value. Applied to valid JSON only, where every string ends. */
const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Indents XML and JSON, and splits the text at its marks: tags and member names. Every second piece is a mark. Other,
 * invalid or too deeply nested text stays one piece. Receivers choose this text, so the time must not grow with the
 * square of its length.
 */
export function prettyPrint(text: string): readonly string[] {
  const start = text.trimStart()[0];
  const pieces = start === "<" ? prettyXml(text) : start === "{" || start === "[" ? prettyJson(text) : undefined;
  if (!pieces) return [text];
  return pieces.length > 2 * marksMax ? [pieces.join("")] : pieces;
}

/**
 * Indents JSON token by token. Parsed and written again, a number beyond 2^53 would be another one, and of two members with one name
 * only the last would be left.
 */
function prettyJson(text: string): readonly string[] | undefined {
  if (!isJson(text)) return undefined;
  const tokens = text.match(jsonToken) ?? [];
  const pieces: string[] = [];
  let plain = "";
  let depth = 0;
  for (const [place, token] of tokens.entries()) {
    const [previous, next] = [tokens[place - 1] ?? "", tokens[place + 1] ?? ""];
    if (isClosing(token)) depth -= 1;
    const isAfterStart = isOpening(previous) && !isClosing(token);
    const isEnd = isClosing(token) && !isOpening(previous);
    if (isAfterStart || isEnd || previous === ",") plain += `\n${indent.repeat(depth)}`;
    if (isOpening(token)) depth += 1;
    if (depth > depthMax) return undefined;
    if (next === ":") {
      pieces.push(plain, unescaped(token));
      plain = "";
    } else plain += token === ":" ? ": " : unescaped(token);
  }
  return [...pieces, plain];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const isOpening = (token: string): boolean => token === "{" || token === "[";
const isClosing = (token: string): boolean => token === "}" || token === "]";

/** Returns a string of JSON with its letters instead of their numbers, and any other token as it is. */
const unescaped = (token: string): string => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token);

/** Puts each element on its own line. An element that contains only text stays on one line. */
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
    const closesPreviousLine = closes && opened !== undefined && isOpeningTag(opened, content);
    if (closesPreviousLine) lines[lines.length - 1] = opened + content;
    else lines.push(indent.repeat(Math.max(depth, 0)) + content);
    const opens = !closes && !/^<[?!]/.test(content) && !/^<[^>]*\/>/.test(content);
    if (opens) depth += 1;
  }
  return lines.join("\n").split(/(<[^<>]+>)/);
}

/** Returns true if the line is `<name …>text` and the token is `</name>`. */
const isOpeningTag = (line: string, closing: string): boolean =>
  line.trimStart().match(/^<([^\s/>?!]+)[^>]*>[^<]*$/)?.[1] === closing.match(/^<\/([^\s>]+)/)?.[1];
