import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { useToast } from "../../toasts/toast-context.ts";
import { countOf, type Chosen } from "./choose-failures.ts";
import { describeOutcome, doneOf, type Deed, type Outcome } from "./describe-outcome.ts";

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
    /** How far it is, of what takes more than one request. */
    progress,
  };
}

/** Something done with chosen failures, request by request; what comes of it is told even if one fails. */
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
          // One after another: each is a transaction of its own on the same rows.
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
      await client.invalidateQueries({ queryKey: ["endpoints"] }); // a retry ends their holds
    },
  });
}
