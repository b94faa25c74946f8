import { readId } from "#platform/ids/read-id.ts";

export type DeliveryState = "pending" | "delivered" | "failed" | "cancelled";

/** One event for one endpoint: the promise, and what has become of it. */
export interface Delivery {
  readonly eventId: string;
  readonly endpointId: number;
  readonly endpointName: string;
  readonly eventType: string;
  readonly objectId: number;
  readonly accountId: number;
  readonly accountName: string;
  readonly state: DeliveryState;
  readonly attemptsMade: number;
  readonly replay: number;
  readonly occurredAt: Date;
  /** Null when it has ended, or waits for another one in its order. */
  readonly nextAttemptAt: Date | null;
  /** Null while it is pending. */
  readonly endedAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly lastLatencyMs: number | null;
}

/** A delivery's id as it is shown outside: the event's, which the receiver knows too, and the endpoint's. */
export const deliveryId = ({ eventId, endpointId }: Pick<Delivery, "eventId" | "endpointId">): string =>
  `${eventId}.${endpointId}`;

/** Undefined for anything that `deliveryId` does not make. */
export function parseDeliveryId(id: string): { eventId: string; endpointId: number } | undefined {
  const parts = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d+)$/.exec(id);
  const [eventId, endpointId] = [parts?.[1], readId(parts?.[2] ?? "")];
  return eventId !== undefined && endpointId !== undefined ? { eventId, endpointId } : undefined;
}
