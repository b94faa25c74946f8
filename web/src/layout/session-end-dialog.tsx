import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId } from "react";
import { signInPath } from "../api/session.tsx";

/** Offers a sign-in in another tab, so that the page keeps its input. */
export function SessionEndDialog({ onClose }: { onClose: () => void }) {
  const id = useId();
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id} elementToFocus={`[id="${id}sign-in"]`}>
      <ModalHeader title="Your session has ended" labelId={id} />
      <ModalBody>Your input is still here. Sign in again in a new tab, then return to this one and continue.</ModalBody>
      <ModalFooter>
        <Button id={`${id}sign-in`} component="a" href={signInPath(location)} target="_blank" onClick={onClose}>
          Sign in
        </Button>
        <Button variant="link" onClick={onClose}>
          Back to the form
        </Button>
      </ModalFooter>
    </Modal>
  );
}
