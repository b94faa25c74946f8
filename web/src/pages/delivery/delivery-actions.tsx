import { Button, Content } from "@patternfly/react-core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { saysWhy } from "../../api/api-problem.ts";
import { answerOf, useApi } from "../../api/bellwire-client.ts";
import type { DeliveryInFull } from "../../api/deliveries.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useToast } from "../../components/toast-context.ts";
import { isOff } from "./hold.ts";

export interface DeliveryActionsProps {
  readonly delivery: DeliveryInFull;
  /** Undefined while it loads, and if it was deleted. */
  readonly endpoint: Endpoint | undefined;
  readonly isEndpointDeleted: boolean;
}

/** The actions for the delivery's present state. */
export function DeliveryActions({ delivery, endpoint, isEndpointDeleted }: DeliveryActionsProps) {
  const [asked, setAsked] = useState<DeliveryDeed>();
  const { state, holds_up } = delivery;
  const isPending = state === "pending";
  // A pending delivery of a stopped endpoint cannot be retried: it becomes due when the endpoint resumes.
  const isHeld = isPending && endpoint !== undefined && isOff(endpoint);
  return (
    <>
      {!isEndpointDeleted && !isHeld && <RetryButton delivery={delivery} />}
      {isPending && holds_up > 0 && (
        <Button variant="secondary" onClick={() => setAsked("skip")}>
          Let the next go
        </Button>
      )}
      {isPending && (
        <Button variant="secondary" isDanger onClick={() => setAsked("cancel")}>
          Give up
        </Button>
      )}
      {/* Stays open if the delivery ends meanwhile, and then shows the rejection. */}
      {asked && <DeedDialog deed={asked} delivery={delivery} onClose={() => setAsked(undefined)} />}
    </>
  );
}

const asks = {
  skip: { title: "Let the next go first?", confirm: "Let them go" },
  cancel: { title: "Give this delivery up?", confirm: "Give up" },
} as const;

interface DeedDialogProps {
  readonly deed: DeliveryDeed;
  readonly delivery: DeliveryInFull;
  readonly onClose: () => void;
}

function DeedDialog({ deed, delivery: { id, holds_up }, onClose }: DeedDialogProps) {
  const { mutate, isPending } = useDeliveryDeed(deed);
  const waiting = holds_up === 1 ? "One delivery waits" : `${counted(holds_up)} deliveries wait`;
  return (
    <ConfirmDialog
      {...asks[deed]}
      isBusy={isPending}
      onConfirm={() => mutate(id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Content component="p">
        {deed === "skip"
          ? `${waiting} for this one in its order. They go now; this one goes on being tried, and arrives after later ones. It cannot be put back into its order.`
          : `It is not tried any more, and does not come to the failures. The receiver misses it, unless you send it by hand.${
              holds_up > 0 ? ` ${waiting} for it in its order, and go then.` : ""
            }`}
      </Content>
    </ConfirmDialog>
  );
}

/** The API counts up to 1,000. */
const counted = (count: number): string => (count >= 1000 ? "1,000 or more" : String(count));

/** `skip` releases the deliveries that wait for this one. `cancel` ends its attempts. */
type DeliveryDeed = "skip" | "cancel";

const done = { skip: "Those that waited for it go now", cancel: "The delivery was given up" } as const;
const failed = { skip: "The next could not be let go", cancel: "The delivery could not be given up" } as const;

function useDeliveryDeed(deed: DeliveryDeed) {
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
    // After a rejection too: then the page shows the new state.
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["deliveries"] });
      await client.invalidateQueries({ queryKey: ["events", "one"] });
    },
  });
}

function RetryButton({ delivery: { id, state, waits_for } }: { delivery: DeliveryInFull }) {
  const retry = useRetryDelivery();
  return (
    <Button
      variant={state === "failed" ? "primary" : "secondary"}
      isLoading={retry.isPending}
      isDisabled={retry.isPending}
      onClick={() => retry.mutate(id)}
    >
      {state === "delivered" ? "Send again" : waits_for === null ? "Retry now" : "Send before its turn"}
    </Button>
  );
}

/** Makes a delivery due now, in any state. The stream reports the result. */
function useRetryDelivery() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: (id: string) => answerOf(api.POST("/api/v1/deliveries/{id}/retry", { params: { path: { id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["deliveries"] });
      await client.invalidateQueries({ queryKey: ["failures"] });
      await client.invalidateQueries({ queryKey: ["endpoints"] }); // a retry ends the pause of the endpoint
    },
    onError: (error) => toast({ kind: "danger", title: "The delivery could not be retried", detail: saysWhy(error) }),
  });
}
