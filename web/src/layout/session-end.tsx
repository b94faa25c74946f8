import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId, useSyncExternalStore } from "react";
import { signInPath } from "../api/session.tsx";

/** Decides about a page whose session has ended. */
export interface SessionEnd {
  /** Leads to the sign-in page, or opens the dialog over a form with input. Reports repeat while the page polls. */
  readonly report: () => void;
  readonly close: () => void;
  readonly isOpen: () => boolean;
  readonly subscribe: (onChange: () => void) => () => void;
}

/** The search field of a list is no loss. */
const forms = "main form, [role=dialog] form";

export function createSessionEnd(page: Document, toSignIn: () => void): SessionEnd {
  const changes = new EventTarget();
  let isOpen = false;
  /** The last form that received input. A saved one is removed from most pages. */
  let edited: Element | null = null;
  page.addEventListener("input", ({ target }) => {
    if (target instanceof Element) edited = target.closest(forms) ?? edited;
  });
  const setOpen = (next: boolean) => {
    isOpen = next;
    changes.dispatchEvent(new Event("change"));
  };
  return {
    report: () => (edited?.isConnected ? setOpen(true) : toSignIn()),
    close: () => setOpen(false),
    isOpen: () => isOpen,
    subscribe(onChange) {
      changes.addEventListener("change", onChange);
      return () => changes.removeEventListener("change", onChange);
    },
  };
}

/** Offers a sign-in in another tab, so that the page keeps its input. */
export function SessionEndDialog({ sessionEnd }: { sessionEnd: SessionEnd }) {
  const id = useId();
  const isOpen = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.isOpen);
  return (
    <Modal variant="small" isOpen={isOpen} onClose={sessionEnd.close} aria-labelledby={id}>
      <ModalHeader title="Your session has ended" labelId={id} />
      <ModalBody>Your input is still here. Sign in again in a new tab, then return to this one and continue.</ModalBody>
      <ModalFooter>
        <Button component="a" href={signInPath(location)} target="_blank" onClick={sessionEnd.close}>
          Sign in
        </Button>
        <Button variant="link" onClick={sessionEnd.close}>
          Back to the form
        </Button>
      </ModalFooter>
    </Modal>
  );
}
