import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { DialogError } from "./form/dialog-error.tsx";
import { useFocusAfter } from "./use-focus-after.ts";

export interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly confirm: string;
  readonly isBusy: boolean;
  /** What went wrong with it. Messages below the page are not heard while a dialog is open. */
  readonly error?: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, children, confirm, isBusy, error, onConfirm, onClose }: ConfirmDialogProps) {
  useFocusAfter();
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby="confirm-title" aria-describedby="confirm-body">
      <ModalHeader title={title} titleIconVariant="warning" labelId="confirm-title" />
      <ModalBody id="confirm-body">
        {children}
        <DialogError error={error} />
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={isBusy} isDisabled={isBusy} onClick={onConfirm}>
          {confirm}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
