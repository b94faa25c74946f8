import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef, type FormEvent } from "react";

import { ApiProblem, saysWhy } from "../api/api-problem.ts";
import { useToast } from "../toasts/toast-context.ts";
import { focusWrongField } from "./form/focus-wrong-field.ts";

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
