import { createContext, use } from "react";

export type ToastKind = "success" | "warning" | "danger" | "info";

export interface Toast {
  readonly kind: ToastKind;
  readonly title: string;
  readonly detail?: string;
}

export const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

/** Shows a message in the corner for a while. */
export const useToast = (): ((toast: Toast) => void) => use(ToastContext);
