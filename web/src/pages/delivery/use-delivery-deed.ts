import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { useToast } from "../../toasts/toast-context.ts";

/** `skip`: those behind it in its order go. `cancel`: it is not tried any more. */
export type DeliveryDeed = "skip" | "cancel";

const done = { skip: "Those that waited for it go now", cancel: "The delivery was given up" } as const;
const failed = { skip: "The next could not be let go", cancel: "The delivery could not be given up" } as const;

export function useDeliveryDeed(deed: DeliveryDeed) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: (id: string) => {
      const params = { path: { id } };
      return answerOf(
        deed === "skip"
          ? api.POST("/api/v1/deliveries/{id}/skip", { params })
          : api.POST("/api/v1/deliveries/{id}/cancel", { params }),
      );
    },
    onSuccess: () => toast({ kind: "success", title: done[deed] }),
    onError: (error) => toast({ kind: "danger", title: failed[deed], detail: saysWhy(error) }),
    // Also when it was too late: then the page shows what became of it meanwhile.
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["deliveries"] });
      await client.invalidateQueries({ queryKey: ["events", "one"] });
    },
  });
}
