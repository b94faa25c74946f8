import { Button, Content } from "@patternfly/react-core";
import { useState } from "react";

import type { DeliveryInFull } from "../../api/delivery-queries.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { RetryButton } from "./retry-button.tsx";
import { useDeliveryDeed, type DeliveryDeed } from "./use-delivery-deed.ts";
import { isOff } from "./why-held.ts";

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
