import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { errorMessage } from "../api/api-problem.ts";
import { refreshQueries } from "../api/bellwire-client.ts";
import { useToast } from "./toast-context.ts";

export interface Undoable {
  /** The change that was made: "The endpoint crm was deleted". */
  readonly title: string;
  /** Why only a part of it was made. */
  readonly failure?: string;
  readonly detail?: string;
  /** The message after the undo. */
  readonly undone: string;
  readonly undo: () => Promise<unknown>;
  /** The queries that the undo affects. */
  readonly stale: readonly QueryKey[];
}

/** Returns a function that reports a change with a button to undo it. */
export function useUndoToast(): (change: Undoable) => void {
  const toast = useToast();
  const client = useQueryClient();
  const revert = async ({ title, undone, undo, stale }: Undoable): Promise<void> => {
    try {
      await undo();
      toast({ kind: "success", title: undone, about: title }); // replaces the message with the button
    } catch (error) {
      toast({ kind: "danger", title: "It could not be undone", detail: errorMessage(error), about: title });
    }
    await refreshQueries(client, stale);
  };
  return (change) => {
    const { title, failure, detail = failure } = change;
    // A second undo would fail, and report that over the success of the first.
    let isSent = false;
    const undoOnce = (): void => {
      if (isSent) return;
      isSent = true;
      toast({ kind: "info", title: "Undoing…", about: title });
      void revert(change);
    };
    const kind = failure === undefined ? "success" : "warning";
    const action = { label: "Undo", onClick: undoOnce };
    toast({ kind, title, ...(detail !== undefined && { detail }), about: title, action });
  };
}
