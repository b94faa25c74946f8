import { Button, CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { prettyPrint } from "./pretty-print.ts";
import { useToast } from "./toast-context.ts";

/** Shows a body with indentation. Copying yields the original bytes. */
export function Payload({ text, label }: { text: string; label: string }) {
  const toast = useToast();
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => toast({ kind: "success", title: "Copied" }),
      () => toast({ kind: "warning", title: "The browser did not allow copying" }),
    );
  };
  return (
    <CodeBlock
      actions={
        <CodeBlockAction>
          <Button variant="plain" aria-label={`Copy ${label}`} icon={<CopyIcon />} onClick={copy} />
        </CodeBlockAction>
      }
    >
      <CodeBlockCode>
        <ColouredCode pieces={prettyPrint(text)} />
      </CodeBlockCode>
    </CodeBlock>
  );
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
