import { recordAudit } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { bodyFormatOf, readDelivery } from "#webhooks/deliveries/index.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import { sendEventNow } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { auditOf } from "../deliveries/find-delivery.ts";
import { representDelivery } from "../deliveries/represent-delivery.ts";
import * as operations from "./event-operations.ts";

export const sendEventRoute: BellwireApiRoute = async (http, { pool, encryption, callerOf }) => {
  const options = { schema: operations.sendEvent, config: { deed: "change-webhooks" } } as const;
  http.post("/events/:id/send", options, async (request) => {
    const providerId = request.provider.id;
    const { endpoint_id: endpointId } = request.body;
    const key = { providerId, eventId: request.params.id, endpointId };
    const endpoint = await readEndpoint(pool, encryption, { providerId, id: endpointId });
    if (!endpoint) throw new Problem("invalid", { errors: { endpoint_id: ["is no endpoint of yours"] } });
    const { actor } = callerOf(request);
    await pool.inTransaction(async (tx) => {
      const isNew = await sendEventNow(tx, { ...key, format: bodyFormatOf(endpoint) });
      if (isNew) await recordAudit(tx, { ...auditOf(key), actor, action: "event.sent" });
    });
    // One that was there already is as good: asking twice sends once.
    const delivery = await readDelivery(pool, key);
    if (!delivery) throw new Problem("not-found");
    return representDelivery(delivery);
  });
};
