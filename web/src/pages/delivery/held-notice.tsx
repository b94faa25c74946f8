import { Alert, List, ListItem, StackItem } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import type { DeliveryDetails } from "../../api/deliveries.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { When, useNow } from "../../components/time.tsx";

/** A reason that a pending delivery is not being sent. */
type Hold =
  /** The endpoint is stopped until an admin resumes it. */
  | { readonly by: "paused" | "disabled" | "undecryptable" | "not active"; readonly reason: string | null }
  /** An earlier delivery with the same ordering key goes first. */
  | { readonly by: "order"; readonly deliveryId: string }
  /** The receiver asked for a pause, or does not respond. */
  | { readonly by: "receiver"; readonly until: string }
  /** The receiver asked this delivery to wait. */
  | { readonly by: "retry-after"; readonly until: string }
  /** The backoff before the next attempt. */
  | { readonly by: "schedule"; readonly until: string };

type HeldDelivery = Pick<DeliveryDetails, "state" | "waits_for" | "next_attempt_at" | "attempts">;
type HoldingEndpoint = Pick<Endpoint, "state" | "active" | "disabled_reason" | "held_until">;

/** Returns every reason that holds the delivery now. Reasons that need an action come first. */
export function holdReasons(delivery: HeldDelivery, endpoint: HoldingEndpoint | undefined, now: Date): readonly Hold[] {
  if (delivery.state !== "pending") return [];
  const { waits_for, next_attempt_at } = delivery;
  const isAhead = (time: string | null | undefined): time is string => Boolean(time) && new Date(time ?? 0) > now;
  const holds: Hold[] = [];
  if (endpoint && isStopped(endpoint)) {
    const by = endpoint.state === "enabled" ? "not active" : endpoint.state;
    holds.push({ by, reason: endpoint.disabled_reason });
  }
  if (waits_for !== null) holds.push({ by: "order", deliveryId: waits_for });
  if (isAhead(endpoint?.held_until)) holds.push({ by: "receiver", until: endpoint.held_until });
  if (isAhead(next_attempt_at)) {
    holds.push({ by: hasRetryAfter(delivery) ? "retry-after" : "schedule", until: next_attempt_at });
  }
  return holds;
}

export const isStopped = ({ state, active }: Pick<Endpoint, "state" | "active">): boolean =>
  state !== "enabled" || !active;

function hasRetryAfter({ attempts }: Pick<HeldDelivery, "attempts">): boolean {
  const last = attempts.toSorted((one, other) => one.number - other.number).at(-1);
  const isHeard = last?.status === 429 || last?.status === 503;
  return isHeard && last.response_headers?.["retry-after"] !== undefined;
}

interface HeldNoticeProps {
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
