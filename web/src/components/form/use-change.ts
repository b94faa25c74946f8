import {
  type MutateOptions,
  type QueryKey,
  type UseMutationOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiProblem, errorMessage, isServerAway } from "../../api/api-problem.ts";
import { refreshQueries } from "../../api/bellwire-client.ts";
import { type Values, useManagement } from "../../api/management-client.ts";
import { useToast } from "../toast-context.ts";
import { refuseConflicts, withSeen } from "./conflicts.ts";

export interface ChangeOptions<Input, Done> {
  readonly change: (input: Input) => Promise<Done>;
  /** The queries that the change affects. */
  readonly stale: readonly QueryKey[];
  /**
   * The queries of a deleted object. They are removed after `leave` has left its page, which would fetch them again.
   */
  readonly gone?: readonly QueryKey[];
  /** The message after success. Omit it where the page shows the change. */
  readonly done?: string;
  readonly failed: string;
  readonly onDone?: (done: Done, input: Input) => unknown;
  /**
   * Closes the dialog, or leads to the new object. Not called if the user has left meanwhile, who may be filling in the dialog again
   * or be reading another page.
   */
  readonly leave?: (done: Done, input: Input) => unknown;
  /** The fields that show their errors themselves. */
  readonly fields?: readonly string[];
}

/**
 * Runs a change on the server. Reports the result below the page, or a rejection in the open dialog, and refreshes the
 * affected queries.
 */
export function useChange<Input, Done>(options: ChangeOptions<Input, Done>) {
  const { change, stale, done, failed, onDone, leave, gone = [], fields = [] } = options;
  const client = useQueryClient();
  const toast = useToast();
  const isMounted = useIsMounted();
  const refresh = () => refreshQueries(client, stale);
  const mutation = useMutationOnce({
    mutationFn: change,
    onSuccess: async (answer: Done, input: Input) => {
      await refresh();
      if (done) toast({ kind: "success", title: done, about: failed }); // replaces an earlier rejection
      await onDone?.(answer, input);
      if (isMounted.current) await leave?.(answer, input);
      for (const queryKey of gone) client.removeQueries({ queryKey });
    },
    onError: (error) => {
      const names = Object.keys(errorsOf(error));
      const isShown = names.length > 0 && names.every((name) => fields.includes(name));
      const rejection = { title: failed, ...(!isShown && { detail: errorMessage(error) }) };
      toast({ kind: "danger", about: failed, ...(isServerAway(error) ? withoutResponse : rejection) });
      // The page may be outdated: somebody else changed or deleted the object, or this change was made without a response.
      if (error instanceof ApiProblem || isServerAway(error)) void refresh();
    },
  });
  const { error } = mutation;
  const sent = useRef<Element>(null);
  useEffect(() => {
    if (Object.keys(errorsOf(error)).length > 0) focusInvalidField(sent.current);
  }, [error]);
  return {
    ...mutation,
    errors: errorsOf(error),
    /**
     * Prevents the browser's submit, and remembers the form so that the focus moves to a wrong field of it and not of
     * another form.
     */
    take: (event: FormEvent): void => {
      event.preventDefault();
      sent.current = event.currentTarget;
    },
  };
}

/** The request may have been lost, or only its response. */
const withoutResponse = {
  title: "The server did not respond",
  detail: "The change may have been made nevertheless. Check your connection, and look before you try again.",
};

/** Tells whether the component is still rendered, also after it is not. */
function useIsMounted(): { readonly current: boolean } {
  const isMounted = useRef(false);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  return isMounted;
}

const errorsOf = (error: unknown): Readonly<Record<string, readonly string[]>> =>
  error instanceof ApiProblem ? error.errors : {};

interface EditState {
  readonly typed: Values | undefined;
  /** The values before the edits. */
  readonly seen: Values;
}

