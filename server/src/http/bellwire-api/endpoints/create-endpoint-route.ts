import { Problem } from "#http/shared/problem.ts";
import { createEndpoint } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";
import { inputOf, representEndpoint } from "./represent-endpoint.ts";

export const createEndpointRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.createEndpoint, config: { deed: "change-webhooks" } } as const;
  http.post("/endpoints", options, async (request, reply) => {
    const { actor } = needs.callerOf(request);
    const input = inputOf(request.body);
    const { provider } = request;
    const source = needs.adminPortalUrl(provider);
    const made = await createEndpoint(needs, { providerId: provider.id, input, actor, source });
    if ("refused" in made) throw new Problem("invalid", { errors: made.refused });
    return reply.code(201).header("location", `/api/v1/endpoints/${made.id}`).send(representEndpoint(made, true));
  });
};
