import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { useToast } from "../../toasts/toast-context.ts";

/** Which failures: some, those up to a time, or every one. */
export type Chosen = { readonly ids: string[] } | { readonly until: string } | { readonly all: true };

const counted = (count: number): string => (count === 1 ? "1 failure" : `${count} failures`);

export function useFailureActions() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const refresh = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ["failures"] });
    await client.invalidateQueries({ queryKey: ["deliveries"] });
  };

  const retry = useMutation({
    mutationFn: (chosen: Chosen) => answerOf(api.POST("/api/v1/failures/retry", { body: chosen })),
    onSuccess: async ({ retried }) => {
      toast({ kind: "success", title: `${counted(retried)} will be tried again` });
      await refresh();
    },
    onError: (error) => toast({ kind: "danger", title: "The failures could not be retried", detail: saysWhy(error) }),
  });
  const remove = useMutation({
    mutationFn: (chosen: Chosen) => answerOf(api.DELETE("/api/v1/failures", { params: { query: chosen } })),
    onSuccess: async ({ deleted }) => {
      toast({ kind: "success", title: `${counted(deleted)} deleted`, detail: "The history of the deliveries stays." });
      await refresh();
    },
    onError: (error) => toast({ kind: "danger", title: "The failures could not be deleted", detail: saysWhy(error) }),
  });
  return { retry, remove, isBusy: retry.isPending || remove.isPending };
}
