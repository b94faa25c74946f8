import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { Failure } from "../../api/deliveries.ts";
import { type Toast, useToast } from "../../components/toast-context.ts";

export function useFailureActions() {
  const api = useApi();
  const [progress, setProgress] = useState<string>();
  const retry = useFailureAction("retry", setProgress, async (body) => {
    const answer = await responseBody(api.POST("/api/v1/failures/retry", { body }));
    return answer.retried;
  });
  const remove = useFailureAction("delete", setProgress, async (query) => {
    const answer = await responseBody(api.DELETE("/api/v1/failures", { params: { query } }));
    return answer.deleted;
  });
  return {
    retry,
    remove,
    isBusy: retry.isPending || remove.isPending,
    /** The progress of an action that needs several requests. */
    progress,
  };
}

/** Runs an action on the chosen failures, one request at a time, and reports the result even if one fails. */
function useFailureAction(
  action: FailureAction,
  tellProgress: (progress: string | undefined) => void,
  act: (chosen: Chosen) => Promise<number>,
) {
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: async (chosen: readonly Chosen[]): Promise<Outcome> => {
      const expected = countChosen(chosen);
      let done = 0;
      for (const it of chosen) {
        if (chosen.length > 1) tellProgress(`${describeProgress(done, expected)}…`);
        try {
          // Sequential: each request is a transaction on the same rows.
          done += await act(it);
        } catch (error) {
          return { done, expected, error };
        }
      }
      return { done, expected };
    },
    onSuccess: async (outcome) => {
      tellProgress(undefined);
      toast(describeOutcome(action, outcome));
      await client.invalidateQueries({ queryKey: ["failures"] });
      await client.invalidateQueries({ queryKey: ["deliveries"] });
      await client.invalidateQueries({ queryKey: ["endpoints"] }); // a retry ends the pause of the endpoint
    },
  });
}

/** A choice of failures: some of an endpoint, those up to a time, all of an endpoint, or all. */
export type Chosen =
  | { readonly endpoint_id: number; readonly ids: string[] }
  | { readonly endpoint_id?: number; readonly until: string }
  | { readonly endpoint_id: number }
  | { readonly all: true };

/** The fields that identify a failure. */
type Named = Pick<Failure, "endpoint_id" | "id">;
type Timed = Named & Pick<Failure, "failed_at">;

/** The API accepts 200 ids; 100 fit into a URL that every proxy accepts. */
const idsMax = 100;

/** Chooses these failures, grouped by endpoint: an event that failed at two endpoints has the same id at both. */
export const chooseFailures = (failures: readonly Named[]): readonly Chosen[] =>
  [...Map.groupBy(failures, ({ endpoint_id }) => endpoint_id)].flatMap(([endpoint_id, ofEndpoint]) =>
    requestSizedChunks(ofEndpoint.map(({ id }) => id)).map((ids) => ({ endpoint_id, ids })),
  );

function requestSizedChunks(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / idsMax);
  return Array.from({ length: count }, (_, place) => ids.slice(place * idsMax, (place + 1) * idsMax));
}

/**
 * Chooses a failure and all older ones, of the endpoint if there is one. The API takes whole seconds, which may contain
 * later failures: of its own second, only the shown ones that are not newer are chosen.
 */
export function chooseUpTo(shown: readonly Timed[], last: Timed, filter: { endpoint_id?: number }): readonly Chosen[] {
  const second = secondOf(last);
  const ofItsSecond = shown.filter((it) => secondOf(it) === second && it.failed_at <= last.failed_at);
  return [{ ...filter, until: new Date(second * 1000 - 1).toISOString() }, ...chooseFailures(ofItsSecond)];
}

const secondOf = ({ failed_at }: Timed): number => Math.floor(Date.parse(failed_at) / 1000);

/** Counts the failures, if the number is known in advance. */
export function countChosen(chosen: readonly Chosen[]): number | undefined {
  const counts = chosen.map((it) => ("ids" in it ? it.ids.length : NaN));
  const count = counts.reduce((sum, each) => sum + each, 0);
  return Number.isNaN(count) ? undefined : count;
}

type FailureAction = "retry" | "delete";

interface Outcome {
  readonly done: number;
  /** Undefined if not known in advance. */
  readonly expected: number | undefined;
  /** The error that stopped the action early. */
  readonly error?: unknown;
}

export const counted = (count: number): string =>
  count === 1 ? "1 failure" : `${count.toLocaleString("en")} failures`;

const participle = { retry: "retried", delete: "deleted" } as const;
const success = { retry: "will be retried", delete: "deleted" } as const;
const remainderReasons = {
  retry: "The others have left the list, or their endpoint was deleted.",
  delete: "The others have left the list.",
} as const;

/** Describes the result of an action, complete or partial. */
export function describeOutcome(action: FailureAction, { done, expected, error }: Outcome): Toast {
  if (error !== undefined) {
    return done === 0
      ? { kind: "danger", title: `The failures could not be ${participle[action]}`, detail: errorMessage(error) }
      : {
          kind: "danger",
          title: `Not all failures were ${participle[action]}`,
          detail: `${describeProgress(done, expected)}, then: ${errorMessage(error)}`,
        };
  }
  if (done === 0)
    return { kind: "warning", title: `No failure was ${participle[action]}`, detail: remainderReasons[action] };
  const title = `${counted(done)} ${success[action]}`;
  if (expected !== undefined && done < expected) {
    return {
      kind: "warning",
      title: `${title}, ${(expected - done).toLocaleString("en")} not`,
      detail: remainderReasons[action],
    };
  }
  return { kind: "success", title, ...(action === "delete" && { detail: "Their deliveries stay readable." }) };
}

const describeProgress = (done: number, expected: number | undefined): string =>
  expected === undefined
    ? `${done.toLocaleString("en")} done`
    : `${done.toLocaleString("en")} of ${expected.toLocaleString("en")} done`;
