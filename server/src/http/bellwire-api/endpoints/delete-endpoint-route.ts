import { Problem } from "#http/shared/problem.ts";
import { deleteEndpoint } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./endpoint-operations.ts";

export const deleteEndpointRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.deleteEndpoint, config: { deed: "change-webhooks" } } as const;
  http.delete("/endpoints/:id", options, async (request, reply) => {
    const { actor } = callerOf(request);
    const isDeleted = await deleteEndpoint(pool, { providerId: request.provider.id, id: request.params.id, actor });
    if (!isDeleted) throw new Problem("not-found");
    return reply.code(204).send(null);
  });
};
