import { Problem } from "#http/shared/problem.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";
import { mayChangeEndpoints, representEndpoint } from "./represent-endpoint.ts";

export const readEndpointRoute: BellwireApiRoute = async (http, { pool, encryption, callerOf }) => {
  const options = { schema: operations.readEndpoint, config: { deed: "read-webhooks" } } as const;
  http.get("/endpoints/:id", options, async (request) => {
    const { provider } = request;
    const endpoint = await readEndpoint(pool, encryption, { providerId: provider.id, id: request.params.id });
    if (!endpoint) throw new Problem("not-found");
    return representEndpoint(endpoint, mayChangeEndpoints(callerOf(request), provider));
  });
};
