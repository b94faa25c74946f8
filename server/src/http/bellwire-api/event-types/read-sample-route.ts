import { cloudEventHeaders } from "#webhooks/attempts/index.ts";
import { contentTypeOf, isBinaryCloudEvent } from "#webhooks/deliveries/index.ts";
import { sampleBody, sampleFacts } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./event-type-operations.ts";

export const readSampleRoute: BellwireApiRoute = async (http, { clock, newId, adminPortalUrl }) => {
  const options = { schema: operations.readSample, config: { deed: "read-webhooks" } } as const;
  http.get("/event_types/:type/sample", options, async ({ provider, params, query }, reply) => {
    const { format = "3scale" } = query;
    const sample = { id: newId(), type: params.type, now: clock.now(), source: adminPortalUrl(provider) };
    if (isBinaryCloudEvent(format)) reply.headers(cloudEventHeaders({ ...sampleFacts(sample), ...sample }));
    return reply.type(contentTypeOf(format)).serializer(String).send(sampleBody(sample, format).toString());
  });
};
