import { Alert, Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { type FormEvent, type ReactNode, useEffect, useId } from "react";
import { type Toast, useRefusal } from "../toast-context.ts";

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

/** Why a dialog stays open. */
const Refused = ({ refusal }: { refusal: Toast | undefined }) =>
  refusal && (
    <div ref={scrollIntoView}>
      <Alert
        isInline
        isLiveRegion
        role="alert"
        component="h2"
        variant="danger"
        title={refusal.title}
        className="bellwire-notice"
      >
        {refusal.detail}
      </Alert>
    </div>
  );

/** A long dialog may be scrolled to its end, where the button is. */
const scrollIntoView = (alert: HTMLElement | null): void => alert?.scrollIntoView?.({ block: "nearest" });

/** PatternFly gives the focus back in the turn after a dialog closes. */
const afterMs = 50;

/**
 * PatternFly gives the focus back to what a dialog was opened from. Where that is gone as well, such as the row of what was
 * deleted, whoever uses the keyboard goes on in the page, and not at the start of all.
 */
function useFocusBack(): void {
  useEffect(() => {
    const page = document;
    return () => {
      setTimeout(() => focusIfLost(page), afterMs);
    };
  }, []);
}

function focusIfLost(page: Document): void {
  const { activeElement, body } = page;
  if (activeElement === null || activeElement === body) page.querySelector("main")?.focus();
}

/** What dialogs say of webhooks: whether one is sent is for each endpoint, and for the switch of the default one. */
export const toldToEndpoints = "Endpoints that are told what admins do get a webhook.";
