import { deleteFailures } from "#webhooks/deliveries/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import * as operations from "./failure-operations.ts";
import { meantFilterOf } from "./read-failure-filter.ts";

export const deleteFailuresRoute: BellwireApiRoute = async (http, { pool, callerOf }) => {
  const options = { schema: operations.deleteFailures, config: { deed: "change-failures" } } as const;
  http.delete("/failures", options, async (request) => {
    const filter = meantFilterOf(request, request.query);
    const { actor } = callerOf(request);
    return { deleted: await deleteFailures(pool, filter, { actor }) };
  });
};
