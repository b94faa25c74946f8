import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { saysWhy } from "../../api/api-problem.ts";
import { answerOf, useApi } from "../../api/bellwire-client.ts";
import type { Failure } from "../../api/deliveries.ts";
import { type Toast, useToast } from "../../components/toast-context.ts";

export function useFailureActions() {
  const api = useApi();
  const [progress, setProgress] = useState<string>();
  const retry = useDeed("retry", setProgress, async (body) => {
    const answer = await answerOf(api.POST("/api/v1/failures/retry", { body }));
    return answer.retried;
  });
  const remove = useDeed("delete", setProgress, async (query) => {
    const answer = await answerOf(api.DELETE("/api/v1/failures", { params: { query } }));
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
function useDeed(
  deed: Deed,
  tellProgress: (progress: string | undefined) => void,
  act: (chosen: Chosen) => Promise<number>,
) {
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: async (chosen: readonly Chosen[]): Promise<Outcome> => {
      const wanted = countOf(chosen);
      let done = 0;
      for (const it of chosen) {
        if (chosen.length > 1) tellProgress(`${doneOf(done, wanted)}…`);
        try {
          // Sequential: each request is a transaction on the same rows.
          done += await act(it);
        } catch (trouble) {
          return { done, wanted, trouble };
        }
      }
      return { done, wanted };
    },
    onSuccess: async (outcome) => {
      tellProgress(undefined);
      toast(describeOutcome(deed, outcome));
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
    piecesOf(ofEndpoint.map(({ id }) => id)).map((ids) => ({ endpoint_id, ids })),
  );

function piecesOf(ids: readonly string[]): string[][] {
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
export function countOf(chosen: readonly Chosen[]): number | undefined {
  const counts = chosen.map((it) => ("ids" in it ? it.ids.length : NaN));
  const count = counts.reduce((sum, each) => sum + each, 0);
  return Number.isNaN(count) ? undefined : count;
}

type Deed = "retry" | "delete";

interface Outcome {
  readonly done: number;
  /** Undefined if not known in advance. */
  readonly wanted: number | undefined;
  /** The error that stopped the action early. */
  readonly trouble?: unknown;
}

export const counted = (count: number): string =>
  count === 1 ? "1 failure" : `${count.toLocaleString("en")} failures`;

const participle = { retry: "retried", delete: "deleted" } as const;
const success = { retry: "will be retried", delete: "deleted" } as const;
const whyNot = {
  retry: "The others have left the list, or their endpoint was deleted.",
  delete: "The others have left the list.",
} as const;

/** Describes the result of an action, complete or partial. */
export function describeOutcome(deed: Deed, { done, wanted, trouble }: Outcome): Toast {
  if (trouble !== undefined) {
    return done === 0
      ? { kind: "danger", title: `The failures could not be ${participle[deed]}`, detail: saysWhy(trouble) }
      : {
          kind: "danger",
          title: `Not all failures were ${participle[deed]}`,
          detail: `${doneOf(done, wanted)}, then: ${saysWhy(trouble)}`,
        };
  }
  if (done === 0) return { kind: "warning", title: `No failure was ${participle[deed]}`, detail: whyNot[deed] };
  const title = `${counted(done)} ${success[deed]}`;
  if (wanted !== undefined && done < wanted) {
    return { kind: "warning", title: `${title}, ${(wanted - done).toLocaleString("en")} not`, detail: whyNot[deed] };
  }
  return { kind: "success", title, ...(deed === "delete" && { detail: "Their deliveries stay readable." }) };
}

const doneOf = (done: number, wanted: number | undefined): string =>
  wanted === undefined
    ? `${done.toLocaleString("en")} done`
    : `${done.toLocaleString("en")} of ${wanted.toLocaleString("en")} done`;
