import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./delivery-operations.ts";
import { deliveryKeyOf, findDelivery } from "./find-delivery.ts";
import { representDeliveryInFull } from "./represent-delivery.ts";

export const readDeliveryRoute: BellwireApiRoute = async (http, { pool }) => {
  const options = { schema: operations.readDelivery, config: { deed: "read-webhooks" } } as const;
  http.get("/deliveries/:id", options, async (request) =>
    representDeliveryInFull(await findDelivery(pool, deliveryKeyOf(request))),
  );
};
