import { ClipboardCopy } from "@patternfly/react-core";
import { useState } from "react";

/**
 * Copies a text. Browsers offer their clipboard on https and localhost only. Elsewhere an older command copies. Rejects if neither is
 * allowed.
 */
export async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault(); // the selection is not copied
  };
  document.addEventListener("copy", fill, { once: true });
  const isCopied = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  if (!isCopied) throw new Error("The browser did not allow copying.");
}

/** PatternFly's own function says "Copied" whether or not the browser has a clipboard. */
function useCopy(text: string) {
  const [clickTip, setClickTip] = useState("Copied");
  const onCopy = (): void =>
    void copyText(text).then(
      () => setClickTip("Copied"),
      () => setClickTip("The browser did not allow copying"),
    );
  return { hoverTip: "Copy", clickTip, onCopy };
}

export interface CopyTextProps {
  /** Names the button, or the field. */
  readonly label: string;
  readonly children: string;
}

/** A short text with a button that copies it. */
export const CopyText = ({ label, children }: CopyTextProps) => (
  <ClipboardCopy
    variant="inline-compact"
    isCode
    copyAriaLabel={label}
    className="bellwire-break"
    {...useCopy(children)}
  >
    {children}
  </ClipboardCopy>
);

/** A text in a field with a button that copies it. */
export const CopyField = ({ label, children }: CopyTextProps) => (
  <ClipboardCopy isReadOnly textAriaLabel={label} {...useCopy(children)}>
    {children}
  </ClipboardCopy>
);
