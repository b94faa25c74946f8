import { createContext, use } from "react";

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
