import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiProblem, saysWhy } from "../../api/api-problem.ts";
import type { Values } from "../../api/management-client.ts";
import { useToast } from "../toast-context.ts";

export interface ChangeOptions<Input, Done> {
  readonly change: (input: Input) => Promise<Done>;
  /** The queries that it makes stale. */
  readonly stale: readonly QueryKey[];
  /** The queries of what it takes away, forgotten once `onDone` has left its page, which would ask for it again. */
  readonly gone?: readonly QueryKey[];
  /** What is said when it is done; nothing where the page shows it anyway. */
  readonly done?: string;
  readonly failed: string;
  readonly onDone?: (done: Done) => unknown;
  /** Fields of a form that show their errors themselves. */
  readonly fields?: readonly string[];
}

/**
 * Something that a click changes on the server: told below the page, or in the dialog that is open if it is refused, and shown
 * by every query that it touches.
 */
export function useChange<Input, Done>(options: ChangeOptions<Input, Done>) {
  const { change, stale, done, failed, onDone, gone = [], fields = [] } = options;
  const client = useQueryClient();
  const toast = useToast();
  const refresh = () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
  const mutation = useMutation({
    mutationFn: change,
    onSuccess: async (answer) => {
      await refresh();
      if (done) toast({ kind: "success", title: done, about: failed }); // in the place of an earlier refusal
      await onDone?.(answer);
      for (const queryKey of gone) client.removeQueries({ queryKey });
    },
    onError: (error) => {
      const names = Object.keys(errorsOf(error));
      const isShown = names.length > 0 && names.every((name) => fields.includes(name));
      toast({ kind: "danger", title: failed, about: failed, ...(!isShown && { detail: saysWhy(error) }) });
      // Often the page was old: somebody else has changed the thing, or deleted it.
      if (error instanceof ApiProblem) void refresh();
    },
  });
  const { error } = mutation;
  const sent = useRef<Element>(null);
  useEffect(() => {
    if (Object.keys(errorsOf(error)).length > 0) focusWrongField(sent.current);
  }, [error]);
  return {
    ...mutation,
    errors: errorsOf(error),
    /** Keeps the browser from sending a form, which this does: what is wrong is looked for in it, and not in another one. */
    take: (event: FormEvent): void => {
      event.preventDefault();
      sent.current = event.currentTarget;
    },
  };
}

const errorsOf = (error: unknown): Readonly<Record<string, readonly string[]>> =>
  error instanceof ApiProblem ? error.errors : {};

/** What was typed over what is saved. Without anything typed, what is saved shows through, also when it changes. */
export function useTyped(saved: Values) {
  const [typed, setTyped] = useState<Values>();
  return {
    values: { ...saved, ...typed },
    typed,
    change: (changed: Values): void => setTyped({ ...typed, ...changed }),
    forget: (): void => setTyped(undefined),
  };
}

interface DialogFormOptions<Name extends string, Done> extends Omit<
  ChangeOptions<undefined, Done>,
  "change" | "fields"
> {
  /** What the fields show until something is typed. */
  readonly saved: Values;
  readonly fields: readonly Name[];
  /** Is given what was typed, and nothing else. */
  readonly change: (typed: Values) => Promise<Done>;
  readonly onClose: () => void;
}

/** The form of a dialog: its fields by their names, and what `FormDialog` needs to submit and to close it. */
export function useDialogForm<Name extends string, Done>(options: DialogFormOptions<Name, Done>) {
  const { saved, change, onClose, ...rest } = options;
  const { values, typed, change: type } = useTyped(saved);
  const { mutate, isPending, errors } = useChange({ ...rest, change: () => change(typed ?? {}) });
  return {
    values,
    type,
    field: (id: Name) => ({
      id,
      value: textOf(values[id]),
      errors: errors[id],
      onChange: (value: string) => type({ [id]: value }),
    }),
    // The API takes a change of nothing for a mistake.
    dialog: { isBusy: isPending, isDisabled: !typed, onSubmit: () => mutate(undefined), onClose },
  };
}

/** A value of the API as a field shows it; what it does not have is an empty text. */
export const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/**
 * Goes to the first field that was refused, which may be far above the button: of the form that was sent, if it is known, since
 * a page may have several, or else of the dialog.
 */
export function focusWrongField(sent: Element | null = null): void {
  const form = document.querySelector("[role=dialog]") ?? sent ?? document;
  const field = form.querySelector<HTMLElement>("[aria-invalid=true]");
  field?.focus({ preventScroll: true });
  // Not at the edge: what is wrong with it is said below it, and a bar to save by or a message may come over the page's end.
  field?.scrollIntoView?.({ block: "center" });
}
