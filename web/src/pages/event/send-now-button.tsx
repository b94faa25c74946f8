import { Button } from "@patternfly/react-core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { useToast } from "../../toasts/toast-context.ts";

export interface SendNowButtonProps {
  readonly eventId: string;
  readonly endpointId: number;
}

/** Sends an event past the gate that stopped it, and shows what comes of it. */
export function SendNowButton({ eventId, endpointId }: SendNowButtonProps) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const send = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST("/api/v1/events/{id}/send", { params: { path: { id: eventId } }, body: { endpoint_id: endpointId } }),
      ),
    onSuccess: async ({ id }) => {
      void client.invalidateQueries({ queryKey: ["events", "one", eventId] });
      await navigate({ to: "/deliveries/$id", params: { id } });
    },
    onError: (error) => toast({ kind: "danger", title: "The event could not be sent", detail: saysWhy(error) }),
  });
  return (
    <Button
      variant="secondary"
      size="sm"
      isLoading={send.isPending}
      isDisabled={send.isPending}
      onClick={() => send.mutate()}
    >
      Send it now
    </Button>
  );
}
