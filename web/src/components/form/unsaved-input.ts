import { createContext, use } from "react";

/** Returns true while a form that received input is still shown. */
export type HasInput = () => boolean;

/** The search field of a list is no loss. */
const forms = "main form, [role=dialog] form";

/** Notices input in the forms of a page and its dialogs. */
export function watchInput(page: Document): HasInput {
  // A saved form is removed from most pages.
  const edited = new Set<Element>();
  const isAnyShown = (): boolean => {
    for (const form of edited) if (!form.isConnected) edited.delete(form);
    return edited.size > 0;
  };
  page.addEventListener("input", ({ target }) => {
    const form = target instanceof Element && target.closest(forms);
    if (form) edited.add(form);
    isAnyShown();
  });
  return isAnyShown;
}

export const HasInputContext = createContext<HasInput>(() => false);

/** Returns a function that tells whether the page or a dialog has a form with input. */
export const useHasInput = (): HasInput => use(HasInputContext);
