import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId, type FormEvent, type ReactNode } from "react";

import { DialogError } from "./dialog-error.tsx";
import { useFocusAfter } from "../use-focus-after.ts";

export interface FormDialogProps {
  readonly title: string;
  readonly description?: string;
  /** The verb on the button. */
  readonly submit: string;
  readonly isBusy: boolean;
  /** There is nothing to submit yet. */
  readonly isDisabled?: boolean;
  /** What it does cannot be undone. */
  readonly isDanger?: boolean;
  /** What was saved without a field that is required by now may stay so. */
  readonly isLenient?: boolean;
  /** What went wrong with it, where no field says so. Messages below the page are not heard while a dialog is open. */
  readonly error?: unknown;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A short form over the page. */
export function FormDialog({ title, description, submit, isBusy, isDisabled = false, ...rest }: FormDialogProps) {
  const { isDanger = false, isLenient = false, error, onSubmit, onClose, children } = rest;
  const id = useId();
  useFocusAfter();
  const handle = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={`${id}title`}>
      <ModalHeader title={title} labelId={`${id}title`} description={description} />
      <ModalBody>
        {/* The API takes some of what is marked as required, such as a user's e-mail address, for optional. */}
        <Form id={`${id}form`} noValidate={isLenient} onSubmit={handle}>
          {children}
          <DialogError error={error} />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={`${id}form`}
          variant={isDanger ? "danger" : "primary"}
          isLoading={isBusy}
          isDisabled={isBusy || isDisabled}
        >
          {submit}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
