import { Alert, AlertActionCloseButton, AlertActionLink, AlertGroup } from "@patternfly/react-core";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { DialogContext, type Toast, ToastContext } from "./toast-context.ts";

const shownMs = 8000;
const actionShownMs = 60_000;
const shownMax = 3;

const subjectOf = ({ about, title }: Toast): string => about ?? title;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setShown] = useState<readonly { readonly key: number; readonly toast: Toast }[]>([]);
  const shownBefore = useRef(0);
  const dialogs = useRef<readonly ((rejection: Toast) => void)[]>([]);
  const enter = useCallback((onRejection: (rejection: Toast) => void) => {
    dialogs.current = [...dialogs.current, onRejection];
    return () => {
      dialogs.current = dialogs.current.filter((dialog) => dialog !== onRejection);
    };
  }, []);
  const show = useCallback((toast: Toast) => {
    const inFront = dialogs.current.at(-1);
    if (toast.kind === "danger" && inFront) return inFront(toast);
    const key = ++shownBefore.current;
    setShown((before) =>
      [...before.filter((other) => subjectOf(other.toast) !== subjectOf(toast)), { key, toast }].slice(-shownMax),
    );
  }, []);
  const hide = (key: number) => setShown((before) => before.filter((other) => other.key !== key));

  return (
    <ToastContext value={show}>
      <DialogContext value={enter}>{children}</DialogContext>
      <div className="bellwire-toasts">
        <AlertGroup isLiveRegion>
          {toasts.map(({ key, toast: { kind, title, detail, action } }) => (
            <Alert
              key={key}
              variant={kind}
              title={title}
              timeout={kind === "danger" ? false : action ? actionShownMs : shownMs}
              onTimeout={() => hide(key)}
              {...(action && {
                actionLinks: <AlertActionLink onClick={action.onClick}>{action.label}</AlertActionLink>,
              })}
              actionClose={<AlertActionCloseButton onClose={() => hide(key)} />}
            >
              {detail}
            </Alert>
          ))}
        </AlertGroup>
      </div>
    </ToastContext>
  );
}
