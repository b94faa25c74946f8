import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { retryDelivery } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./delivery-operations.ts";
import { auditOf, deliveryKeyOf, findDelivery } from "./find-delivery.ts";
import { representDelivery } from "./represent-delivery.ts";

export const retryDeliveryRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.retryDelivery, config: { deed: "change-webhooks" } } as const;
  http.post("/deliveries/:id/retry", options, async (request) => {
    const key = deliveryKeyOf(request);
    const { actor } = callerOf(request);
    const isDue = await pool.inTransaction(async (tx) => {
      if (!(await retryDelivery(tx, key))) return false;
      await recordAudit(tx, { ...auditOf(key), actor, action: "delivery.retried" });
      return true;
    });
    const delivery = await findDelivery(pool, key);
    if (!isDue) throw new Problem("conflict", { detail: "Its endpoint has been deleted." });
    return representDelivery(delivery);
  });
};