/** Holds the edits over the saved values. Fields without an edit follow the saved values. */
export function useEdits(saved: Values) {
  const [{ typed, seen }, setEdits] = useState<EditState>({ typed: undefined, seen: {} });
  return {
    values: { ...saved, ...typed },
    typed,
    /** Keeps edits that are newer than this rendering: the text of a file comes later than it was chosen. */
    change: (changed: Values): void =>
      setEdits((before) => ({
        typed: { ...before.typed, ...changed },
        seen: withSeen(before.typed && before.seen, saved, changed),
      })),
    forget: (): void => setEdits((before) => ({ ...before, typed: undefined })),
    /** Throws if somebody else has changed an edited field. Saving again replaces that. */
    refuseConflicts: (present: Values, edited: Values): void => {
      setEdits((before) => ({ ...before, seen: present }));
      refuseConflicts({ seen, present, edited });
    },
    /** Forgets the edits that were saved, unless others were made meanwhile. */
    forgetSaved: (sent: Values | undefined): void =>
      setEdits((before) => ({
        typed: before.typed === sent ? undefined : before.typed,
        seen: { ...before.seen, ...sent },
      })),
  };
}

interface DialogFormOptions<Name extends string, Done> extends Omit<ChangeOptions<Values, Done>, "change" | "fields"> {
  /** The values before any edit. */
  readonly saved: Values;
  readonly fields: readonly Name[];
  /**
   * The path of the edited object in the Account Management API: edits of what somebody else has changed since are refused. Undefined
   * for a new object.
   */
  readonly path: string | undefined;
  /** Receives only the edited values. */
  readonly change: (typed: Values) => Promise<Done>;
  readonly onClose: () => void;
}

/** The state of a form in a dialog: its fields by name, and the properties of `FormDialog`. */
export function useDialogForm<Name extends string, Done>(options: DialogFormOptions<Name, Done>) {
  const api = useManagement();
  const { saved, path, change, onClose, ...rest } = options;
  const edits = useEdits(saved);
  const { values, typed = {}, change: type } = edits;
  const { mutate, isPending, errors } = useChange({
    ...rest,
    // Its input, because `typed` may be of an earlier rendering when a program submits at once.
    change: async (sent: Values) => {
      if (path !== undefined) edits.refuseConflicts(await api.readObject(path), sent);
      return change(sent);
    },
  });
  return {
    values,
    type,
    field: (id: Name) => ({
      id,
      value: fieldText(values[id]),
      errors: errors[id],
      onChange: (value: string) => type({ [id]: value }),
    }),
    // The API rejects an update without fields.
    dialog: {
      isBusy: isPending,
      isDisabled: Object.keys(typed).length === 0,
      onSubmit: () => mutate(typed),
      onClose,
    },
  };
}

/** Returns a value of the API as the text of an input. Missing values become an empty text. */
export const fieldText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** Focuses the first invalid field: of the open dialog, or of the submitted form, since a page can have several. */
export function focusInvalidField(sent: Element | null = null): void {
  const form = document.querySelector("[role=dialog]") ?? sent ?? document;
  const field = form.querySelector<HTMLElement>("[aria-invalid=true]");
  field?.focus({ preventScroll: true });
  // Centred: the error is below the field, and the save bar or a toast can cover the page's end.
  field?.scrollIntoView?.({ block: "center" });
}

/**
 * Is `useMutation`, and ignores an input equal to one that is being sent: the second click of a double click may come before the button
 * shows the first.
 */
export function useMutationOnce<Done, Input = void>(options: UseMutationOptions<Done, Error, Input>) {
  const sending = useRef(new Set<string>());
  const mutation = useMutation({
    ...options,
    onSettled: (...result) => {
      sending.current.delete(keyOf(result[2]));
      return options.onSettled?.(...result);
    },
  });
  return {
    ...mutation,
    mutate: (input: Input, callbacks: MutateOptions<Done, Error, Input> = {}): void => {
      const key = keyOf(input);
      if (sending.current.has(key)) return;
      sending.current.add(key);
      mutation.mutate(input, callbacks);
    },
  };
}

/** Equal inputs have the same key, edits of a set included. */
const keyOf = (input: unknown): string =>
  JSON.stringify([input], (_, value: unknown) => (value instanceof Map ? [...value] : value));
