import { deliveryId, listDeliveries, parseDeliveryId } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf, timesOf } from "../read-query.ts";
import * as operations from "./delivery-operations.ts";
import { representDelivery } from "./represent-delivery.ts";

export const listDeliveriesRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.listDeliveries, config: { deed: "read-webhooks" } } as const;
  http.get("/deliveries", options, async (request) => {
    const { limit = pageLimit, after, endpoint_id, state, event_type, event_id } = request.query;
    const deliveries = await listDeliveries(pool, {
      providerId: request.provider.id,
      endpointId: endpoint_id,
      state,
      eventType: event_type,
      eventIds: event_id === undefined ? undefined : [event_id],
      ...timesOf(request.query, ["since", "until"]),
      after: cursorOf(after, parseDeliveryId),
      limit: limit + 1,
    });
    return cutPage(deliveries, limit, { show: representDelivery, cursorOf: deliveryId });
  });
};
