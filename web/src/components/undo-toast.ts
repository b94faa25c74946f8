import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { errorMessage, isServerAway } from "../api/api-problem.ts";
import { refreshQueries } from "../api/bellwire-client.ts";
import { type Outcome, type Toast, useToast } from "./toast-context.ts";

export interface Undoable<Answer> {
  /** The change that was made: "The endpoint crm was deleted". */
  readonly title: string;
  /** Why only a part of it was made. */
  readonly failure?: string;
  readonly detail?: string;
  /** The message after the undo. */
  readonly undone: string | ((answer: Answer) => Outcome);
  readonly undo: () => Promise<Answer>;
  /** The queries that the undo affects. */
  readonly stale: readonly QueryKey[];
}

/** Returns a function that reports a change with a button to undo it. */
export function useUndoToast(): <Answer>(change: Undoable<Answer>) => void {
  const toast = useToast();
  const client = useQueryClient();
  const revert = async <Answer>(change: Undoable<Answer>, isRepeated: boolean): Promise<void> => {
    const { title, undone, undo, stale } = change;
    try {
      const answer = await undo();
      const outcome: Outcome = typeof undone === "string" ? { kind: "success", title: undone } : undone(answer);
      toast({ ...outcome, about: title }); // replaces the message with the button
    } catch (error) {
      const lost = { ...withoutResponse, action: undoAction(change, true) };
      const refused = { title: isRepeated ? repeated : "It could not be undone", detail: errorMessage(error) };
      const kind = isRepeated && !isServerAway(error) ? "warning" : "danger";
      toast({ kind, about: title, ...(isServerAway(error) ? lost : refused) });
    }
    await refreshQueries(client, stale);
  };
  const undoAction = <Answer>(change: Undoable<Answer>, isRepeated = false): NonNullable<Toast["action"]> => {
    // A second undo would fail, and report that over the success of the first.
    let isSent = false;
    const undoOnce = (): void => {
      if (isSent) return;
      isSent = true;
      toast({ kind: "info", title: "Undoing…", about: change.title });
      void revert(change, isRepeated);
    };
    return { label: "Undo", onClick: undoOnce };
  };
  return (change) => {
    const { title, failure, detail = failure } = change;
    const kind = failure === undefined ? "success" : "warning";
    toast({ kind, title, ...(detail !== undefined && { detail }), about: title, action: undoAction(change) });
  };
}

/** The request may have been lost, or only its response. There is a minute to try again. */
const withoutResponse = {
  title: "The server did not respond",
  detail: "It may have been undone nevertheless. Check your connection, and look before you try again.",
};

/** The server refuses a second undo, whether the one without a response was made or the time is over. */
const repeated = "The undo without a response may have been made: look at the page";
