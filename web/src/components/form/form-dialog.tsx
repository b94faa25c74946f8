import { Alert, Button, Content, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useBlocker } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useId, useState } from "react";
import { focusIfLost } from "../page-header.tsx";
import { type Toast, useRejection } from "../toast-context.ts";
import { useHasInput } from "./unsaved-input.ts";

export interface FormDialogProps {
  readonly title: string;
  readonly description?: string;
  /** The verb on the button. */
  readonly submit: string;
  readonly isBusy: boolean;
  /** True while there is nothing to submit. */
  readonly isDisabled?: boolean;
  /** True if the action cannot be undone. */
  readonly isDanger?: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A short form over the page. It shows a rejection itself, and keeps the values. Only Cancel discards input without a question. */
export function FormDialog({ title, description, submit, isBusy, isDisabled = false, ...rest }: FormDialogProps) {
  const { isDanger = false, onSubmit, onClose, children } = rest;
  const id = useId();
  useFocusBack();
  const { rejection, forget } = useRejection();
  const { isAsking, close, ...input } = useDialogInput({ isBusy, onClose });
  const handle = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy || isDisabled) return;
    forget();
    onSubmit();
  };
  return (
    <Modal
      variant="small"
      isOpen
      onClose={close}
      onEscapePress={() => closeIfUncovered(`${id}title`, close)}
      aria-labelledby={`${id}title`}
    >
      <ModalHeader title={title} labelId={`${id}title`} description={description} />
      <ModalBody>
        <Rejection rejection={rejection} />
        <Form ref={focusFirstField} id={`${id}form`} noValidate={false} onInput={input.note} onSubmit={handle}>
          {children}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          variant={isDanger ? "danger" : "primary"}
          form={`${id}form`}
          isLoading={isBusy}
          isAriaDisabled={isBusy} // a disabled button would lose the focus
          isDisabled={isDisabled}
        >
          {submit}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
        {isAsking && (
          <ConfirmDialog
            title="Discard your input?"
            confirm="Discard"
            dismiss="Keep editing"
            isBusy={false}
            onConfirm={onClose}
            onClose={input.keep}
          >
            Your input will be lost.
          </ConfirmDialog>
        )}
        {input.isUnsaved && <LeaveQuestion isDialog onDiscard={onClose} />}
      </ModalFooter>
    </Modal>
  );
}

/** Asks before a dialog with input is closed, unless that is being sent. */
function useDialogInput({ isBusy, onClose }: Pick<FormDialogProps, "isBusy" | "onClose">) {
  const [isEdited, setEdited] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const isUnsaved = isEdited && !isBusy;
  return {
    isUnsaved,
    isAsking,
    note: () => setEdited(true),
    close: () => (isUnsaved ? setAsking(true) : onClose()),
    keep: () => setAsking(false),
  };
}

/**
 * PatternFly would focus the button that closes the dialog, and Enter after the first typed value would close it. Fields that load after
 * the dialog opened get the focus, too, unless the user has moved it meanwhile.
 */
function focusFirstField(form: HTMLFormElement): () => void {
  const dialog = form.closest("[role=dialog]");
  const isUntouched = (): boolean => {
    const { activeElement } = document;
    return activeElement === dialog?.querySelector("button") || !dialog?.contains(activeElement);
  };
  const focus = (): void => {
    const first = form.querySelector<HTMLElement>(":is(input, select, textarea):not([disabled])");
    if (!first) return;
    observer.disconnect();
    first.focus();
  };
  const observer = new MutationObserver(() => isUntouched() && focus());
  observer.observe(form, { childList: true, subtree: true });
  focus();
  return () => observer.disconnect();
}

/**
 * Closes a dialog on Escape, unless another one covers it, such as the search or the notice that the session has ended. PatternFly
 * would close both, and the input would be lost.
 */
function closeIfUncovered(titleId: string, onClose: () => void): void {
  const topmost = [...document.querySelectorAll("[role=dialog]")].at(-1);
  if (topmost?.getAttribute("aria-labelledby") === titleId) onClose();
}

