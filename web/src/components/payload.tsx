import { Button, CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";

import { useToast } from "../toasts/toast-context.ts";
import { ColouredCode } from "./coloured-code.tsx";
import { prettyPrint } from "./pretty-print.ts";

/** A body, laid out for reading. What is copied are its bytes as they were sent. */
export function Payload({ text, label }: { text: string; label: string }) {
  const toast = useToast();
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => toast({ kind: "success", title: "Copied as it was sent" }),
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
