import { useEffect } from "react";

/** PatternFly gives the focus back in the turn after a dialog closes. */
const afterMs = 50;

/**
 * PatternFly gives the focus back to what a dialog was opened from. Where that is gone as well, such as the row of what was
 * deleted, whoever uses the keyboard goes on in the page, and not at the start of all.
 */
export function useFocusBack(): void {
  useEffect(() => {
    const page = document;
    return () => {
      setTimeout(() => focusIfLost(page), afterMs);
    };
  }, []);
}

function focusIfLost(page: Document): void {
  const { activeElement, body } = page;
  if (activeElement === null || activeElement === body) page.querySelector("main")?.focus();
}
