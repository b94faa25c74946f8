import { Button, Content } from "@patternfly/react-core";
import { useState, type ReactNode } from "react";

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
  const { state, holds_up } = delivery;
  const isPending = state === "pending";
  // What is pending is due as soon as the endpoint is on again, and not before.
  const isHeld = isPending && endpoint !== undefined && isOff(endpoint);
  const waiting = holds_up === 1 ? "One delivery waits" : `${counted(holds_up)} deliveries wait`;
  return (
    <>
      {!isEndpointDeleted && !isHeld && <RetryButton delivery={delivery} />}
      {isPending && holds_up > 0 && (
        <DeedButton
          deed="skip"
          id={delivery.id}
          name="Let the next go"
          title="Let the next go first?"
          confirm="Let them go"
        >
          {waiting} for this one in its order. They go now; this one goes on being tried, and arrives after later ones.
          It cannot be put back into its order.
        </DeedButton>
      )}
      {isPending && (
        <DeedButton deed="cancel" id={delivery.id} name="Give up" title="Give this delivery up?" confirm="Give up">
          It is not tried any more, and does not come to the failures. The receiver misses it, unless you send it by
          hand.
          {holds_up > 0 && ` ${waiting} for it in its order, and go then.`}
        </DeedButton>
      )}
    </>
  );
}

/** As the API counts them. */
const counted = (count: number): string => (count >= 1000 ? "1,000 or more" : String(count));

interface DeedButtonProps {
  readonly deed: DeliveryDeed;
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly confirm: string;
  /** What it does. */
  readonly children: ReactNode;
}

function DeedButton({ deed, id, name, title, confirm, children }: DeedButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const { mutate, isPending } = useDeliveryDeed(deed);
  const close = (): void => setAsking(false);
  return (
    <>
      <Button variant="secondary" isDanger={deed === "cancel"} onClick={() => setAsking(true)}>
        {name}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={title}
          confirm={confirm}
          isBusy={isPending}
          onConfirm={() => mutate(id, { onSettled: close })}
          onClose={close}
        >
          <Content component="p">{children}</Content>
        </ConfirmDialog>
      )}
    </>
  );
}
