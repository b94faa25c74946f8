/** Goes to the first field that was refused, of the dialog if there is one: it may be far above the button. */
export function focusWrongField(): void {
  const form = document.querySelector("[role=dialog]") ?? document;
  form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}
