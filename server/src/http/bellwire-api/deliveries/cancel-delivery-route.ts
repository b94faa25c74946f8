import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { cancelDelivery } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./delivery-operations.ts";
import { auditOf, deliveryKeyOf, findDelivery } from "./find-delivery.ts";
import { representDelivery } from "./represent-delivery.ts";

export const cancelDeliveryRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.cancelDelivery, config: { deed: "change-webhooks" } } as const;
  http.post("/deliveries/:id/cancel", options, async (request) => {
    const key = deliveryKeyOf(request);
    const { actor } = callerOf(request);
    const isCancelled = await pool.inTransaction(async (tx) => {
      if (!(await cancelDelivery(tx, key))) return false;
      await recordAudit(tx, { ...auditOf(key), actor, action: "delivery.cancelled" });
      return true;
    });
    const delivery = await findDelivery(pool, key);
    if (!isCancelled) throw new Problem("conflict", { detail: "It has ended already." });
    return representDelivery(delivery);
  });
};
