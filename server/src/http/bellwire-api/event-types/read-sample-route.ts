import { contentTypeOf } from "#webhooks/deliveries/index.ts";
import { sampleBody } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./event-type-operations.ts";

export const readSampleRoute: BellwireApiRoute = async (http, { clock }) => {
  const options = { schema: operations.readSample, config: { deed: "read-webhooks" } } as const;
  http.get("/event_types/:type/sample", options, async (request, reply) => {
    const { format = "3scale" } = request.query;
    const body = sampleBody(request.params.type, format, clock.now());
    return reply.type(contentTypeOf(format)).serializer(String).send(body.toString());
  });
};
