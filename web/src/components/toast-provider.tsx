import { Alert, AlertActionCloseButton, AlertActionLink, AlertGroup } from "@patternfly/react-core";
import { type FocusEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { focusIfLost } from "./page-header.tsx";
import { DialogContext, type Toast, ToastContext } from "./toast-context.ts";

const shownMs = 8000;
const actionShownMs = 60_000;
const shownMax = 3;

/** A refused or doubtful result stays until it is closed: whoever looks away for a moment must not miss it. */
function timeoutOf({
  kind,
  action,
}: Pick<Toast, "kind"> & { readonly action: Toast["action"] | undefined }): number | false {
  if (kind === "danger" || (kind === "warning" && !action)) return false;
  return action ? actionShownMs : shownMs;
}

const subjectOf = ({ about, title }: Toast): string => about ?? title;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setShown] = useState<readonly { readonly key: number; readonly toast: Toast }[]>([]);
  const focus = useFocusBack();
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
      <div className="bellwire-toasts" onFocus={focus.remember}>
        <AlertGroup isLiveRegion>
          {toasts.map(({ key, toast: { kind, title, detail, action } }) => (
            <Alert
              key={key}
              component="h2"
              variant={kind}
              title={title}
              timeout={timeoutOf({ kind, action })}
              onTimeout={() => hide(key)}
              {...(action && {
                actionLinks: <AlertActionLink onClick={action.onClick}>{action.label}</AlertActionLink>,
              })}
              actionClose={<AlertActionCloseButton aria-label={`Close: ${title}`} onClose={() => hide(key)} />}
            >
              {detail}
            </Alert>
          ))}
        </AlertGroup>
      </div>
    </ToastContext>
  );
}

/**
 * Returns the focus to the element that had it before the messages, or to the page, when the message that has it is removed: it was
 * closed, or "Undo" replaces it. Otherwise keyboard users start over.
 */
function useFocusBack() {
  const before = useRef<HTMLElement>(undefined);
  const focused = useRef<HTMLElement>(undefined);
  useEffect(() => {
    if (!focused.current || focused.current.isConnected) return;
    focused.current = undefined;
    focusIfLost(document, before.current);
  });
  return {
    remember: ({ target, currentTarget, relatedTarget }: FocusEvent<HTMLElement>): void => {
      focused.current = target instanceof HTMLElement ? target : undefined;
      if (currentTarget.contains(relatedTarget)) return;
      before.current = relatedTarget instanceof HTMLElement ? relatedTarget : undefined;
    },
  };
}
