/**
 * Goes to the first field that was refused, which may be far above the button: of the form that was sent, if it is known, since
 * a page may have several, or else of the dialog.
 */
export function focusWrongField(sent: Element | null = null): void {
  const form = document.querySelector("[role=dialog]") ?? sent ?? document;
  const field = form.querySelector<HTMLElement>("[aria-invalid=true]");
  field?.focus({ preventScroll: true });
  // Not at the edge: what is wrong with it is said below it, and a bar to save by or a message may come over the page's end.
  field?.scrollIntoView?.({ block: "center" });
}
