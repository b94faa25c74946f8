import { createContext, use } from "react";

/** Returns true while the last form that received input is still shown. */
export type HasInput = () => boolean;

/** The search field of a list is no loss. */
const forms = "main form, [role=dialog] form";

/** Notices input in the forms of a page and its dialogs. */
export function watchInput(page: Document): HasInput {
  // A saved form is removed from most pages.
  let edited: Element | null = null;
  page.addEventListener("input", ({ target }) => {
    if (target instanceof Element) edited = target.closest(forms) ?? edited;
  });
  return () => edited?.isConnected ?? false;
}

export const HasInputContext = createContext<HasInput>(() => false);

/** Returns a function that tells whether the page or a dialog has a form with input. */
export const useHasInput = (): HasInput => use(HasInputContext);