/** The title and text of a confirmation. */
export interface Question {
  readonly title: string;
  readonly text: string;
}

export interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly confirm: string;
  /** The button that closes the dialog without the action. */
  readonly dismiss?: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks for confirmation of a destructive action. Stays open until the action is done, and shows a rejection. */
export function ConfirmDialog({
  title,
  children,
  confirm,
  dismiss = "Cancel",
  isBusy,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const id = useId();
  useFocusBack();
  const { rejection, forget } = useRejection();
  const act = (): void => {
    if (isBusy) return;
    forget();
    onConfirm();
  };
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={`${id}title`} aria-describedby={`${id}body`}>
      <ModalHeader title={title} titleIconVariant="warning" labelId={`${id}title`} />
      <ModalBody id={`${id}body`}>
        <Rejection rejection={rejection} />
        {children}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={isBusy} isAriaDisabled={isBusy} onClick={act}>
          {confirm}
        </Button>
        <Button variant="link" onClick={onClose}>
          {dismiss}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** Asks for confirmation of a deletion. The children are its consequences, in one paragraph. */
export const DeleteDialog = ({ children, ...dialog }: Omit<ConfirmDialogProps, "confirm" | "dismiss">) => (
  <ConfirmDialog confirm="Delete" {...dialog}>
    <Content component="p">{children}</Content>
  </ConfirmDialog>
);

/** Shows why the action was rejected and the dialog stays open. */
const Rejection = ({ rejection }: { rejection: Toast | undefined }) =>
  rejection && (
    <div ref={scrollIntoView}>
      <Alert
        isInline
        isLiveRegion
        role="alert"
        component="h2"
        variant="danger"
        title={rejection.title}
        className="bellwire-notice"
      >
        {rejection.detail}
      </Alert>
    </div>
  );

/** A long dialog may be scrolled to the button at its end. */
const scrollIntoView = (alert: HTMLElement | null): void => alert?.scrollIntoView?.({ block: "nearest" });

/** PatternFly returns the focus one turn after a dialog closes. */
const afterMs = 50;

/**
 * Moves the focus when a dialog closes and the element that had it before is gone, such as a deleted row or an item of a menu: to the
 * opener, if it is still there, or to the page. PatternFly returns the focus only to an element that still exists; otherwise keyboard
 * users start over.
 */
export function useFocusBack(opener?: HTMLElement): void {
  useEffect(() => {
    const page = document;
    return () => {
      const main = page.querySelector("main");
      setTimeout(() => focusIfLost(page, opener, main), afterMs);
    };
  }, [opener]);
}

export interface LeaveQuestionProps {
  /** A dialog also asks before another tab or filter of its page, which may be without it. */
  readonly isDialog?: boolean;
  readonly onDiscard?: () => void;
}

/**
 * Asks before another page replaces the form, or the browser closes it. Another tab of the same page keeps the form of a page. A secret
 * that was shown is an edit, too, but no input that could be lost. A dialog that leads to another page after it was saved passes
 * `ignoreBlocker`, because the question may still be rendered.
 */
export function LeaveQuestion({ isDialog = false, onDiscard }: LeaveQuestionProps) {
  const hasInput = useHasInput();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => (isDialog || current.pathname !== next.pathname) && hasInput(),
    enableBeforeUnload: hasInput,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return;
  const leave = (): void => {
    onDiscard?.();
    blocker.proceed();
  };
  return (
    <ConfirmDialog
      title="Leave without saving?"
      confirm="Discard changes"
      dismiss="Stay on this page"
      isBusy={false}
      onConfirm={leave}
      onClose={blocker.reset}
    >
      Your changes on this page are not saved.
    </ConfirmDialog>
  );
}

/** Mentions webhooks in confirmations. Each endpoint decides whether changes by admins are sent. */
export const webhookNote = "Endpoints that receive changes by admins get a webhook.";
