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
          Skip
        </Button>
      )}
      {isPending && (
        <Button variant="secondary" isDanger onClick={() => setAsked("cancel")}>
          Cancel delivery
        </Button>
      )}
      {/* Stays open if the delivery ends meanwhile, and then shows the rejection. */}
      {asked && <DeedDialog deed={asked} delivery={delivery} onClose={() => setAsked(undefined)} />}
    </>
  );
}

const asks = {
  skip: { title: "Release the deliveries that wait for this one?", confirm: "Skip", dismiss: "Back" },
  cancel: { title: "Cancel this delivery?", confirm: "Cancel delivery", dismiss: "Keep delivery" },
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
          ? `${waiting} for this one because of the order. They will be sent now. This one is still retried, and arrives after later ones. Skipping cannot be undone.`
          : `There will be no more attempts, and the delivery does not join the failures. The receiver misses this event unless you send it manually.${holds_up > 0 ? ` ${waiting} for this one because of the order, and will be sent then.` : ""}`}
      </Content>
    </ConfirmDialog>
  );
}

/** The API counts up to 1,000. */
const counted = (count: number): string => (count >= 1000 ? "1,000 or more" : String(count));

/** `skip` releases the deliveries that wait for this one. `cancel` ends its attempts. */
type DeliveryDeed = "skip" | "cancel";

const done = { skip: "The waiting deliveries will be sent now", cancel: "The delivery was cancelled" } as const;
const failed = { skip: "The delivery could not be skipped", cancel: "The delivery could not be cancelled" } as const;

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
      {state === "delivered" ? "Send again" : waits_for === null ? "Retry now" : "Send out of order"}
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
