import { useEffect } from "react";

/** PatternFly gives the keyboard back in the turn after a dialog closes. */
const afterMs = 50;

/** What opened a dialog may be gone with what the dialog did: then the keyboard goes on at the page, and not before it. */
export function useFocusAfter(): void {
  useEffect(() => {
    const page = document;
    return () => {
      setTimeout(() => {
        if (page.activeElement === page.body) page.querySelector<HTMLElement>("main")?.focus();
      }, afterMs);
    };
  }, []);
}
