import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId } from "react";
import { signInPath, useSession } from "../api/session.tsx";
import { nameInText } from "../components/words.ts";

export interface SessionEndDialogProps {
  /** The name of the user who is signed in instead. The sign-in page would lead to that user's portal. */
  readonly otherUser: string | undefined;
  readonly onClose: () => void;
}

/** Offers a sign-in in another tab, so that the page keeps its input. */
export function SessionEndDialog({ otherUser, onClose }: SessionEndDialogProps) {
  const { userName } = useSession();
  const id = useId();
  const [action, path] = otherUser === undefined ? ["Sign in", signInPath(location)] : ["Open a new tab", "/p/admin"];
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id} elementToFocus={`[id="${id}sign-in"]`}>
      <ModalHeader title="Your session has ended" labelId={id} />
      <ModalBody>
        Your input is still here.{" "}
        {otherUser === undefined
          ? "Sign in again in a new tab, then return to this one and continue."
          : `${nameInText(otherUser)} is signed in in this browser now. Sign out in a new tab and sign in as ${nameInText(userName)}, then return to this one and continue.`}
      </ModalBody>
      <ModalFooter>
        <Button id={`${id}sign-in`} component="a" href={path} target="_blank" onClick={onClose}>
          {action}
        </Button>
        <Button variant="link" onClick={onClose}>
          Back to the form
        </Button>
      </ModalFooter>
    </Modal>
  );
}
