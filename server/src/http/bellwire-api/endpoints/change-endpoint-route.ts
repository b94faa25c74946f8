import { Problem } from "#http/shared/problem.ts";
import { updateEndpoint } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";
import { inputOf, representEndpoint } from "./represent-endpoint.ts";

export const changeEndpointRoute: BellwireApiRoute = async (http, needs) => {
  const options = { schema: operations.changeEndpoint, config: { deed: "change-webhooks" } } as const;
  http.patch("/endpoints/:id", options, async (request) => {
    const changed = await updateEndpoint(needs, {
      providerId: request.provider.id,
      id: request.params.id,
      input: inputOf(request.body),
      actor: needs.callerOf(request).actor,
      source: needs.adminPortalUrl(request.provider),
    });
    if (!changed) throw new Problem("not-found");
    if ("refused" in changed) throw new Problem("invalid", { errors: changed.refused });
    return representEndpoint(changed, true);
  });
};
