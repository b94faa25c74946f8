import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useId, type FormEvent, type ReactNode } from "react";

import { useRefusal } from "../../toasts/dialog-context.ts";
import { Refused } from "../refused.tsx";
import { useFocusBack } from "../use-focus-back.ts";

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
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A short form over the page. What is refused is said in it, and what was typed stays. */
export function FormDialog({ title, description, submit, isBusy, isDisabled = false, ...rest }: FormDialogProps) {
  const { isLenient = false, isDanger = false, onSubmit, onClose, children } = rest;
  const id = useId();
  useFocusBack();
  const { refusal, forget } = useRefusal();
  const handle = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy || isDisabled) return;
    forget();
    onSubmit();
  };
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={`${id}title`}>
      <ModalHeader title={title} labelId={`${id}title`} description={description} />
      <ModalBody>
        <Refused refusal={refusal} />
        {/* The API takes some of what is marked as required, such as a user's e-mail address, for optional. */}
        <Form id={`${id}form`} noValidate={isLenient} onSubmit={handle}>
          {children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          variant={isDanger ? "danger" : "primary"}
          form={`${id}form`}
          isLoading={isBusy}
          isAriaDisabled={isBusy} // a button that is disabled loses the focus
          isDisabled={isDisabled}
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
