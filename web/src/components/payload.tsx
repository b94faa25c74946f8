import { Button, CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import type { ReactNode } from "react";
import { copyText } from "./copy-text.tsx";
import { prettyPrint } from "./pretty-print.ts";
import { useToast } from "./toast-context.ts";

/** Shows a body with indentation. Copying yields the original bytes. */
export const Payload = ({ text, label }: { text: string; label: string }) => (
  <CodeWithCopy title={describeText(text)} text={text} label={label}>
    <ColouredCode pieces={prettyPrint(text)} />
  </CodeWithCopy>
);

export interface CodeWithCopyProps {
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

/** Returns the type and size of a text: "JSON, 1.2 kB". */
function describeText(text: string): string {
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
