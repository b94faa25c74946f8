import { createContext, use, useEffect, useState } from "react";

export interface Toast {
  readonly kind: "success" | "warning" | "danger" | "info";
  readonly title: string;
  readonly detail?: string;
  /** A later toast with the same key replaces this one. The default key is the title. */
  readonly about?: string;
  /** A button, such as "Undo". The message is shown for a minute, as long as changes can be undone. */
  readonly action?: { readonly label: string; readonly onClick: () => void };
}

/** The result of an action, as its message says it. */
export type Outcome = Pick<Toast, "kind" | "title" | "detail">;

export const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

/** Returns a function that shows a message below the page for a while. */
export const useToast = (): ((toast: Toast) => void) => use(ToastContext);

/** Registers the topmost dialog as the receiver of rejections. Returns a function that unregisters it. */
type Enter = (onRejection: (rejection: Toast) => void) => () => void;

export const DialogContext = createContext<Enter>(() => () => undefined);

/** Returns the rejection of the last action while this dialog is topmost. Toasts would appear behind it. */
export function useRejection() {
  const enter = use(DialogContext);
  const [rejection, setRefusal] = useState<Toast>();
  useEffect(() => enter(setRefusal), [enter]);
  return { rejection, forget: () => setRefusal(undefined) };
}
