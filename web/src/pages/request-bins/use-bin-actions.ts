import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answerOf, settled } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import type { Bin } from "../../api/bin-queries.ts";
import { useToast } from "../../toasts/toast-context.ts";
import { describeAnswer } from "./describe-answer.ts";

export function useBinActions() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const refresh = () => client.invalidateQueries({ queryKey: ["bins"] });
  const tell = (title: string) => (error: unknown) => toast({ kind: "danger", title, detail: saysWhy(error) });

  const create = useMutation({
    mutationFn: () => answerOf(api.POST("/api/v1/bins", { body: {} })),
    onSuccess: refresh,
    onError: tell("The bin could not be created"),
  });
  const remove = useMutation({
    mutationFn: (id: string) => settled(api.DELETE("/api/v1/bins/{id}", { params: { path: { id } } })),
    onSuccess: refresh,
    onError: tell("The bin could not be deleted"),
  });
  const change = useMutation({
    mutationFn: ({ id, answer_status, answer_delay_ms }: Pick<Bin, "id" | "answer_status" | "answer_delay_ms">) =>
      answerOf(api.PATCH("/api/v1/bins/{id}", { params: { path: { id } }, body: { answer_status, answer_delay_ms } })),
    onSuccess: async (bin) => {
      toast({ kind: "success", title: `The bin now answers ${describeAnswer(bin)}` });
      await refresh();
    },
    onError: tell("The bin could not be changed"),
  });
  return { create, remove, change };
}
