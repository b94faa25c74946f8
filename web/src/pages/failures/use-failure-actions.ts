import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { useToast } from "../../toasts/toast-context.ts";
import type { Chosen } from "./choose-failures.ts";

const counted = (count: number): string => (count === 1 ? "1 failure" : `${count} failures`);
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

export function useFailureActions() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const refresh = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ["failures"] });
    await client.invalidateQueries({ queryKey: ["deliveries"] });
  };

  const retry = useMutation({
    mutationFn: (chosen: readonly Chosen[]) =>
      Promise.all(chosen.map((body) => answerOf(api.POST("/api/v1/failures/retry", { body })))),
    onSuccess: (answers) => {
      const retried = sum(answers.map((answer) => answer.retried));
      toast({ kind: "success", title: `${counted(retried)} will be tried again` });
    },
    onSettled: refresh,
    onError: (error) => toast({ kind: "danger", title: "The failures could not be retried", detail: saysWhy(error) }),
  });
  const remove = useMutation({
    mutationFn: (chosen: readonly Chosen[]) =>
      Promise.all(chosen.map((query) => answerOf(api.DELETE("/api/v1/failures", { params: { query } })))),
    onSuccess: (answers) => {
      const deleted = sum(answers.map((answer) => answer.deleted));
      toast({ kind: "success", title: `${counted(deleted)} deleted`, detail: "The history of the deliveries stays." });
    },
    onSettled: refresh,
    onError: (error) => toast({ kind: "danger", title: "The failures could not be deleted", detail: saysWhy(error) }),
  });
  return { retry, remove, isBusy: retry.isPending || remove.isPending };
}
