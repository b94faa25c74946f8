import { Suspense, useEffect, useSyncExternalStore } from "react";
import { useSession } from "../api/session.tsx";
import type { HasInput } from "../components/form/unsaved-input.ts";
import { lazyPart } from "../components/loaded.tsx";
import { useToast } from "../components/toast-context.ts";

/** Decides about a page whose session has ended. */
export interface SessionEnd {
  /**
   * Leads to the sign-in page, or opens the dialog over a form with input. Reports of a page that polls repeat, so they do not open again
   * what the user has closed.
   */
  readonly report: (otherUser?: string, isPoll?: boolean) => void;
  readonly close: () => void;
  /** Takes a token of the page's session, which each sign-in changes. */
  readonly renew: (token: string) => void;
  readonly isOpen: () => boolean;
  /** The name of the user who is signed in instead, if any. */
  readonly otherUser: () => string | undefined;
  readonly subscribe: (onChange: () => void) => () => void;
}

export function createSessionEnd(hasInput: HasInput, toSignIn: () => void): SessionEnd {
  const changes = new EventTarget();
  let isOpen = false;
  let isClosed = false;
  let present = "";
  let other: string | undefined;
  const setOpen = (next: boolean) => {
    isOpen = next;
    changes.dispatchEvent(new Event("change"));
  };
  return {
    report: (otherUser, isPoll = false) => {
      other = otherUser;
      if (!hasInput()) toSignIn();
      else if (!isPoll || !isClosed) setOpen(true);
    },
    close: () => {
      isClosed = true;
      setOpen(false);
    },
    renew: (token) => {
      if (token === present) return;
      present = token;
      isClosed = false;
      setOpen(false);
    },
    isOpen: () => isOpen,
    otherUser: () => other,
    subscribe(onChange) {
      changes.addEventListener("change", onChange);
      return () => changes.removeEventListener("change", onChange);
    },
  };
}

interface DialogProps {
  readonly otherUser: string | undefined;
  readonly onClose: () => void;
}

const Dialog = lazyPart<DialogProps>(
  async () => (await import("./session-end-dialog.tsx")).SessionEndDialog,
  SessionEndMessage,
);

/** Replaces the dialog if it cannot be loaded. A form that is sent later shows the same itself. */
function SessionEndMessage() {
  const toast = useToast();
  useEffect(() => {
    toast({
      kind: "danger",
      title: "Your session has ended",
      detail: "Your input is still here. Sign in again in another tab, then return to this one and continue.",
    });
  }, [toast]);
  return null;
}

/** Shows the dialog while it is open, until the page has the session of a sign-in. It is loaded then, as the first page does not need it. */
export function SessionEndNotice({ sessionEnd }: { sessionEnd: SessionEnd }) {
  const isOpen = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.isOpen);
  const otherUser = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.otherUser);
  const { csrfToken } = useSession();
  useEffect(() => sessionEnd.renew(csrfToken), [sessionEnd, csrfToken]);
  return (
    isOpen && (
      <Suspense>
        <Dialog otherUser={otherUser} onClose={sessionEnd.close} />
      </Suspense>
    )
  );
}
