import { Alert, List, ListItem, StackItem } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import type { DeliveryDetails } from "../../api/deliveries.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { When, useNow } from "../../components/time.tsx";
import { type Hold, holdReasons } from "./hold.ts";

export interface HeldNoticeProps {
  readonly delivery: DeliveryDetails;
  readonly endpoint: Endpoint | undefined;
}

/** Says why a delivery waits and until when, and links to the object that can change it. */
export function HeldNotice({ delivery, endpoint }: HeldNoticeProps) {
  const holds = holdReasons(delivery, endpoint, useNow());
  if (holds.length === 0) return null;
  return (
    <StackItem>
      <Alert
        isInline
        component="h2"
        variant={isOnlyScheduled(holds) ? "info" : "warning"}
        title="This delivery is waiting"
      >
        <List isPlain={holds.length === 1}>
          {holds.map((hold) => (
            <ListItem key={hold.by}>
              <HoldReason hold={hold} endpointId={delivery.endpoint_id} />
            </ListItem>
          ))}
        </List>
      </Alert>
    </StackItem>
  );
}

const isOnlyScheduled = (holds: readonly Hold[]): boolean => holds.every(({ by }) => by === "schedule");

const endpointStates = {
  paused: "The endpoint is paused",
  disabled: "The endpoint was disabled",
  undecryptable: "The endpoint cannot be decrypted",
  "not active": "The endpoint is not active",
} as const;

function HoldReason({ hold, endpointId }: { hold: Hold; endpointId: number }) {
  switch (hold.by) {
    case "paused":
    case "disabled":
    case "undecryptable":
    case "not active":
      return (
        <>
          {endpointStates[hold.by]}
          {hold.reason && `: ${hold.reason}`}. The delivery is held until you change{" "}
          <Link to="/endpoints/$id" params={{ id: String(endpointId) }}>
            the endpoint
          </Link>
        </>
      );
    case "order":
      return (
        <>
          It waits for{" "}
          <Link to="/deliveries/$id" params={{ id: hold.deliveryId }}>
            the delivery before it
          </Link>{" "}
          to end, because of the order.
        </>
      );
    case "receiver":
      return (
        <>
          The receiver asked for a pause or does not respond. Nothing is sent to it before{" "}
          <When at={hold.until} isExact />.
        </>
      );
    case "retry-after":
      return (
        <>
          The receiver asked with Retry-After to wait. The next attempt is at <When at={hold.until} isExact />.
        </>
      );
    case "schedule":
      return (
        <>
          The next attempt is at <When at={hold.until} isExact />.
        </>
      );
  }
}
