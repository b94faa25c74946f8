import { Button, Content, Tooltip } from "@patternfly/react-core";
import { type RefObject, useEffect, useRef, useState } from "react";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { DeliveryDetails } from "../../api/deliveries.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useUndoToast } from "../../components/undo-toast.ts";
import { isStopped } from "./held-notice.tsx";
import { useChange } from "../../components/form/use-change.ts";

export interface DeliveryActionsProps {
  readonly delivery: DeliveryDetails;
  /** Undefined while it loads, and if it was deleted. */
  readonly endpoint: Endpoint | undefined;
  readonly isEndpointDeleted: boolean;
}

/**
 * The actions for the delivery's present state. The retry button is last and stays in its place in every state, so that
 * no other button comes under the pointer after a click on it.
 */
export function DeliveryActions({ delivery, endpoint, isEndpointDeleted }: DeliveryActionsProps) {
  const [openAction, setOpenAction] = useState<DeliveryAction>();
  const retryButton = useRef<HTMLButtonElement>(null);
  const keptFocus = useKeptFocus(retryButton);
  const { state, holds_up } = delivery;
  const isPending = state === "pending";
  // A pending delivery of a stopped endpoint cannot be retried: it becomes due when the endpoint resumes.
  const isHeld = isPending && endpoint !== undefined && isStopped(endpoint);
  return (
    <div className="bellwire-delivery-actions" {...keptFocus}>
      {isPending && (
        <Button variant="secondary" isDanger onClick={() => setOpenAction("cancel")}>
          Cancel delivery
        </Button>
      )}
      {isPending && holds_up > 0 && (
        <Button variant="secondary" onClick={() => setOpenAction("skip")}>
          Skip
        </Button>
      )}
      {!isEndpointDeleted && <RetryButton delivery={delivery} isHeld={isHeld} button={retryButton} />}
      {/* Stays open if the delivery ends meanwhile, and then shows the rejection. */}
      {openAction && (
        <DeliveryActionDialog action={openAction} delivery={delivery} onClose={() => setOpenAction(undefined)} />
      )}
    </div>
  );
}

/** Moves focus to `target` when the focused button disappears because the delivery has changed its state. */
function useKeptFocus(target: RefObject<HTMLButtonElement | null>) {
  const hasFocus = useRef(false);
  useEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) target.current?.focus();
  });
  return {
    onFocus: () => {
      hasFocus.current = true;
    },
    onBlur: () => {
      hasFocus.current = false;
    },
  };
}

const confirmations = {
  skip: { title: "Release the deliveries that wait for this one?", confirm: "Skip", dismiss: "Back" },
  cancel: { title: "Cancel this delivery?", confirm: "Cancel delivery", dismiss: "Keep delivery" },
} as const;

interface DeliveryActionDialogProps {
  readonly action: DeliveryAction;
  readonly delivery: DeliveryDetails;
  readonly onClose: () => void;
}

function DeliveryActionDialog({ action, delivery: { id, holds_up }, onClose }: DeliveryActionDialogProps) {
  const { mutate, isPending } = useDeliveryAction(action, onClose);
  const waiting = holds_up === 1 ? "One delivery waits" : `${counted(holds_up)} deliveries wait`;
  return (
    <ConfirmDialog {...confirmations[action]} isBusy={isPending} onConfirm={() => mutate(id)} onClose={onClose}>
      <Content component="p">
        {action === "skip"
          ? `${waiting} for this one because of the order. They will be sent now. This one is still retried, and arrives after later ones.`
          : `There will be no more attempts, and the delivery does not join the failures. The receiver misses this event unless you send it manually.${holds_up > 0 ? ` ${waiting} for this one because of the order, and will be sent then.` : ""}`}
      </Content>
    </ConfirmDialog>
  );
}

/** The API counts up to 1,000. */
const counted = (count: number): string => (count >= 1000 ? "1,000 or more" : String(count));

/** `skip` releases the deliveries that wait for this one. `cancel` ends its attempts. */
type DeliveryAction = "skip" | "cancel";

const done = { skip: "The waiting deliveries will be sent now", cancel: "The delivery was cancelled" } as const;
const failed = { skip: "The delivery could not be skipped", cancel: "The delivery could not be cancelled" } as const;

function useDeliveryAction(action: DeliveryAction, onClose: () => void) {
  const api = useApi();
  const toastWithUndo = useUndoToast();
  return useChange({
    change: (id: string) => {
      const params = { path: { id } };
      return responseBody(
        action === "skip"
          ? api.POST("/api/v1/deliveries/{id}/skip", { params })
          : api.POST("/api/v1/deliveries/{id}/cancel", { params }),
      );
    },
    stale: [["deliveries"], ["events", "one"]],
    ...(action === "cancel" && { done: done[action] }),
    failed: failed[action],
    onDone: ({ id }) => {
      if (action === "cancel") return;
      toastWithUndo({
        title: done[action],
        undone: "The delivery is back in its order",
        undo: () => responseBody(api.POST("/api/v1/deliveries/{id}/undo_skip", { params: { path: { id } } })),
        stale: [["deliveries"]],
      });
    },
    leave: onClose,
  });
}

interface RetryButtonProps {
  readonly delivery: DeliveryDetails;
  /** The endpoint is stopped. */
  readonly isHeld: boolean;
  readonly button: RefObject<HTMLButtonElement | null>;
}

/** A disabled button would lose focus, so it is only marked as disabled. */
function RetryButton({ delivery: { id, state, waits_for }, isHeld, button }: RetryButtonProps) {
  const retry = useRetryDelivery();
  const retryButton = (
    <Button
      ref={button}
      variant={state === "failed" ? "primary" : "secondary"}
      isLoading={retry.isPending}
      isAriaDisabled={retry.isPending || isHeld}
      onClick={() => retry.mutate(id)}
    >
      {state === "delivered" ? "Send again" : waits_for === null ? "Retry now" : "Send out of order"}
    </Button>
  );
  return isHeld ? (
    <Tooltip content="Nothing is sent to this endpoint now. The notice below says why.">{retryButton}</Tooltip>
  ) : (
    retryButton
  );
}

/** Makes a delivery due now, in any state. The stream reports the result. */
function useRetryDelivery() {
  const api = useApi();
  return useChange({
    change: (id: string) => responseBody(api.POST("/api/v1/deliveries/{id}/retry", { params: { path: { id } } })),
    stale: [["deliveries"], ["failures"], ["endpoints"]], // a retry ends the pause of the endpoint
    failed: "The delivery could not be retried",
  });
}
