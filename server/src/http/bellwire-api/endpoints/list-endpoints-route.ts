import { parseRowId } from "#platform/ids.ts";
import { listEndpoints } from "#webhooks/endpoints/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { cutPage, pageLimit } from "../cut-page.ts";
import { cursorOf } from "../read-query.ts";
import * as operations from "./endpoint-operations.ts";
import { mayChangeEndpoints, representEndpoint } from "./represent-endpoint.ts";

export const listEndpointsRoute: BellwireApiRoute = async (http, { pool, encryption, callerOf }) => {
  const options = { schema: operations.listEndpoints, config: { deed: "read-webhooks" } } as const;
  http.get("/endpoints", options, async (request) => {
    const { limit = pageLimit, after } = request.query;
    const mayChange = mayChangeEndpoints(callerOf(request), request.provider);
    const endpoints = await listEndpoints(pool, encryption, {
      providerId: request.provider.id,
      afterId: cursorOf(after, parseRowId),
      limit: limit + 1,
    });
    return cutPage(endpoints, limit, {
      show: (endpoint) => representEndpoint(endpoint, mayChange),
      cursorOf: ({ id }) => String(id),
    });
  });
};
