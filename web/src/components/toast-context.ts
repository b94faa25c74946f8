import { createContext, use, useEffect, useState } from "react";

export interface Toast {
  readonly kind: "success" | "warning" | "danger" | "info";
  readonly title: string;
  readonly detail?: string;
  /** A later toast about the same replaces this one. Without it, only one with the same title does. */
  readonly about?: string;
}

export const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

/** Shows a message below the page for a while. */
export const useToast = (): ((toast: Toast) => void) => use(ToastContext);

/** Puts a dialog in front, which is told of refusals from then on; what it answers takes the dialog away again. */
type Enter = (tell: (refusal: Toast) => void) => () => void;

export const DialogContext = createContext<Enter>(() => () => undefined);

/** What was refused while this dialog is in front: it is said in the dialog, where somebody looks, and not behind it. */
export function useRefusal() {
  const enter = use(DialogContext);
  const [refusal, setRefusal] = useState<Toast>();
  useEffect(() => enter(setRefusal), [enter]);
  return { refusal, forget: () => setRefusal(undefined) };
}
