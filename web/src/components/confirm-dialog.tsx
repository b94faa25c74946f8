import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId, type ReactNode } from "react";

import { useRefusal } from "../toasts/dialog-context.ts";
import { Refused } from "./refused.tsx";
import { useFocusBack } from "./use-focus-back.ts";

/** What is asked, and what comes of a yes. */
export interface Question {
  readonly title: string;
  readonly says: string;
}

export interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly confirm: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that takes something away. It stays open until that is done, and says why if it is refused. */
export function ConfirmDialog({ title, children, confirm, isBusy, onConfirm, onClose }: ConfirmDialogProps) {
  const id = useId();
  useFocusBack();
  const { refusal, forget } = useRefusal();
  const act = (): void => {
    if (isBusy) return;
    forget();
    onConfirm();
  };
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={`${id}title`} aria-describedby={`${id}body`}>
      <ModalHeader title={title} titleIconVariant="warning" labelId={`${id}title`} />
      <ModalBody id={`${id}body`}>
        <Refused refusal={refusal} />
        {children}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={isBusy} isAriaDisabled={isBusy} onClick={act}>
          {confirm}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
