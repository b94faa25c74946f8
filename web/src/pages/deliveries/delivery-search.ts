import { isEventTypeName } from "../../api/event-type-name.ts";
import { readId } from "../../api/read-id.ts";
import type { DeliveryFilter, DeliveryState } from "../../api/delivery-queries.ts";

export const deliveryStates = [
  "pending",
  "delivered",
  "failed",
  "cancelled",
] as const satisfies readonly DeliveryState[];

/** The filter as the page's address has it; what makes no sense is left out. */
export function readDeliverySearch(search: Record<string, unknown>): DeliveryFilter {
  const state = deliveryStates.find((it) => it === search["state"]);
  const endpointId = readId(search["endpoint_id"]);
  const type = search["event_type"];
  return {
    ...(state && { state }),
    ...(endpointId !== undefined && { endpoint_id: endpointId }),
    ...(isEventTypeName(type) && { event_type: type }),
  };
}
