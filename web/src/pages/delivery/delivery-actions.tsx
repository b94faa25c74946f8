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
  /** None: it is deleted, or not known yet. */
  readonly endpoint: Endpoint | undefined;
  readonly isEndpointDeleted: boolean;
}

/** What can be done with a delivery as it is. */
export function DeliveryActions({ delivery, endpoint, isEndpointDeleted }: DeliveryActionsProps) {
  const [asked, setAsked] = useState<DeliveryDeed>();
  const { state, holds_up } = delivery;
  const isPending = state === "pending";
  // What is pending is due as soon as the endpoint is on again, and not before.
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
      {/* Also once it has ended meanwhile: the question then says so. */}
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

/** As the API counts them. */
const counted = (count: number): string => (count >= 1000 ? "1,000 or more" : String(count));

/** `skip`: those behind it in its order go. `cancel`: it is not tried any more. */
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
    // Also when it was too late: then the page shows what became of it meanwhile.
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

/** Makes a delivery due now, whatever its state. The stream tells what comes of it. */
function useRetryDelivery() {
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
