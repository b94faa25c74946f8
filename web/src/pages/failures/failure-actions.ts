import { useMutation, useQueryClient } from "@tanstack/react-query";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { Failure } from "../../api/deliveries.ts";
import { changedByJobs } from "../../api/jobs.ts";
import { useChange } from "../../components/form/use-change.ts";
import { useToast } from "../../components/toast-context.ts";
import { useUndoToast } from "../../components/undo-toast.ts";

/** The actions that need no job: the retry of one failure, and deletions up to a time, which can be undone. */
export function useFailureActions() {
  const api = useApi();
  const retry = useChange({
    change: ({ endpoint_id, id }: Named) =>
      responseBody(api.POST("/api/v1/failures/retry", { body: { endpoint_id, ids: [id] } })),
    stale: changedByJobs,
    done: "The failure will be retried",
    failed: "The failure could not be retried",
  });
  const remove = useDeletion();
  return { retry, remove, isBusy: retry.isPending || remove.isPending };
}

/** Deletes the chosen failures, one request at a time, and offers to undo the whole deletion. */
function useDeletion() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const toastWithUndo = useUndoToast();
  return useMutation({
    mutationFn: async (chosen: readonly Chosen[]): Promise<Deletion> => {
      const deletionIds: number[] = [];
      let deleted = 0;
      for (const query of chosen) {
        try {
          // Sequential: each request is a transaction on the same rows.
          const answer = await responseBody(api.DELETE("/api/v1/failures", { params: { query } }));
          deletionIds.push(answer.deletion_id);
          deleted += answer.deleted;
        } catch (error) {
          return { deleted, deletionIds, error };
        }
      }
      return { deleted, deletionIds };
    },
    onSuccess: async ({ deleted, deletionIds, error }) => {
      const undo = (): Promise<unknown> =>
        Promise.all(
          deletionIds.map((id) =>
            responseBody(api.POST("/api/v1/failures/deletions/{id}/undo", { params: { path: { id } } })),
          ),
        );
      if (error !== undefined) {
        const title = deleted === 0 ? "The failures could not be deleted" : `Only ${counted(deleted)} deleted`;
        toast({ kind: "danger", title, detail: errorMessage(error) });
      } else if (deleted === 0) {
        toast({ kind: "warning", title: "No failure was deleted", detail: "They had left the list." });
      } else {
        const undone = deleted === 1 ? "The failure is on the list again" : "The failures are on the list again";
        toastWithUndo({ title: `${counted(deleted)} deleted`, undone, undo, stale: [["failures"]] });
      }
      await client.invalidateQueries({ queryKey: ["failures"] });
    },
  });
}

interface Deletion {
  readonly deleted: number;
  readonly deletionIds: readonly number[];
  /** The error that stopped the deletion early. */
  readonly error?: unknown;
}

/** A choice of failures: some of an endpoint, or those up to a time. */
export type Chosen =
  | { readonly endpoint_id: number; readonly ids: string[] }
  | { readonly endpoint_id?: number; readonly until: string };

/** The fields that identify a failure. */
type Named = Pick<Failure, "endpoint_id" | "id">;
type Timed = Named & Pick<Failure, "failed_at">;

/**
 * Chooses a failure and all older ones, of the endpoint if there is one. The API takes whole seconds, which may contain
 * later failures: of its own second, only the shown ones that are not newer are chosen. They are named by endpoint,
 * because an event that failed at two endpoints has the same id at both.
 */
export function chooseUpTo(listed: readonly Timed[], last: Timed, filter: { endpoint_id?: number }): readonly Chosen[] {
  const second = secondOf(last);
  const ofItsSecond = listed.filter((failure) => secondOf(failure) === second && failure.failed_at <= last.failed_at);
  const byEndpoint = [...Map.groupBy(ofItsSecond, ({ endpoint_id }) => endpoint_id)];
  return [
    { ...filter, until: new Date(second * 1000 - 1).toISOString() },
    ...byEndpoint.flatMap(([endpoint_id, failures]) =>
      inParts(failures.map(({ id }) => id)).map((ids) => ({ endpoint_id, ids })),
    ),
  ];
}

/** A deletion takes this many ids, and a request line of 16 KiB not many more. */
const idsMax = 200;

const inParts = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / idsMax) }, (_, part) => ids.slice(part * idsMax, (part + 1) * idsMax));

const secondOf = ({ failed_at }: Timed): number => Math.floor(Date.parse(failed_at) / 1000);

const counted = (count: number): string => (count === 1 ? "1 failure" : `${count.toLocaleString("en")} failures`);
