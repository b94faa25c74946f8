import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answerOf } from "../api/api-client.ts";
import { useApi } from "../api/api-context.ts";
import { saysWhy } from "../api/api-problem.ts";
import { useToast } from "../toasts/toast-context.ts";

/** Makes a delivery due now, whatever its state. The stream tells what comes of it. */
export function useRetryDelivery() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: (id: string) => answerOf(api.POST("/api/v1/deliveries/{id}/retry", { params: { path: { id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["deliveries"] });
      await client.invalidateQueries({ queryKey: ["failures"] });
      await client.invalidateQueries({ queryKey: ["endpoints"] }); // whose hold it ends
    },
    onError: (error) => toast({ kind: "danger", title: "The delivery could not be retried", detail: saysWhy(error) }),
  });
}
