import { useEffect } from "react";

/**
 * PatternFly gives the focus back to what a dialog was opened from. Where that is gone as well, such as the row of what was
 * deleted, whoever uses the keyboard goes on in the page, and not at the start of all.
 */
export const useFocusBack = (): void => useEffect(() => () => queueMicrotask(focusPageIfLost), []);

function focusPageIfLost(): void {
  const { activeElement, body } = document;
  if (activeElement === null || activeElement === body) document.querySelector("main")?.focus();
}
