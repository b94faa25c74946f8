import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { skipDelivery } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./delivery-operations.ts";
import { auditOf, deliveryKeyOf, findDelivery } from "./find-delivery.ts";
import { representDelivery } from "./represent-delivery.ts";

export const skipDeliveryRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.skipDelivery, config: { deed: "change-webhooks" } } as const;
  http.post("/deliveries/:id/skip", options, async (request) => {
    const key = deliveryKeyOf(request);
    const { actor } = callerOf(request);
    const isSkipped = await pool.inTransaction(async (tx) => {
      if (!(await skipDelivery(tx, key))) return false;
      await recordAudit(tx, { ...auditOf(key), actor, action: "delivery.skipped" });
      return true;
    });
    const delivery = await findDelivery(pool, key);
    if (!isSkipped)
      throw new Problem("conflict", { detail: "No delivery waits for this one: it has ended, or has no order." });
    return representDelivery(delivery);
  });
};
